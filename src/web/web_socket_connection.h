#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/timer.h>
#include <evmicro/web_socket.h>

#include "web/connection.h"
#include "web/web_socket_frames.h"

namespace evmicro::detail {

/// A WebSocket on a connection of a WebServer. Shared by the connection and the WebSocket, either
/// of which may go first.
class WebSocketConnection final : public WebUpgrade {
 public:
  using OnMessage = std::function<void(WebSocketMessage)>;
  using OnClose = std::function<void(const WebSocketEnd&)>;

  WebSocketConnection(EventLoop& loop, WebConnection& connection, const WebSocketOptions& options,
                      std::string protocol);

  // --- for WebSocket

  bool send(WebSocketOpcode opcode, std::string_view payload);
  std::size_t queued() const noexcept { return connection_ ? connection_->socket().queued() : 0; }
  void close(int code, std::string_view reason);
  void pause() noexcept;
  void resume();
  const std::string& protocol() const noexcept { return protocol_; }
  void onMessage(OnMessage onMessage);
  void onClose(OnClose onClose);
  void onWritable(std::function<void()> onWritable) { onWritable_ = std::move(onWritable); }
  /// The WebSocket has been destroyed: no callback runs any more.
  void release();

 private:
  std::size_t onBytes(std::string_view bytes) override;
  std::size_t heldBytes() const noexcept override { return reader_.heldBytes(); }
  void onPeerFinished() override;
  void onWritable() override;
  void onStopping() override;
  void onClosed(const Status& why) override;
  void onDetached() override;

  void readFrames(std::string_view& input);
  void deliver();
  void answerClose();
  void fail();
  void write(WebSocketOpcode opcode, std::string_view payload);
  void sendClose(int code, std::string_view reason);
  void breakOff(std::string reason);
  void finishWithPeer();
  void ended(WebSocketEnd end);
  void tellEnd();
  void onTimer();

  EventLoop& loop_;
  WebConnection* connection_;  // null: closed
  const std::string protocol_;
  const std::size_t maxQueuedBytes_;
  const std::chrono::milliseconds pingInterval_;
  const std::chrono::milliseconds pongTimeout_;
  WebSocketReader reader_;
  // Shared with the call that is running: a callback may replace or destroy itself.
  std::shared_ptr<const OnMessage> onMessage_;
  OnClose onClose_;
  std::function<void()> onWritable_;
  std::optional<WebSocketEnd> end_;  // nullopt: not ended
  EventLoop::Clock::time_point lastHeard_;
  bool awaitsPong_ = false;
  bool paused_ = false;
  bool reading_ = false;  // readFrames() is on the stack
  bool closeSent_ = false;
  bool peerFinished_ = false;
  Call telling_;
  Call readingOn_;
  Timer timer_;
};

}  // namespace evmicro::detail
