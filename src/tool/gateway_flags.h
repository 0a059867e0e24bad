#pragma once

#include <functional>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

#include "gateway/gateway_web.h"
#include "registry/registrar.h"

namespace evmicro::tool {

class Arguments;

/// The flags that the gateways have in common: where they listen, their TLS, who may use them, and
/// how long they are registered.
class GatewayFlags {
 public:
  /// `name`: `api`, for the flag `--api_address` and the service `go.micro.api`. `defaults`: what
  /// the flags leave as it is.
  GatewayFlags(std::string name, const gateway::GatewayOptions& defaults);

  /// `this` must outlive the parsing.
  void addTo(Arguments& arguments);
  /// Adds `--tunnel_timeout`, for gateways that forward WebSockets to backends.
  void addTunnelTimeoutTo(Arguments& arguments);

  /// kInvalid: the flags contradict each other. @pre parsed, as for the functions below
  Status check() const;
  /// Sets the address, TLS, and who may use the gateway.
  void applyTo(gateway::GatewayOptions& options) const;
  /// Sets the name of the gateway's service and its registration.
  void applyTo(ServiceOptions& options) const;
  /// How long a registration lasts.
  detail::Registrar::Options registration() const;

 private:
  const std::string name_;
  gateway::GatewayOptions options_;
  std::string cors_;
  std::string allowedHosts_;
  std::string rpcServices_;
  std::string jwtKeys_;
  int requestsPerSecond_ = 0;
  bool enableTls_ = false;
  int tunnelSeconds_ = 3600;
  int ttlSeconds_ = 30;
  int intervalSeconds_ = 10;
};

/// Adds `http=HOST:PORT` to the metadata of the service's node, or `http=unix:///path`: where
/// clients reach what listens on `bound`. @pre the service has not been started
void announceHttp(Service& service, const std::string& bound);

/// Calls `reload` at each SIGHUP while the token exists, and logs the outcome as `component`.
Result<Subscription> reloadAtHangup(EventLoop& loop, std::string component,
                                    std::function<Status()> reload);

}  // namespace evmicro::tool
