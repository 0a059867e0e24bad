#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <event2/listener.h>

#include <evmicro/event_loop.h>

#include "event/handles.h"
#include "http2/frames.h"

namespace evmicro::test {

/// A server of HTTP/2 on a free port of loopback that sends what the test makes of the frames that
/// come, right or wrong.
class FrameServer {
 public:
  class Connection {
   public:
    explicit Connection(bufferevent* stream) : stream_(stream) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void send(std::string_view bytes) {
      bufferevent_write(stream_.get(), bytes.data(), bytes.size());
    }
    /// All that have come.
    const std::vector<Frame>& frames() const noexcept { return frames_; }
    std::size_t count(int type) const {
      std::size_t found = 0;
      for (const Frame& frame : frames_) found += frame.type == type ? 1 : 0;
      return found;
    }
    bool ended() const noexcept { return ended_; }
    void close() { stream_.reset(); }

   private:
    friend class FrameServer;
    detail::BufferEvent stream_;
    FrameServer* server_ = nullptr;
    std::string unread_;
    std::vector<Frame> frames_;
    bool ended_ = false;
  };
  using OnFrame = std::function<void(Connection&, const Frame&)>;

  /// `greeting` is sent to each connection at once, `onFrame` runs for each frame of a peer.
  FrameServer(EventLoop& loop, std::string greeting, OnFrame onFrame);
  FrameServer(const FrameServer&) = delete;
  FrameServer& operator=(const FrameServer&) = delete;

  std::string address() const;
  /// Those that were accepted, in order.
  Connection& connection(std::size_t index) { return *connections_.at(index); }
  std::size_t connections() const noexcept { return connections_.size(); }
  /// Of all connections.
  std::size_t count(int type) const;

 private:
  static void onAccept(evconnlistener* listener, evutil_socket_t fd, sockaddr* from, int size,
                       void* self) noexcept;
  static void onRead(bufferevent* stream, void* connection) noexcept;
  static void onEvent(bufferevent* stream, short what, void* connection) noexcept;

  EventLoop& loop_;
  const std::string greeting_;
  const OnFrame onFrame_;
  detail::CHandle<evconnlistener, evconnlistener_free> listener_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

/// The frames of a reply of gRPC.
inline std::string replyHead(std::uint32_t stream, Fields more = {}, int flags = kEndHeaders) {
  Fields fields = {{":status", "200"}, {"content-type", "application/grpc"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return headers(stream, fields, flags);
}
inline std::string replyEnd(std::uint32_t stream, Fields fields = {{"grpc-status", "0"}}) {
  return headers(stream, fields, kEndHeaders | kEndStream);
}
inline std::string settings(const std::vector<std::pair<int, std::uint32_t>>& values = {}) {
  std::string payload;
  for (const auto& [id, value] : values) {
    payload += number(static_cast<std::uint64_t>(id), 2) + number(value, 4);
  }
  return frame(kSettings, kNoFlag, 0, payload);
}
inline std::string goaway(std::uint32_t last, std::uint32_t code = 0, std::string_view why = {}) {
  return frame(kGoaway, kNoFlag, 0, number(last, 4) + number(code, 4) + std::string(why));
}

}  // namespace evmicro::test
