#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/timer.h>

#include "agent/api.h"
#include "agent/held_queries.h"
#include "agent/store.h"
#include "http/server.h"

namespace evmicro::detail {

struct AgentOptions {
  std::string nodeName;  ///< empty: the host's name
  std::string datacenter = "dc1";
  std::size_t maxBodyBytes = 1U << 20;
  std::size_t maxHeldQueries = 10'000;
  /// Consul does not deregister a critical service before this time, whatever the registration
  /// requests.
  std::chrono::nanoseconds minDeregisterAfter = std::chrono::minutes(1);
  /// Index of the first change. 0: the milliseconds since 1970, so that a restarted agent continues
  /// above the indexes that watchers hold from before, and answers them immediately.
  std::uint64_t firstIndex = 0;
  /// Its certificate; null: no TLS.
  std::shared_ptr<const TlsOptions> tls;
};

/// A registry for development and tests: a single node, in memory, with the part of Consul's HTTP
/// API that services use. Unlike Consul it has no cluster, no persistence and no access control.
class Agent final : private HttpServer::Observer {
 public:
  using OnFailure = std::function<void(Status)>;

  /// Listens on `address` (`host:port`, port 0 for any) and serves. `loop` must outlive it.
  /// `onFailure` runs if accepting fails permanently; it may destroy the agent.
  static Result<std::unique_ptr<Agent>> open(EventLoop& loop, std::string_view address,
                                             AgentOptions options = {}, OnFailure onFailure = {});
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  /// Closes all connections; held queries end without an answer.
  ~Agent();

  /// `host:port` as bound.
  const std::string& address() const noexcept { return server_->address(); }
  std::size_t heldQueries() const noexcept { return held_.size(); }

 private:
  Agent(EventLoop& loop, const AgentOptions& options, OnFailure onFailure);

  void onRequest(HttpExchange exchange) override;
  void onServerFailure(Status why) override;
  void expire();
  void settle();

  const OnFailure onFailure_;
  AgentNode node_;
  AgentStore store_;
  AgentApi api_;
  HeldQueries held_;
  std::unique_ptr<HttpServer> server_;  // destroyed before the exchanges, which may outlive it
  Timer expiry_;
};

}  // namespace evmicro::detail
