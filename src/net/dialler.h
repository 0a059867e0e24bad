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

/// The text of an errno, or another text of the system, as part of a sentence: `connection
/// refused`.
std::string reasonOf(int error);
std::string asReason(const char* text);

/// Establishes one connection, by TCP or to a Unix socket. The addresses of a name are tried in
/// order, alternating between IPv6 and IPv4: the next one when an attempt fails, or after
/// kAttemptDelay without an answer. The first established connection is used (RFC 8305). Destroying
/// the dialler cancels.
class Dialler {
 public:
  class Observer {
   public:
    /// The connection is established; `fd` belongs to the observer. May destroy the dialler.
    virtual void onDialled(int fd) = 0;
    /// All attempts failed: kUnavailable, with the error of the first address. May destroy the
    /// dialler.
    virtual void onDialFailed(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  static constexpr std::chrono::milliseconds kAttemptDelay{250};
  /// When a Unix socket has no room for one more connection, it is asked again after this time, as
  /// often as it takes: the kernel does so for TCP.
  static constexpr std::chrono::milliseconds kFullDelay{10};

  /// Connects to `host`: a numeric address, the path of a Unix socket, or a name that `resolver`
  /// looks up. `observer` is called in a later turn. `loop` must outlive the dialler.
  Dialler(EventLoop& loop, Resolver& resolver, const std::string& host, std::uint16_t port,
          Observer& observer);
  Dialler(const Dialler&) = delete;
  Dialler& operator=(const Dialler&) = delete;
  ~Dialler();

 private:
  struct Attempt;

  void onResolved(Result<ResolvedAddresses> found);
  void connectNext();
  void connectDirectly(const SocketAddress& address);
  int connectTo(const SocketAddress& address);
  void failLater(std::string reason);
  void onAttemptEnd(Attempt& attempt);
  static void onWritable(evutil_socket_t fd, short what, void* attempt) noexcept;

  EventLoop& loop_;
  Observer& observer_;
  ResolvedAddresses addresses_;  // of the name, in the order in which they are tried
  std::size_t next_ = 0;         // of them
  std::list<Attempt> attempts_;  // in flight
  std::string reason_;           // why the first attempt failed
  std::optional<Timer> delay_;   // until the next attempt starts
  Call pending_;                 // last: the lookup, or a failure to be reported in a later turn
};

/// Interleaves the address families, beginning with the first (RFC 8305); keeps the order within
/// each.
ResolvedAddresses familiesByTurns(ResolvedAddresses addresses);

}  // namespace evmicro::detail
