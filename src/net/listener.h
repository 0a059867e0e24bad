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
#include "net/accept_pacer.h"
#include "net/listen_address.h"

struct evhttp_bound_socket;

namespace evmicro::detail {

/// A listening TCP socket whose accept errors are handled: on a temporary one the listener is
/// paused and a timer resumes it, so that connections wait in the backlog and no CPU is used; each
/// pause is logged at WARN with its length, see AcceptPacer. A permanent error
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
  void noteAccepted() noexcept {
    pacer_.beginTurn();
    pacer_.accepted();
  }

  /// Accepts what waits in the backlog now: closing the listening socket would reset it.
  void acceptWaiting();
  /// Accepts no more and closes the listening socket.
  void stop() noexcept;
  /// `host:port` as bound.
  const std::string& address() const noexcept { return address_; }
  /// How often accepting has been put off so far.
  std::uint64_t deferrals() const noexcept { return pacer_.pauses(); }
  /// The listening descriptor, -1 after stop().
  int fd() const noexcept;

 private:
  DeferringListener(EventLoop& loop, ListeningSocket socket, OnFailure onFailure);
  static void onAcceptError(evconnlistener* listener, void* context) noexcept;
  static void onMark(int fd, short what, void* self) noexcept;
  static DeferringListener* find(evconnlistener* listener);
  void handle(int error);
  void fail(int error);
  void enable() { evconnlistener_enable(listener_); }

  EventLoop& loop_;
  OnFailure onFailure_;
  const std::string address_;
  AcceptPacer pacer_;
  ConnListener unattached_;   // until attach()
  evconnlistener* listener_;  // of unattached_ or bound_
  evhttp* http_ = nullptr;
  evhttp_bound_socket* bound_ = nullptr;  // owned by http_
  EventHandle mark_;  // pending as long as the listener lives: find() looks for it
  Call failure_;
};

}  // namespace evmicro::detail
