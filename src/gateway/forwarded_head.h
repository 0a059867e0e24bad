#pragma once

#include <string>
#include <string_view>

#include <evmicro/web_server.h>

#include "http/head.h"

namespace evmicro::gateway {

/// How a request is changed on its way to a backend.
struct ForwardOptions {
  /// Path and query to request; empty: those of the request. Must begin with a slash.
  std::string target;
  /// The Host header; empty: that of the request.
  std::string host;
  /// More headers; what the client sent under these names is dropped.
  WebFields headers;
  /// Whether the client uses TLS, for X-Forwarded-Proto.
  bool secure = false;
};

constexpr std::string_view kWebSocket = "websocket";

/// Whether the request asks for a WebSocket, the only protocol that a connection is switched to. In
/// a tunnel of HTTP/2 (`Upgrade: h2c`), requests would reach the backend past all that is checked
/// here.
bool asksForWebSocket(const WebRequest& request);

/// Writes the head of the request to the backend into `out`: without headers that belong to one
/// connection, with X-Forwarded-For (appended to), -Host and -Proto. The framing of the body is
/// that of the request.
void writeForwardedHead(std::string& out, const WebRequest& request, const ForwardOptions& options);

/// The headers of a backend's reply for the client, likewise, without those of framing. Server-sent
/// events get `X-Accel-Buffering: no`, unless the backend has set it.
WebFields forwardedReply(const Metadata& headers);

}  // namespace evmicro::gateway
