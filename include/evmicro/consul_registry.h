#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/export.h>
#include <evmicro/registry.h>
#include <evmicro/tls.h>

namespace evmicro {

class EventLoop;

/// What is empty is taken from the environment, as Consul's own tools do.
struct ConsulOptions {
  /// Agents, `host:port` or `http(s)://host:port`, tried in order. Empty: CONSUL_HTTP_ADDR, else
  /// 127.0.0.1:8500.
  std::vector<std::string> addresses;
  /// For one request to the agent.
  std::chrono::milliseconds timeout{5'000};
  /// ACL token. Empty: CONSUL_HTTP_TOKEN.
  std::string token;
  /// How long an agent may hold a query that waits for a change. Only the time in which a vanished
  /// agent is noticed depends on it.
  std::chrono::milliseconds watchWait{60'000};
  /// For addresses that begin with https://. Empty fields: CONSUL_CACERT, CONSUL_CAPATH,
  /// CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY, CONSUL_TLS_SERVER_NAME; CONSUL_HTTP_SSL_VERIFY=false
  /// ends the verification. CONSUL_HTTP_SSL=true makes addresses without a scheme https://.
  TlsOptions tls{};
};

/// Registry kept by consul agents, over their HTTP API (/v1/agent, /v1/health, /v1/catalog).
/// Service data is kept in tags as go-micro does: `t=`, `e=`, `v=` and JSON. A consul TTL check
/// carries the registration's TTL. What is followed costs one held query each, over 32 connections
/// at most; when more is followed they take turns of a few seconds. `loop` must outlive it.
EVMICRO_EXPORT std::unique_ptr<Registry> makeConsulRegistry(EventLoop& loop,
                                                            ConsulOptions options = {});

}  // namespace evmicro
