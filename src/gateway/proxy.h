#pragma once

#include <list>
#include <memory>
#include <random>
#include <string>

#include <evmicro/call.h>
#include <evmicro/http_client.h>
#include <evmicro/service.h>
#include <evmicro/web_server.h>

#include "gateway/look_ups.h"

namespace evmicro::gateway {

/// Forwards HTTP requests to nodes that speak HTTP.
class Proxy {
 public:
  explicit Proxy(Service& service);

  /// Forwards `request` to a random node of `service`, without the headers of the connection and
  /// with X-Forwarded-For. 404: there is no node; 502: the node does not answer.
  void pass(const std::string& service, WebRequest request, WebReply reply);

 private:
  void passTo(const std::string& address, const WebRequest& request,
              std::shared_ptr<WebReply> reply);

  LookUps lookUps_;
  HttpClient client_;
  std::list<Call> calls_;  // of client_
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace evmicro::gateway
