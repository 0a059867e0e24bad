#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/codec.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_client.h>
#include <evmicro/registry.h>
#include <evmicro/service.h>
#include <evmicro/status.h>

#include "tool/call_flags.h"

namespace evmicro::tool {

class Arguments;

/// Adds `--proxy_address`; `address` must outlive the parsing.
void addProxyFlag(Arguments& arguments, std::string& address);

/// What the commands need of registry and services, through a sidecar. Each function waits for the
/// answer, at most as long as a call may take. An error is the sidecar's, or says why there is no
/// answer.
class SidecarClient {
 public:
  /// `address`: a URL, or `host:port` for http. CAs and certificate for https, and the limit of a
  /// call, are those of `options`.
  SidecarClient(const ServiceOptions& options, const std::string& address);

  /// The names of all services, sorted.
  Result<std::vector<std::string>> listNames();
  /// The versions of a service; kNotFound if there are none.
  Result<std::vector<ServiceInfo>> lookUp(const std::string& name);
  Status registerService(const ServiceInfo& service);
  Status deregister(const ServiceInfo& service);
  /// Calls a method, of the node in `flags` if there is one.
  Result<JsonDocument> call(const std::string& service, const std::string& method,
                            const JsonDocument& request, const CallFlags& flags);

 private:
  /// The body of the answer; an error if its status is not 200.
  Result<std::string> ask(std::string method, const std::string& target, std::string body = {},
                          std::vector<std::string> headers = {});
  Result<std::vector<ServiceInfo>> services(const std::string& target);

  const std::string base_;
  const std::chrono::milliseconds timeout_;
  EventLoop loop_;
  HttpClient client_;
};

}  // namespace evmicro::tool
