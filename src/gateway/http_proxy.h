#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/web_body.h>
#include <evmicro/web_server.h>

#include "call/connection_pool.h"
#include "gateway/forwarded_head.h"
#include "gateway/http_tunnel.h"
#include "http/socket_shared.h"
#include "net/resolver.h"

namespace evmicro::gateway {

struct HttpProxyOptions {
  std::chrono::milliseconds connectTimeout{5'000};
  /// From the end of the request to the head of the reply; 504 above it. Zero: no limit.
  std::chrono::milliseconds replyTimeout{30'000};
  /// Without any byte in the middle of a reply: the client's connection is broken. Zero: no limit,
  /// for events that are rare.
  std::chrono::milliseconds idleTimeout{0};
  std::size_t idleConnections = 64;  ///< kept for each backend
  std::chrono::milliseconds keepIdle{30'000};
  std::size_t maxHeaderBytes = 64U << 10;  ///< of a reply
  /// Bytes that are queued in each direction before the sender is slowed down.
  std::size_t highWaterBytes = 256U << 10;
  /// Of the error answers.
  std::string id = "go.micro.api";
};

/// Forwards requests to backends that speak HTTP, and streams both ways with bounded memory: a slow
/// client slows its backend down, and the reverse. Connections to backends are kept and used again.
/// A request for another protocol (WebSocket) becomes a tunnel.
///
/// A backend that ends in the middle of a reply breaks the client's connection; before that, the
/// client gets 502, or 504 if the backend took too long. A request without a body that failed on a
/// connection that was kept, before any byte of the reply, is sent again on a new one.
class HttpProxy {
 public:
  explicit HttpProxy(EventLoop& loop, HttpProxyOptions options = {});
  HttpProxy(const HttpProxy&) = delete;
  HttpProxy& operator=(const HttpProxy&) = delete;
  /// Breaks off everything that is in progress.
  ~HttpProxy();

  /// Forwards a request of a route of WebServer::handleStreamed() to `address`: `host:port` or
  /// `unix:///path`. `options.secure` is set here.
  void forward(const std::string& address, WebRequest request, WebBody body, WebReply reply,
               ForwardOptions options = {});

 private:
  class Forward;
  friend class Forward;

  Result<std::unique_ptr<detail::HttpSocket>> dial(const std::string& address);
  void keep(const std::string& address, std::unique_ptr<detail::HttpSocket> socket);
  void over(Forward& forward);
  void tunnel(WebReply& reply, const WebFields& headers,
              std::unique_ptr<detail::HttpSocket> backend);

  EventLoop& loop_;
  const HttpProxyOptions options_;
  const std::shared_ptr<detail::HttpSocketShared> shared_;  // shared with the sockets
  detail::Resolver resolver_;
  detail::ConnectionPool idle_;
  std::unordered_map<HttpTunnel*, std::shared_ptr<HttpTunnel>> tunnels_;
  std::unordered_map<Forward*, std::unique_ptr<Forward>> forwards_;
};

}  // namespace evmicro::gateway
