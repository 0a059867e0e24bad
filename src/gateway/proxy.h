#pragma once

#include <chrono>
#include <random>
#include <string>

#include <evmicro/service.h>
#include <evmicro/web_server.h>

#include "gateway/http_proxy.h"
#include "gateway/look_ups.h"

namespace evmicro::gateway {

/// Forwards HTTP requests to nodes that speak HTTP.
class Proxy {
 public:
  /// `service` must outlive it; `id` is that of error answers. `tunnelIdle`: see HttpProxyOptions.
  Proxy(Service& service, std::string id, std::chrono::milliseconds tunnelIdle);

  /// Forwards a request to a random node of `service`, by TLS if the node announces it, see
  /// HttpProxy. 404: there is no node.
  void pass(const std::string& service, WebRequest request, WebBody body, WebReply reply,
            ForwardOptions options = {});
  /// See HttpProxy::reloadTls().
  Status reloadTls() { return http_.reloadTls(); }

 private:
  const std::string id_;
  std::minstd_rand random_{std::random_device{}()};
  HttpProxy http_;
  LookUps lookUps_;
};

}  // namespace evmicro::gateway
