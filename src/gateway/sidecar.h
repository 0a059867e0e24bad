#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <evmicro/service.h>

#include "gateway/gateway_web.h"
#include "gateway/sidecar_app.h"

namespace evmicro::gateway {

/// No page may use it unless `corsOrigins` has its site.
struct SidecarOptions : GatewayOptions {
  /// Whoever reaches it may change the registry.
  SidecarOptions() { address = "127.0.0.1:8081"; }

  std::string nameSpace = "go.micro.srv";  ///< of the services that paths may mean
  AppOptions app;
};

/// Registry, calls and topics by HTTP, for a program beside it that does not use the library.
class Sidecar {
 public:
  /// `service` must outlive it.
  Sidecar(Service& service, SidecarOptions options);
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;
  ~Sidecar();

  /// Listens, and registers the program beside it. kInvalid: the options of the program contradict
  /// each other.
  Status start();
  /// Deregisters the program, stops accepting, and returns when all requests have been answered, or
  /// after `most`. Turns the loop.
  void stop(std::chrono::milliseconds most);
  std::string address() const;
  /// See WebServer::reloadTls().
  Status reloadTls();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro::gateway
