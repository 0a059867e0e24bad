#pragma once

#include <list>
#include <string>

#include <evmicro/server.h>

#include "server/grpc_health.pb.h"
#include "server/method_table.h"

namespace evmicro::detail {

/// gRPC's health service: a server's services are SERVING until it stops, while the program is
/// well. They are known by their names with and without the package, all of them together by the
/// empty name.
class GrpcHealth {
 public:
  /// `methods` must outlive it.
  explicit GrpcHealth(const MethodTable& methods) : methods_(methods) {}
  GrpcHealth(const GrpcHealth&) = delete;
  GrpcHealth& operator=(const GrpcHealth&) = delete;

  /// Adds Check and Watch. Must live as long as `server` serves.
  void addTo(Server& server);
  /// All are SERVING, or NOT_SERVING, as those who watch learn.
  void setServing(bool serving);
  /// Ends the streams of those who watch.
  void end();

 private:
  using Request = grpc_health::HealthCheckRequest;
  using Response = grpc_health::HealthCheckResponse;
  using Watching = ServerStream<Request, Response>;
  struct Watcher {
    Watching stream;
    bool known;
    Subscription gone;
  };

  bool knows(const std::string& service) const;
  Response::ServingStatus status(bool known) const;
  Status check(const Request& request, Response& response) const;
  void watch(const Context& context, const Request& request, Watching stream);

  const MethodTable& methods_;
  bool serving_ = true;
  std::list<Watcher> watchers_;
};

}  // namespace evmicro::detail
