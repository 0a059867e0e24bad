#pragma once

#include <functional>
#include <memory>
#include <string>

#include <evmicro/export.h>
#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro {

class Service;

/// A WebServer that is registered as a node of a service, for gateways and dashboards to forward
/// requests to: with `server=http` in the node's metadata, and one endpoint for each pattern.
///
/// Name, version, id, metadata, address, limits, TLS, TTL and times of stopping are those of the
/// Service's options, so all flags apply. The Service's own server is not used; its client may be.
class EVMICRO_EXPORT WebService {
 public:
  /// `service` must outlive it. Of `web`, the address and the limits, TLS included, are replaced.
  explicit WebService(Service& service, WebServerOptions web = {});
  WebService(const WebService&) = delete;
  WebService& operator=(const WebService&) = delete;
  /// Closes everything immediately; the registration stays until its TTL expires.
  ~WebService();

  /// See WebServer::handle().
  /// @pre not started
  void handle(std::string method, std::string pattern, WebServer::Handler handler);

  /// `onStop` runs once, when stop() begins. End endless replies in it, such as server-sent events:
  /// stop() would wait for them for the whole drain time.
  void onStop(std::function<void()> onStop);

  /// Listens, and registers in the background.
  Status start();
  /// Deregisters, keeps serving for the grace period, and stops when every request has been
  /// answered or the drain time has passed. `stopped` runs once, in a later turn. @pre started
  void stop(std::function<void()> stopped);
  /// Starts, turns the loop until SIGINT or SIGTERM, and stops. Returns the exit code for main(): 0
  /// after an orderly stop, 1 after a failure, which has been written to stderr. @pre the service
  /// owns its loop
  int run();

  /// Where it listens, `127.0.0.1:8080`; empty before start().
  std::string address() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro
