#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_client.h>
#include <evmicro/registry.h>
#include <evmicro/timer.h>
#include <evmicro/web_server.h>

#include "gateway/pending_calls.h"
#include "registry/registrar.h"

namespace evmicro::gateway {

/// The program beside the sidecar, which serves calls but does not register itself.
struct AppOptions {
  std::string name;       ///< of its service; empty: there is no such program
  std::string address;    ///< `host:port` where it serves
  std::string healthUrl;  ///< answers 200 while it is healthy; empty: always
  std::chrono::milliseconds healthInterval{30'000};  ///< between two checks
  detail::Registrar::Options registration{};
};

/// Keeps it registered while its health URL answers with 200.
class SidecarApp {
 public:
  /// Whether the options make sense: name and address together, or neither; a URL of HTTP.
  static Status check(const AppOptions& options);

  /// Both must outlive it. @pre check() is ok
  SidecarApp(EventLoop& loop, Registry& registry, AppOptions options);
  SidecarApp(const SidecarApp&) = delete;
  SidecarApp& operator=(const SidecarApp&) = delete;
  /// Stops everything without deregistering.
  ~SidecarApp();

  /// Registers it, and begins the checks.
  void start();
  /// Ends the checks and deregisters; `done` runs once.
  void stop(std::function<void()> done);
  /// Answers a request for /health with the state of its health URL.
  void serveHealth(WebReply reply);

 private:
  using Healthy = std::function<void(const Status& status, int code)>;
  Call ask(Healthy healthy);
  void check();
  void checked(const Status& status);
  void addToRegistry();
  void removeFromRegistry();

  EventLoop& loop_;
  Registry& registry_;
  const AppOptions options_;
  ServiceInfo service_;
  std::unique_ptr<detail::Registrar> registrar_;  // null: not registered
  bool removing_ = false;
  std::function<void()> stopped_;
  HttpClient client_;
  PendingCalls requests_;
  Timer next_;
  Call check_;
};

}  // namespace evmicro::gateway
