#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/timer.h>

#include "event/handles.h"

namespace evmicro::detail {

/// `host:port` taken apart. Host "" means every address; IPv6 hosts are kept without brackets.
struct ListenAddress {
  std::string host;
  std::uint16_t firstPort = 0;
  std::uint16_t lastPort = 0;
};
/// Reads `host:port`, `:port`, `[v6]:port`, `host:min-max`. Errors say what is wrong.
Result<ListenAddress> parseListenAddress(std::string_view text);

/// What an error of accept() asks for.
enum class AcceptError {
  kDefer,      ///< EMFILE, ENFILE, ENOBUFS, ENOMEM: out of resources, try again later
  kIgnore,     ///< that one connection was lost, or the queue is empty
  kPermanent,  ///< the listening socket is broken
};
AcceptError classifyAcceptError(int error) noexcept;

/// 5 ms, doubling to 1 s; success starts anew.
class AcceptBackoff {
 public:
  std::chrono::milliseconds next() noexcept;
  void reset() noexcept { delay_ = {}; }

 private:
  std::chrono::milliseconds delay_{0};
};

/// A listening TCP socket whose accept errors are handled: on a temporary one the listener is
/// paused and a timer resumes it, so that connections wait in the backlog and no CPU is used; a
/// permanent one stops it and is reported. Used by every listening place of the library: hand
/// `raw()` to evhttp, or pass an accept function.
class DeferringListener {
 public:
  using OnFailure = std::function<void(Status)>;

  /// Binds and listens (backlog SOMAXCONN, SO_REUSEADDR, TCP_NODELAY inherited by connections).
  static Result<std::unique_ptr<DeferringListener>> open(EventLoop& loop, std::string_view address,
                                                         OnFailure onFailure);
  DeferringListener(const DeferringListener&) = delete;
  DeferringListener& operator=(const DeferringListener&) = delete;
  ~DeferringListener();

  /// Binds the listener to `http`, which then accepts; it stays owned here, so destroy this object
  /// only after the evhttp or after stop(). noteAccepted() must be called for each connection.
  void attach(evhttp* http);
  /// A connection was accepted: the next deferral starts at 5 ms again.
  void noteAccepted() noexcept { backoff_.reset(); }

  /// Accepts no more and closes the listening socket.
  void stop();
  /// `host:port` as bound.
  const std::string& address() const noexcept { return address_; }
  std::uint64_t deferrals() const noexcept { return deferrals_; }

 private:
  DeferringListener(EventLoop& loop, OnFailure onFailure);
  static void onError(evconnlistener* listener, void* context) noexcept;
  void defer(int error);

  EventLoop& loop_;
  OnFailure onFailure_;
  std::string address_;
  AcceptBackoff backoff_;
  std::uint64_t deferrals_ = 0;
  ConnListener listener_;
  Timer retry_;  // dies before the listener it would enable
};

}  // namespace evmicro::detail
