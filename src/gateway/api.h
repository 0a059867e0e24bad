#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <evmicro/service.h>

#include "gateway/gateway_web.h"

namespace evmicro::gateway {

struct ApiOptions : GatewayOptions {
  ApiOptions() {
    address = ":8080";
    corsOrigins = {"*"};
    allowedHosts = {"*"};
  }

  std::string nameSpace = "go.micro.api";
  /// How paths are handled: `api` passes the whole request to the service, `rpc` calls a method
  /// with the JSON of the request, `proxy` forwards the request to a node that speaks HTTP.
  std::string handler = "api";
};

/// The API gateway: translates HTTP requests into calls of services, with the loop and client of
/// `service`.
class ApiGateway {
 public:
  /// `service` must outlive it.
  ApiGateway(Service& service, ApiOptions options);
  ApiGateway(const ApiGateway&) = delete;
  ApiGateway& operator=(const ApiGateway&) = delete;
  ~ApiGateway();

  Status start();
  /// Stops accepting, and returns when all requests have been answered, or after `most`. Turns the
  /// loop.
  void stop(std::chrono::milliseconds most);
  std::string address() const;
  /// See WebServer::reloadTls().
  Status reloadTls();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro::gateway
