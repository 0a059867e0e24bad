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

/// Empty fields are taken from Consul's environment variables.
struct ConsulOptions {
  /// Agents, `host:port`, `http(s)://host:port` or `unix:///path`, tried in order. Empty:
  /// CONSUL_HTTP_ADDR, else 127.0.0.1:8500.
  std::vector<std::string> addresses;
  /// Timeout of one request to the agent.
  std::chrono::milliseconds timeout{5'000};
  /// ACL token. Empty: CONSUL_HTTP_TOKEN.
  std::string token;
  /// How long an agent may hold a blocking query. It only affects how soon an agent that has
  /// vanished is noticed.
  std::chrono::milliseconds watchWait{60'000};
  /// For addresses that begin with https://. Empty fields: CONSUL_CACERT, CONSUL_CAPATH,
  /// CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY, CONSUL_TLS_SERVER_NAME; CONSUL_HTTP_SSL_VERIFY=false
  /// disables verification. With CONSUL_HTTP_SSL=true, an address without a scheme is https://.
  TlsOptions tls{};
};

/// Registry in Consul, through its agents' HTTP API (/v1/agent, /v1/health, /v1/catalog). Service
/// data is stored in tags as by go-micro: `t=`, `e=`, `v=` and JSON. The registration's TTL is a
/// Consul TTL check. Each followed service needs one blocking query, over 32 connections at most;
/// if more are followed, they share the connections in turns of a few seconds. `loop` must outlive
/// it.
EVMICRO_EXPORT std::unique_ptr<Registry> makeConsulRegistry(EventLoop& loop,
                                                            ConsulOptions options = {});

}  // namespace evmicro
