#include "server/debug_methods.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include <evmicro/server.h>

#include "metrics/process_usage.h"
#include "server/debug.pb.h"

namespace evmicro::detail {

namespace {

void fill(const ServerStats& stats, StatsResponse& response) {
  const ProcessUsage usage = processUsage();
  const auto seconds = [](auto time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(time).count());
  };
  response.set_started(seconds(stats.started.time_since_epoch()));
  response.set_uptime(seconds(stats.uptime));
  response.set_memory(usage.residentBytes);
  response.set_threads(usage.threads);
  response.set_requests(stats.requests);
  response.set_errors(stats.errors);
  response.set_connections(stats.listener.connections);
  response.set_streams(stats.streams);
}

}  // namespace

void addDebugMethods(Server& server, std::function<Status()> health) {
  HandleOptions hidden;
  hidden.announce = HandleOptions::Announce::kNo;
  server.handle<HealthRequest, HealthResponse>(
      "Debug.Health",
      [health = std::move(health)](Context&, const HealthRequest&,
                                   HealthResponse& response) -> Status {
        const Status status = health();
        response.set_status(status.ok() ? "ok" : "not ok: " + status.detail());
        return {};
      },
      hidden);
  server.handle<StatsRequest, StatsResponse>(
      "Debug.Stats",
      [&server](Context&, const StatsRequest&, StatsResponse& response) -> Status {
        fill(server.stats(), response);
        return {};
      },
      hidden);
}

}  // namespace evmicro::detail
