#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include <event2/util.h>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/timer.h>

#include "net/resolver.h"

namespace evmicro::detail {

/// `connection refused`: the text of an errno, or another of the system's, as a part of a sentence.
std::string reasonOf(int error);
std::string asReason(const char* text);

/// One TCP connection being made. All addresses of a name are tried in turn, IPv6 and IPv4 by
/// turns: the next when one fails, or has not answered for kAttemptDelay; the first connection that
/// is made counts (RFC 8305). Destroying it gives up.
class Dialler {
 public:
  class Observer {
   public:
    /// The connection is made; `fd` belongs to the observer. May destroy the dialler.
    virtual void onDialled(int fd) = 0;
    /// It could not be made: kUnavailable, with the reason of the first address. May destroy the
    /// dialler.
    virtual void onDialFailed(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  static constexpr std::chrono::milliseconds kAttemptDelay{250};

  /// Connects to `host`, an address in digits or a name that `resolver` looks up. `observer` is
  /// told in a later turn. `loop` must outlive it.
  Dialler(EventLoop& loop, Resolver& resolver, const std::string& host, std::uint16_t port,
          Observer& observer);
  Dialler(const Dialler&) = delete;
  Dialler& operator=(const Dialler&) = delete;
  ~Dialler();

 private:
  struct Attempt;

  void onResolved(Result<ResolvedAddresses> found);
  void connectNext();
  int connectTo(const SocketAddress& address);
  void failLater(std::string reason);
  void onAttemptEnd(Attempt& attempt);
  static void onWritable(evutil_socket_t fd, short what, void* attempt) noexcept;

  EventLoop& loop_;
  Observer& observer_;
  ResolvedAddresses addresses_;  // of a name, in the order of their attempts
  std::size_t next_ = 0;         // of them
  std::list<Attempt> attempts_;  // in flight
  std::string reason_;           // why the first attempt failed
  std::optional<Timer> delay_;   // before the next attempt begins beside the last
  Call pending_;                 // last: the look-up, or the failure that is told in a later turn
};

/// As RFC 8305 has it: families by turns, beginning with the first; the order within each stays.
ResolvedAddresses familiesByTurns(ResolvedAddresses addresses);

}  // namespace evmicro::detail
