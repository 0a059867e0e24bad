#pragma once

#include <functional>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "http/head.h"
#include "http/server.h"

namespace evmicro::detail {

/// Answers a peer with a refusal and closes so that the answer arrives: ends the sending side, then
/// discards what the peer still sends until it closes, too, or a second has passed. Closing at once
/// while unread bytes are there resets the connection, and the reset can overtake the answer.
class HttpFarewell {
 public:
  /// `done` runs once, from the loop; it may destroy this object, which closes.
  HttpFarewell(EventLoop& loop, TakenConnection connection, const HttpRefusal& refusal,
               std::function<void(HttpFarewell*)> done);
  HttpFarewell(const HttpFarewell&) = delete;
  HttpFarewell& operator=(const HttpFarewell&) = delete;
  ~HttpFarewell() = default;

 private:
  void end();
  static void onRead(bufferevent* stream, void* self) noexcept;
  static void onWritten(bufferevent* stream, void* self) noexcept;
  static void onEvent(bufferevent* stream, short what, void* self) noexcept;

  const std::function<void(HttpFarewell*)> done_;
  TakenConnection connection_;
  bool peerFinished_ = false;
  Timer patience_;
};

}  // namespace evmicro::detail
