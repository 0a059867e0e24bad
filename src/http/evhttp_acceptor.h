#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/timer.h>

#include "event/handles.h"
#include "net/accept_pacer.h"
#include "net/listen_address.h"

namespace evmicro::detail {

/// The evconnlisteners of an evhttp, one for each address of the host, paced by AcceptPacer. A
/// permanent error of one closes all and is reported.
///
/// With evhttp, the error callback of an evconnlistener gets neither a context of ours nor the
/// errno. But it can activate an event on the listening descriptor: one for writing, which a
/// listening socket never triggers by itself.
class EvhttpAcceptor {
 public:
  using OnFailure = std::function<void(Status)>;

  /// Binds and listens, see openListeningSockets(); accepts nothing before attach(). `loop` must
  /// outlive it. `onFailure` runs at most once, in a turn of its own, and may destroy the acceptor.
  /// `onNoDescriptor` runs when there is no descriptor for a waiting peer, see Acceptor::Observer.
  static Result<std::unique_ptr<EvhttpAcceptor>> open(EventLoop& loop, std::string_view address,
                                                      OnFailure onFailure,
                                                      std::function<void()> onNoDescriptor);
  EvhttpAcceptor(const EvhttpAcceptor&) = delete;
  EvhttpAcceptor& operator=(const EvhttpAcceptor&) = delete;
  /// As stop(). May run inside the callbacks of the evhttp.
  ~EvhttpAcceptor();

  /// Gives the listening sockets to `http`, which handles their connections and must outlive this
  /// object. Call noteAccepted() for each connection, from the callback of evhttp_set_bevcb().
  void attach(evhttp* http);
  void noteAccepted() noexcept;

  /// Accepts the connections in the backlog, in this turn of the loop or the next, and then stops.
  void finish();
  /// Whether finish() may still accept connections.
  bool finishing() const noexcept;
  /// Stops accepting and closes the listening sockets.
  void stop() noexcept;
  /// The address of the first socket, see ListeningSocket.
  const std::string& address() const noexcept { return address_; }
  /// How often accepting has been paused so far.
  std::uint64_t deferrals() const noexcept { return pacer_.pauses(); }

 private:
  struct Place;
  EvhttpAcceptor(EventLoop& loop, std::vector<ListeningSocket> sockets, OnFailure onFailure,
                 std::function<void()> onNoDescriptor);
  static void onAcceptError(evconnlistener* listener, void* context) noexcept;
  static void onErrorEvent(int fd, short what, void* place) noexcept;
  void enable() noexcept;
  void disable() noexcept;
  void resume();
  void follow(AcceptPacer::Next next);
  void fail(const Place& place, int error);

  EventLoop& loop_;
  OnFailure onFailure_;
  const std::function<void()> onNoDescriptor_;
  const std::string address_;
  evhttp* http_ = nullptr;
  AcceptPacer pacer_;
  Timer nextTurn_;
  std::vector<std::unique_ptr<Place>> places_;  // none after stop()
  std::size_t left_ = 0;  // connections that finish() may still accept; 0: finish() is not active
  Call later_;            // the end of finish(), or the report of a failure
};

}  // namespace evmicro::detail
