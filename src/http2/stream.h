#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include <evmicro/status.h>

#include "http/accepted_connection.h"

namespace evmicro::detail {

/// One HTTP/2 stream, as its Http2Session sees it.
///
/// The functions up to readOutput() run within nghttp2, where a session must not be destroyed: they
/// only record what has happened. work() follows soon, outside of nghttp2.
class Http2Stream {
 public:
  Http2Stream() = default;
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;

  /// A header field or, after onHeadersEnd(), a trailer.
  virtual void onHeader(std::string_view name, nghttp2_rcbuf& value) = 0;
  /// A block of header fields or trailers is complete.
  virtual void onHeadersEnd() = 0;
  virtual void onData(std::string_view bytes) = 0;
  /// The peer sends no more.
  virtual void onInputEnd() = 0;
  /// The stream is closed; its number is not valid any more. `code` 0: in order.
  virtual void onStreamClosed(std::uint32_t code) = 0;

  struct Output {
    std::size_t size = 0;
    bool end = false;       ///< nothing follows; neither end nor size: nothing for now
    bool trailers = false;  ///< after `end` trailers follow, which the stream has submitted
  };
  /// Copies output of at most `room` bytes to `to`.
  virtual Output readOutput(std::uint8_t* to, std::size_t room) = 0;

  /// Does what the events since the last time require. May destroy this object, and others.
  virtual void work() = 0;
  /// The connection is gone, and the session with it. May destroy this object, and others.
  virtual void onLost(const Status& why) = 0;
  /// The request that the peer has not sent completely; nullopt: the stream is busy otherwise.
  virtual std::optional<AcceptedConnection::Arriving> arriving() const noexcept { return {}; }

  /// Whether it waits, not handed out yet, for the rest of its request, see kMessageAwaited.
  virtual bool awaited() const noexcept { return false; }

  /// How long a closing stream waits for a peer that takes nothing of what is queued.
  static constexpr std::chrono::milliseconds kFlush{30'000};

  /// For the session.
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  std::size_t streamPlace = kNowhere;
  std::size_t readyPlace = kNowhere;

 protected:
  ~Http2Stream() = default;
};

}  // namespace evmicro::detail
