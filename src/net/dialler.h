#pragma once

#include <functional>
#include <memory>
#include <string>

#include <sys/socket.h>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>

#include "event/handles.h"

namespace evmicro::detail {

/// `connection refused`: the text of an errno, or another of the system's, as a part of a sentence.
std::string reasonOf(int error);
std::string asReason(const char* text);

/// One TCP connection being made. Destroying it gives up.
class Dialler {
 public:
  class Observer {
   public:
    /// The connection is made; `fd` belongs to the observer. May destroy the dialler.
    virtual void onDialled(int fd) = 0;
    /// It could not be made: kUnavailable. May destroy the dialler.
    virtual void onDialFailed(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  /// Connects to `host`, a name that is looked up with `dns`, or an address; `dns` may be null
  /// then. `observer` is told in a later turn.
  Dialler(EventLoop& loop, evdns_base* dns, const std::string& host, int port, Observer& observer);
  Dialler(const Dialler&) = delete;
  Dialler& operator=(const Dialler&) = delete;
  ~Dialler();

 private:
  struct Lookup;

  bool connectToNumber(const std::string& host, int port);
  void lookUp(evdns_base* dns, const std::string& host, int port);
  void connect(const sockaddr* address, socklen_t size);
  void failLater(std::string reason);
  static void onFound(int error, evutil_addrinfo* found, void* lookup) noexcept;
  static void onWritable(evutil_socket_t fd, short what, void* self) noexcept;

  EventLoop& loop_;
  Observer& observer_;
  int fd_ = -1;               // owned until it is handed over
  Lookup* lookup_ = nullptr;  // of evdns, which calls it back in any case
  EventHandle writable_;
  Call failure_;  // last: told in a later turn
};

}  // namespace evmicro::detail
