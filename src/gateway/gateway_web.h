#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <evmicro/lifetime.h>
#include <evmicro/metrics.h>
#include <evmicro/service.h>
#include <evmicro/tls.h>
#include <evmicro/web_server.h>

#include "gateway/admission.h"
#include "gateway/gateway_stats.h"
#include "gateway/rpc_endpoint.h"

namespace evmicro::gateway {

/// What is configured for every gateway.
struct GatewayOptions {
  std::string address;
  ListenOptions limits;                  ///< of its connections; their TLS is replaced by `tls`
  TlsOptions tls;                        ///< with a certificate: TLS on that address
  std::vector<std::string> corsOrigins;  ///< whose pages may use it; `*`: all
  bool ownPages = false;                 ///< pages of the gateway itself may use it, too
  bool rpc = true;                       ///< whether /rpc is enabled
  std::vector<std::string> rpcServices;  ///< services that /rpc may call; empty: all
  bool rpcAnyAddress = false;  ///< /rpc may connect to any address, not only to known nodes
  bool stats = false;          ///< whether /stats is enabled
  /// Names under which it may be reached, beside loopback names and IP addresses: `example.com`,
  /// `.example.com` with all names below it, `*` for every name. Requests with another Host get a
  /// 403: a page of another site could have had its own name resolved to this address (DNS
  /// rebinding), and would pass for a page of the gateway.
  std::vector<std::string> allowedHosts;
  /// See HttpProxyOptions::tunnelIdleTimeout.
  std::chrono::milliseconds tunnelIdleTimeout{std::chrono::hours(1)};
  AdmissionOptions admission;
};

/// The web server of a gateway, with what all have: errors as JSON, CORS, an access log on stderr,
/// /rpc, /stats, and limits on who is served.
class GatewayWeb {
 public:
  /// `service` must outlive it. `id`: of the gateway's own errors, the name of its service.
  GatewayWeb(Service& service, std::string id, GatewayOptions options);
  GatewayWeb(const GatewayWeb&) = delete;
  GatewayWeb& operator=(const GatewayWeb&) = delete;
  ~GatewayWeb() = default;

  /// Adds a route, see WebServer::handle(). Its users must outlive this object.
  void handle(std::string method, std::string pattern, WebServer::Handler handler);
  /// Adds a route, see WebServer::handleStreamed().
  void handleStreamed(std::string method, std::string pattern, WebServer::StreamHandler handler);
  /// As handle(), and refuses (403) pages of sites that are not in `corsOrigins`.
  void handleOwn(std::string method, std::string pattern, WebServer::Handler handler);
  /// Answers 405 to methods of `path` that have no route of their own; `allowed`: `GET, POST`.
  void refuseOthers(std::string path, std::string allowed);

  /// Listens. An error: the address, a TLS file or a key cannot be used.
  Status start();
  /// Stops accepting, and returns when all requests have been answered and `alsoDone` (may be
  /// empty) returns true, or after `most`. Turns the loop.
  void stop(std::chrono::milliseconds most, const std::function<bool()>& alsoDone = {});
  std::string address() const { return web_.address(); }
  const GatewayStats& stats() const noexcept { return stats_; }
  Status reloadTls() { return web_.reloadTls(); }

 private:
  /// Passes to `handler` what is sound and may be served; answers the rest.
  void admit(WebRequest request, WebReply reply, const WebServer::Handler& handler);
  void collect(Metrics& metrics) const;

  EventLoop& loop_;
  const std::string id_;
  const GatewayOptions options_;
  RpcEndpoint rpc_;
  Admission admission_;
  GatewayStats stats_;
  WebServer web_;  // last: its handlers use the others
  Lifetime lifetime_;
};

}  // namespace evmicro::gateway
