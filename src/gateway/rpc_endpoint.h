#pragma once

#include <string>
#include <vector>

#include <evmicro/service.h>
#include <evmicro/web_server.h>

#include "gateway/json_call.h"
#include "gateway/look_ups.h"
#include "gateway/origin.h"
#include "gateway/rpc_request.h"

namespace evmicro::gateway {

struct RpcOptions {
  std::vector<std::string> services;  ///< that may be called; empty: all
  bool anyAddress = false;            ///< connect to any address, not only to known nodes
  AllowedOrigins origins;             ///< whose pages may call
};

/// Refuses (403) a service that is not in `allowed`; if that is empty, all are allowed.
Status checkService(const std::vector<std::string>& allowed, const std::string& service);

/// `POST /rpc`: calls any method of any service by name, see readRpcRequest().
class RpcEndpoint {
 public:
  /// `service` must outlive it.
  RpcEndpoint(Service& service, RpcOptions options);
  RpcEndpoint(const RpcEndpoint&) = delete;
  RpcEndpoint& operator=(const RpcEndpoint&) = delete;
  ~RpcEndpoint() = default;

  /// Adds the route. It must outlive `web`.
  void addTo(WebServer& web);
  /// Answers a POST.
  void serve(const WebRequest& request, WebReply reply);
  /// Answers any other request: 405.
  static void refuse(WebReply reply);

 private:
  void call(const Context& context, const RpcRequest& rpc, const SharedReply& reply);

  Service& service_;
  const RpcOptions options_;
  LookUps lookUps_;
};

}  // namespace evmicro::gateway
