#pragma once

#include <functional>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "event/handles.h"

namespace evmicro::detail {

/// Lingering close for a connection of evhttp: sends a last answer, shuts down the sending side,
/// then discards input until the peer closes or a second has passed. Closing a connection with
/// unread bytes resets it, and the reset can overtake the answer; evhttp itself would close
/// immediately.
class LingeringClose {
 public:
  /// Takes ownership of `connection`, whose stream has no callbacks and is disabled. `done` runs
  /// once, from the loop; it may destroy this object, which closes the connection.
  LingeringClose(EventLoop& loop, evhttp_connection* connection, const std::string& answer,
                 std::function<void(LingeringClose*)> done);
  LingeringClose(const LingeringClose&) = delete;
  LingeringClose& operator=(const LingeringClose&) = delete;
  /// May run inside the callbacks of the stream.
  ~LingeringClose();

 private:
  void end();
  static void onRead(bufferevent* stream, void* self) noexcept;
  static void onWritten(bufferevent* stream, void* self) noexcept;
  static void onEvent(bufferevent* stream, short what, void* self) noexcept;

  EventLoop& loop_;
  const std::function<void(LingeringClose*)> done_;
  evhttp_connection* const connection_;
  bufferevent* const stream_;  // of connection_
  bool peerFinished_ = false;
  Timer limit_;
};

}  // namespace evmicro::detail
