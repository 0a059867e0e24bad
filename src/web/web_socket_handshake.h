#pragma once

#include <string>
#include <vector>

#include <evmicro/web_server.h>
#include <evmicro/web_socket.h>

namespace evmicro::detail {

/// The answer to a request for a WebSocket (RFC 6455, 4.2).
struct WebSocketHandshake {
  int status = 101;      ///< others: refused, because of `reason`
  std::string reason;    ///< for people
  WebFields headers;     ///< of the answer, without Connection
  std::string protocol;  ///< chosen
};

WebSocketHandshake answerHandshake(const WebRequest& request, const WebSocketOptions& options);

/// The value of Sec-WebSocket-Accept.
std::string webSocketAccept(std::string_view key);

}  // namespace evmicro::detail
