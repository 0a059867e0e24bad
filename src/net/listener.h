#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>

#include "event/handles.h"
#include "net/listen_address.h"

struct evhttp_bound_socket;

namespace evmicro::detail {

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

/// How many lines may be logged about what peers can bring about: 16 at once, then one a second.
class LogBudget {
 public:
  using Clock = EventLoop::Clock;
  /// Whether one more may be logged now; counts it.
  bool spend(Clock::time_point now) noexcept;

 private:
  static constexpr int kMost = 16;
  int left_ = kMost;
  Clock::time_point filled_{};  // when the last line was added
};

/// A listening TCP socket whose accept errors are handled: on a temporary one the listener is
/// paused and a timer resumes it, so that connections wait in the backlog and no CPU is used; each
/// pause is logged at WARN with its length, but no more than LogBudget allows. A permanent error
/// stops it and is reported.
class DeferringListener {
 public:
  using OnFailure = std::function<void(Status)>;

  /// Binds and listens, see openListeningSocket(); accepts nothing before attach(). `loop` must
  /// outlive it. `onFailure` runs at most once, in a turn of its own, and may destroy the listener.
  static Result<std::unique_ptr<DeferringListener>> open(EventLoop& loop, std::string_view address,
                                                         OnFailure onFailure);
  DeferringListener(const DeferringListener&) = delete;
  DeferringListener& operator=(const DeferringListener&) = delete;
  /// As stop(). May run inside the callbacks of the evhttp.
  ~DeferringListener();

  /// Gives the listening socket to `http`, which accepts from now on and must outlive this object.
  /// noteAccepted() must be called for each connection: evhttp_set_bevcb() is the place.
  void attach(evhttp* http);
  /// A connection was accepted: the next deferral starts at 5 ms again.
  void noteAccepted() noexcept { backoff_.reset(); }

  /// Accepts what waits in the backlog now: closing the listening socket would reset it.
  void acceptWaiting();
  /// Accepts no more and closes the listening socket.
  void stop() noexcept;
  /// `host:port` as bound.
  const std::string& address() const noexcept { return address_; }
  /// How often accepting has been put off so far.
  std::uint64_t deferrals() const noexcept { return deferrals_; }
  /// The listening descriptor, -1 after stop().
  int fd() const noexcept;

 private:
  DeferringListener(EventLoop& loop, ListeningSocket socket, OnFailure onFailure);
  static void onAcceptError(evconnlistener* listener, void* context) noexcept;
  static void onTimer(int fd, short what, void* self) noexcept;
  static DeferringListener* find(evconnlistener* listener);
  void handle(int error);
  void defer(int error);
  void fail(int error);
  void setTimer(std::chrono::milliseconds delay) noexcept;

  EventLoop& loop_;
  OnFailure onFailure_;
  const std::string address_;
  AcceptBackoff backoff_;
  LogBudget log_;
  std::uint64_t deferrals_ = 0;
  ConnListener unattached_;   // until attach()
  evconnlistener* listener_;  // of unattached_ or bound_
  evhttp* http_ = nullptr;
  evhttp_bound_socket* bound_ = nullptr;  // owned by http_
  EventHandle timer_;  // pending as long as the listener lives: find() looks for it
  Call failure_;
};

}  // namespace evmicro::detail
