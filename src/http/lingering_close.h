#pragma once

#include <functional>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "event/handles.h"

namespace evmicro::detail {

/// A connection of evhttp that is given a last answer and closed so that the answer arrives:
/// ends the sending side, then discards what the peer still sends until it closes, too, or a second
/// has passed. Closing at once while unread bytes are there resets the connection, and the reset
/// can overtake the answer. evhttp itself would close at once.
class LingeringClose {
 public:
  /// Owns `connection`, whose stream has no callbacks and is disabled. `done` runs once, from the
  /// loop; it may destroy this object, which closes.
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

  const std::function<void(LingeringClose*)> done_;
  evhttp_connection* const connection_;
  bufferevent* const stream_;  // of connection_
  bool peerFinished_ = false;
  Timer limit_;
};

}  // namespace evmicro::detail
