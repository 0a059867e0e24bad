#include <evmicro/web_socket.h>

#include <utility>

#include "web/connection.h"
#include "web/web_socket_connection.h"
#include "web/web_socket_handshake.h"

namespace evmicro {

using detail::WebSocketConnection;
using detail::WebSocketOpcode;

WebSocket::WebSocket(std::shared_ptr<WebSocketConnection> connection) noexcept
    : connection_(std::move(connection)) {}
WebSocket::WebSocket(WebSocket&&) noexcept = default;

WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
  const WebSocket old(std::exchange(connection_, std::move(other.connection_)));
  return *this;
}

WebSocket::~WebSocket() {
  if (connection_) connection_->release();
}

bool WebSocket::sendText(std::string_view text) {
  return connection_->send(WebSocketOpcode::kText, text);
}

bool WebSocket::sendBinary(std::string_view bytes) {
  return connection_->send(WebSocketOpcode::kBinary, bytes);
}

std::size_t WebSocket::queued() const noexcept { return connection_->queued(); }
void WebSocket::close(int code, std::string_view reason) { connection_->close(code, reason); }
void WebSocket::pause() noexcept { connection_->pause(); }
void WebSocket::resume() { connection_->resume(); }
const std::string& WebSocket::protocol() const noexcept { return connection_->protocol(); }

void WebSocket::onMessage(std::function<void(WebSocketMessage)> onMessage) {
  connection_->onMessage(std::move(onMessage));
}

void WebSocket::onClose(std::function<void(const WebSocketEnd&)> onClose) {
  connection_->onClose(std::move(onClose));
}

void WebSocket::onWritable(std::function<void()> onWritable) {
  connection_->onWritable(std::move(onWritable));
}

std::optional<WebSocket> acceptWebSocket(const WebRequest& request, WebReply reply,
                                         const WebSocketOptions& options) {
  const std::shared_ptr<detail::WebExchange> exchange = detail::WebExchange::of(reply);
  detail::WebConnection* const connection = exchange ? exchange->connection : nullptr;
  if (!connection || exchange->begun) return std::nullopt;
  detail::WebSocketHandshake answer = detail::answerHandshake(request, options);
  if (!detail::haveWebSocket()) answer = {501, "built without WebSocket\n", {}, {}};
  if (answer.status == 101 && connection->isOld()) answer = {400, "HTTP/1.1 is needed\n", {}, {}};
  if (answer.status == 101 && connection->isLast()) {
    answer = {503, "the connection is about to close\n", {}, {}};
  }
  if (answer.status != 101) {
    connection->sendError(*exchange, answer.status, answer.reason, answer.headers);
    return std::nullopt;
  }
  auto upgrade = std::make_shared<WebSocketConnection>(exchange->loop, *connection, options,
                                                       std::move(answer.protocol));
  connection->upgrade(*exchange, answer.headers, upgrade);
  return WebSocket(std::move(upgrade));
}

WebServer::Handler webSocketHandler(
    std::function<void(WebRequest request, WebSocket socket)> handler, WebSocketOptions options) {
  return [handler = std::move(handler), options = std::move(options)](WebRequest request,
                                                                      WebReply reply) {
    std::optional<WebSocket> socket = acceptWebSocket(request, std::move(reply), options);
    if (socket) handler(std::move(request), std::move(*socket));
  };
}

}  // namespace evmicro
