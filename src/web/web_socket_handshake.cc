#include "web/web_socket_handshake.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/sha1.h"
#include "json/base64.h"
#include "web/cors.h"
#include "web/header_tokens.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kKeyBytes = 16;

WebSocketHandshake refused(int status, std::string reason, WebFields headers = {}) {
  return {status, std::move(reason) + "\n", std::move(headers), {}};
}

std::size_t count(const WebFields& headers, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [name](const auto& field) { return field.first == name; }));
}

// Whether pages of `origin` may connect to `host`.
bool isAllowed(const WebSocketOptions& options, std::string_view origin, std::string_view host) {
  if (!options.origins.empty()) return isAllowedOrigin(options.origins, origin);
  return isOriginOf(origin, host);
}

std::string chosenProtocol(const WebSocketOptions& options, const WebFields& headers) {
  const std::vector<std::string_view> offered = headerTokens(headers, "Sec-Websocket-Protocol");
  for (const std::string& each : options.protocols) {
    if (std::find(offered.begin(), offered.end(), each) != offered.end()) return each;
  }
  return {};
}

}  // namespace

std::string webSocketAccept(std::string_view key) {
  const auto digest = sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  std::string text;
  appendBase64(text, {reinterpret_cast<const char*>(digest.data()), digest.size()});
  return text;
}

WebSocketHandshake answerHandshake(const WebRequest& request, const WebSocketOptions& options) {
  const WebFields& headers = request.headers;
  if (request.method != "GET") return refused(405, "Method not allowed", {{"Allow", "GET"}});
  if (!hasHeaderToken(headers, "Upgrade", "websocket") ||
      !hasHeaderToken(headers, "Connection", "upgrade")) {
    return refused(426, "this is for WebSockets", {{"Upgrade", "websocket"}});
  }
  const std::string_view version = findField(headers, "Sec-Websocket-Version").value_or("");
  if (version != "13" || count(headers, "Sec-Websocket-Version") != 1) {
    return refused(version.empty() ? 400 : 426, "only version 13 of WebSocket is spoken here",
                   {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}});
  }
  const std::string_view key = findField(headers, "Sec-Websocket-Key").value_or("");
  std::string decoded;
  if (count(headers, "Sec-Websocket-Key") != 1 || !decodeBase64(key, decoded) ||
      decoded.size() != kKeyBytes) {
    return refused(400, "Sec-WebSocket-Key is missing or malformed");
  }
  const std::optional<std::string_view> host = findField(headers, "Host");
  if (!host) return refused(400, "Host is missing");
  if (!request.body.empty()) return refused(400, "the request has a body");
  const auto origin = findField(headers, "Origin");
  if (origin && !isAllowed(options, *origin, *host)) {
    return refused(403, "pages of this origin may not connect");
  }
  WebSocketHandshake answer;
  answer.headers = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", webSocketAccept(key)}};
  answer.protocol = chosenProtocol(options, headers);
  if (!answer.protocol.empty()) {
    answer.headers.emplace_back("Sec-WebSocket-Protocol", answer.protocol);
  }
  return answer;
}

}  // namespace evmicro::detail
