#include "web/web_socket_connection.h"

#include <utility>

namespace evmicro::detail {

namespace {

constexpr std::chrono::seconds kCloseTimeout{5};  // for the peer's answer to a close frame
constexpr int kGoingAway = 1001;
constexpr int kNoCloseFrame = 1006;

}  // namespace

WebSocketConnection::WebSocketConnection(EventLoop& loop, WebConnection& connection,
                                         const WebSocketOptions& options, std::string protocol)
    : loop_(loop),
      connection_(&connection),
      protocol_(std::move(protocol)),
      maxQueuedBytes_(options.maxQueuedBytes),
      pingInterval_(options.pingInterval),
      pongTimeout_(options.pongTimeout),
      reader_(options.maxMessageBytes),
      lastHeard_(EventLoop::now()),
      timer_(loop, [this] { onTimer(); }) {
  if (pingInterval_.count() > 0) timer_.start(pingInterval_);
}

// --- sending

void WebSocketConnection::write(WebSocketOpcode opcode, std::string_view payload) {
  std::string head;
  appendFrameHead(head, opcode, payload.size());
  connection_->socket().sendRaw(head, payload);
}

bool WebSocketConnection::send(WebSocketOpcode opcode, std::string_view payload) {
  if (!connection_ || closeSent_ || end_) return false;
  if (maxQueuedBytes_ > 0 && queued() > maxQueuedBytes_) {
    breakOff("the peer reads too slowly");
    return false;
  }
  write(opcode, payload);
  return connection_ && connection_->belowHighWater();
}

void WebSocketConnection::sendClose(int code, std::string_view reason) {
  if (std::exchange(closeSent_, true)) return;
  write(WebSocketOpcode::kClose, code == kNoCode ? std::string() : closePayload(code, reason));
}

void WebSocketConnection::close(int code, std::string_view reason) {
  if (!connection_ || closeSent_ || end_) return;
  sendClose(code == kNoCode ? 0 : code, reason);
  timer_.start(kCloseTimeout);
}

void WebSocketConnection::release() {
  onMessage_.reset();
  onClose_ = nullptr;
  onWritable_ = nullptr;
  telling_ = Call();
  close(kGoingAway, {});
  if (paused_) resume();  // to see the answer
}

// --- receiving

std::size_t WebSocketConnection::onBytes(std::string_view bytes) {
  const std::size_t before = bytes.size();
  lastHeard_ = EventLoop::now();
  if (std::exchange(awaitsPong_, false) && !closeSent_) timer_.start(pingInterval_);
  readFrames(bytes);
  return before - bytes.size();
}

void WebSocketConnection::readFrames(std::string_view& input) {
  reading_ = true;
  while (!paused_ && connection_ && !end_) {
    const WebSocketReader::Event event = reader_.read(input);
    if (event == WebSocketReader::Event::kNeedMore) break;
    switch (event) {
      case WebSocketReader::Event::kMessage: deliver(); break;
      case WebSocketReader::Event::kPing: send(WebSocketOpcode::kPong, reader_.payload()); break;
      case WebSocketReader::Event::kClose: answerClose(); break;
      case WebSocketReader::Event::kFailed: fail(); break;
      default: break;
    }
  }
  reading_ = false;
  if (!connection_ || end_) input = {};
  if (peerFinished_ && !paused_) finishWithPeer();
}

void WebSocketConnection::deliver() {
  const std::shared_ptr<const OnMessage> onMessage = onMessage_;
  if (onMessage) (*onMessage)({std::move(reader_.payload()), !reader_.text()});
}

void WebSocketConnection::answerClose() {
  sendClose(reader_.code(), {});
  connection_->socket().close();
  ended({reader_.code(), std::move(reader_.payload())});
}

void WebSocketConnection::fail() {
  sendClose(reader_.code(), reader_.payload());
  connection_->socket().close();
  ended({reader_.code(), std::move(reader_.payload())});
}

void WebSocketConnection::pause() noexcept {
  paused_ = true;
  if (connection_) connection_->socket().pause();
}

// What the reader holds comes in a later turn, like what the socket holds.
void WebSocketConnection::resume() {
  if (!std::exchange(paused_, false) || !connection_ || end_) return;
  lastHeard_ = EventLoop::now();
  connection_->socket().resume();
  // The connection keeps this object while it reads.
  if (!reading_) readingOn_ = loop_.defer([connection = connection_] { connection->readOn(); });
}

void WebSocketConnection::onMessage(OnMessage onMessage) {
  onMessage_ = onMessage ? std::make_shared<const OnMessage>(std::move(onMessage)) : nullptr;
}

void WebSocketConnection::onWritable() {
  const std::function<void()> onWritable = onWritable_;  // a copy: it may replace itself
  if (onWritable && !closeSent_) onWritable();
}

// --- the end

void WebSocketConnection::onClose(OnClose onClose) {
  onClose_ = std::move(onClose);
  if (end_) tellEnd();
}

void WebSocketConnection::ended(WebSocketEnd end) {
  if (end_) return;
  end_ = std::move(end);
  timer_.stop();
  tellEnd();
}

void WebSocketConnection::tellEnd() {
  if (!onClose_) return;
  telling_ =
      loop_.defer([onClose = std::exchange(onClose_, nullptr), end = *end_] { onClose(end); });
}

void WebSocketConnection::breakOff(std::string reason) {
  WebConnection* const connection = std::exchange(connection_, nullptr);
  readingOn_ = Call();
  ended({kNoCloseFrame, std::move(reason)});
  connection->breakOff();  // may destroy this: last
}

void WebSocketConnection::onPeerFinished() {
  peerFinished_ = true;
  if (!paused_) finishWithPeer();
}

void WebSocketConnection::finishWithPeer() {
  if (!connection_) return;
  ended({kNoCloseFrame, "the peer has closed the connection"});
  connection_->socket().close();
}

void WebSocketConnection::onStopping() { close(kGoingAway, "the server stops"); }

void WebSocketConnection::onClosed(const Status& why) {
  connection_ = nullptr;
  readingOn_ = Call();
  ended({kNoCloseFrame, why.detail()});
}

void WebSocketConnection::onDetached() {
  connection_ = nullptr;
  timer_.stop();
  telling_ = Call();
  readingOn_ = Call();
}

void WebSocketConnection::onTimer() {
  if (closeSent_) return breakOff("the close frame was not answered");
  if (awaitsPong_) return breakOff("the ping was not answered");
  const auto now = EventLoop::now();
  if (paused_) lastHeard_ = now;
  if (const auto next = lastHeard_ + pingInterval_; next > now) return timer_.start(next - now);
  awaitsPong_ = true;
  write(WebSocketOpcode::kPing, {});
  timer_.start(pongTimeout_);
}

}  // namespace evmicro::detail
