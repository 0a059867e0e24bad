#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>
#include <evmicro/web_body.h>
#include <evmicro/web_server.h>

#include "call/connection_pool.h"
#include "gateway/forwarded_head.h"
#include "gateway/http_tunnel.h"
#include "http/socket_shared.h"
#include "transport/http_dialler.h"

namespace evmicro::gateway {

/// A node that speaks HTTP.
struct HttpBackend {
  HttpBackend(std::string where) : address(std::move(where)) {}
  HttpBackend(const char* where) : address(where) {}
  /// By TLS, with a certificate for the address or for `node`, the node's id.
  HttpBackend(std::string where, std::string node)
      : address(std::move(where)), tlsNode(std::move(node)) {}

  std::string address;                 ///< `host:port` or `unix:///path`
  std::optional<std::string> tlsNode;  ///< not set: without TLS
};

struct HttpProxyOptions {
  std::chrono::milliseconds connectTimeout{5'000};
  /// From the end of the request to the head of the reply; 504 above it. Zero: no limit.
  std::chrono::milliseconds replyTimeout{30'000};
  /// Without any byte in the middle of a reply: the client's connection is broken. Zero: no limit,
  /// for events that are rare.
  std::chrono::milliseconds idleTimeout{0};
  /// Without any byte in either direction, after a protocol was switched (WebSocket): both sides
  /// are closed. Zero: no limit.
  std::chrono::milliseconds tunnelIdleTimeout{std::chrono::hours(1)};
  /// What backends with TLS are verified with, and what is shown to them.
  TlsOptions tls;
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

  /// Forwards a request of a route of WebServer::handleStreamed() to `backend`. `options.secure`
  /// is set here.
  void forward(const HttpBackend& backend, WebRequest request, WebBody body, WebReply reply,
               ForwardOptions options = {});
  /// Reads the TLS files again, for new connections. If there is an error the old ones stay in use.
  Status reloadTls() { return dialler_.reloadTls(); }

 private:
  class Forward;
  friend class Forward;

  Result<std::unique_ptr<detail::HttpSocket>> dial(const HttpBackend& backend);
  void over(Forward& forward);
  void tunnel(WebReply& reply, const WebFields& headers,
              std::unique_ptr<detail::HttpSocket> backend);

  EventLoop& loop_;
  const HttpProxyOptions options_;
  const std::shared_ptr<detail::HttpSocketShared> shared_;  // shared with the sockets
  detail::HttpDialler dialler_;
  const std::shared_ptr<const TlsOptions> tls_;  // shared with the dialler
  detail::ConnectionPool idle_;
  std::unordered_map<HttpTunnel*, std::shared_ptr<HttpTunnel>> tunnels_;
  std::unordered_map<Forward*, std::unique_ptr<Forward>> forwards_;
};

}  // namespace evmicro::gateway
