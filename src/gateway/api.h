#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/service.h>
#include <evmicro/web_server.h>

#include "gateway/resolve.h"

namespace evmicro::gateway {

struct ApiOptions {
  std::string address = ":8080";
  std::string nameSpace = "go.micro.api";
  /// What becomes of a path: `api` hands the whole request to the service, `rpc` calls its method
  /// with the JSON of the request, `proxy` passes the request on to a node that speaks HTTP.
  std::string handler = "api";
  std::vector<std::string> corsOrigins = {"*"};
  bool rpc = true;                       ///< whether there is /rpc
  std::vector<std::string> rpcServices;  ///< that /rpc may call; empty: all
  bool rpcAnyAddress = false;            ///< /rpc connects to any address, not to known nodes alone
};

/// The API gateway: HTTP in, calls of services out. On the loop of `service`, by its client.
class ApiGateway {
 public:
  /// `service` must outlive it.
  ApiGateway(Service& service, ApiOptions options);
  ApiGateway(const ApiGateway&) = delete;
  ApiGateway& operator=(const ApiGateway&) = delete;
  ~ApiGateway();

  Status start();
  /// Accepts no more, and returns once what was asked has been answered, or after `most`. Turns the
  /// loop.
  void stop(std::chrono::milliseconds most);
  std::string address() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro::gateway
