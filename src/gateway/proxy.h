#pragma once

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
  /// `service` must outlive it; `id` is that of error answers.
  Proxy(Service& service, std::string id);

  /// Forwards a request to a random node of `service`, see HttpProxy. 404: there is no node.
  void pass(const std::string& service, WebRequest request, WebBody body, WebReply reply,
            ForwardOptions options = {});

 private:
  const std::string id_;
  std::minstd_rand random_{std::random_device{}()};
  HttpProxy http_;
  LookUps lookUps_;
};

}  // namespace evmicro::gateway
