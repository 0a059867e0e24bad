#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <evmicro/transport.h>

#include "http2/handover.h"

namespace evmicro::detail {

struct HttpSocketShared;

/// The HTTP/2 connections of a listener. Destroying it closes those that have no open streams; the
/// others end with their last stream.
class Http2Port : public Http2Handover {
 public:
  Http2Port() = default;
  Http2Port(const Http2Port&) = delete;
  Http2Port& operator=(const Http2Port&) = delete;
  virtual ~Http2Port() = default;

  /// Announces to all peers that the listener will accept no more.
  virtual void announceEnd() = 0;
  /// Open connections.
  virtual std::size_t connections() const noexcept = 0;
  /// Streams that have not been handed out and wait for the rest of their requests.
  virtual std::size_t awaited() const noexcept = 0;
};

/// Whether HTTP/2 was built in.
bool haveHttp2() noexcept;

/// `shared` is the listener's, `observer` must outlive the port. Null: this build has no HTTP/2.
std::unique_ptr<Http2Port> makeHttp2Port(std::shared_ptr<HttpSocketShared> shared,
                                         Listener::Observer& observer);

}  // namespace evmicro::detail
