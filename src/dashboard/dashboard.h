#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <evmicro/service.h>

#include "dashboard/scraper.h"
#include "gateway/gateway_web.h"

namespace evmicro::dashboard {

/// Its own pages may use it, and those of `corsOrigins`.
struct DashboardOptions : gateway::GatewayOptions {
  DashboardOptions() {
    address = ":8082";
    stats = true;
  }

  /// What the names of web services begin with: `/greeter` is `NAMESPACE.greeter`.
  std::string nameSpace = "go.micro.web";
  /// No calls and no publications.
  bool readOnly = false;
  ScraperOptions scraper;
};

/// The web dashboard: shows services, calls them, and forwards `/{name}/...` to web services.
class Dashboard {
 public:
  /// `service` must outlive it.
  Dashboard(Service& service, DashboardOptions options);
  Dashboard(const Dashboard&) = delete;
  Dashboard& operator=(const Dashboard&) = delete;
  ~Dashboard();

  /// Listens, and begins to read registry and metrics.
  Status start();
  /// Ends the live pages, stops accepting, and returns when all requests have been answered, or
  /// after `most`. Turns the loop.
  void stop(std::chrono::milliseconds most);
  std::string address() const;
  /// See WebServer::reloadTls().
  Status reloadTls();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro::dashboard
