#pragma once

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

/// A listening TCP socket for an evhttp, with the bound per turn and the pauses of AcceptPacer. A
/// permanent error stops it and is reported.
///
/// evhttp takes connections from an evconnlistener only, which accepts until the backlog is empty
/// and does not say under evhttp to which listener an error belongs. So that one stays disabled,
/// and an event of our own calls it: disabled, it accepts one connection per call.
class EvhttpListener {
 public:
  using OnFailure = std::function<void(Status)>;

  /// Binds and listens, see openListeningSocket(); accepts nothing before attach(). `loop` must
  /// outlive it. `onFailure` runs at most once, in a turn of its own, and may destroy the listener.
  static Result<std::unique_ptr<EvhttpListener>> open(EventLoop& loop, std::string_view address,
                                                      OnFailure onFailure);
  EvhttpListener(const EvhttpListener&) = delete;
  EvhttpListener& operator=(const EvhttpListener&) = delete;
  /// As stop(). May run inside the callbacks of the evhttp.
  ~EvhttpListener();

  /// Gives the listening socket to `http`, which gets the connections from now on and must outlive
  /// this object. noteAccepted() must be called for each connection: evhttp_set_bevcb() is the
  /// place.
  void attach(evhttp* http);
  void noteAccepted() noexcept { accepted_ = true; }

  /// Accepts what waits in the backlog now: closing the listening socket would reset it.
  void acceptWaiting();
  /// Accepts no more and closes the listening socket.
  void stop() noexcept;
  /// `host:port` as bound.
  const std::string& address() const noexcept { return address_; }
  /// How often accepting has been put off so far.
  std::uint64_t deferrals() const noexcept { return pacer_.pauses(); }

 private:
  EvhttpListener(EventLoop& loop, ListeningSocket socket, OnFailure onFailure);
  static void onReadable(int fd, short what, void* self) noexcept;
  static void onAcceptError(evconnlistener* listener, void* context) noexcept;
  void findAccept();
  bool acceptOne(AcceptPacer::Next& next);
  void fail(int error);

  EventLoop& loop_;
  OnFailure onFailure_;
  const std::string address_;
  const int fd_;               // of listener_
  bool accepted_ = false;      // by the call of accept_ that is on the stack
  bool* destroyed_ = nullptr;  // set while evhttp is called, which may destroy this
  AcceptPacer pacer_;
  ConnListener unattached_;   // until attach()
  evconnlistener* listener_;  // of unattached_ or bound_; null after stop()
  evhttp* http_ = nullptr;
  evhttp_bound_socket* bound_ = nullptr;  // owned by http_
  event_callback_fn accept_ = nullptr;    // of the evconnlistener
  void* acceptContext_ = nullptr;
  EventHandle readable_;
  Call failure_;
};

}  // namespace evmicro::detail
