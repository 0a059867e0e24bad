#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/status.h>

#include "http/client.h"
#include "net/http_address.h"

namespace evmicro::detail {

struct ConsulRequest {
  std::string method = "GET";
  std::string path;  ///< percent-encoded, with its query
  std::string body;
  /// Use this agent only. Not set: all are tried in turn.
  std::optional<std::size_t> agent;
  /// A blocking query: the agent may hold it this long. Such requests use separate connections, so
  /// that other requests do not wait behind them.
  std::chrono::milliseconds held{0};
};

/// The outcome of a request.
struct ConsulReply {
  /// ok() if the answer was a 200. Otherwise names every agent that was tried. A 4xx keeps its
  /// code, except 404, which becomes kInternal like all others.
  Status status;
  int http = 0;  ///< the answer's status, 0 if there was none
  std::string body;
  std::size_t agent = 0;  ///< the last one used
  /// X-Consul-Index: passed to the next blocking query, which waits for a later change; 0: none.
  std::uint64_t index = 0;
};

/// Failover among several Consul agents: uses the one that answered last, and if that fails (cannot
/// be connected, breaks off, does not reply in time, or replies with a 5xx) the next one in order.
class ConsulAgents {
 public:
  struct Options {
    std::vector<std::string> addresses;  ///< not empty; a malformed one is reported by send()
    std::chrono::milliseconds timeout{5'000};
    std::string token;
    TlsOptions tls;
    std::vector<std::string> headers;  ///< of every request: complete lines
    Status problem;                    ///< if not ok(), every request fails with it
  };
  using Done = std::function<void(ConsulReply)>;

  /// `onSwitch` runs when another agent has come into use; it must not destroy this object.
  ConsulAgents(EventLoop& loop, Options options, std::function<void()> onSwitch = {});
  ConsulAgents(const ConsulAgents&) = delete;
  ConsulAgents& operator=(const ConsulAgents&) = delete;

  /// `done` runs in a later turn and may destroy this object.
  Call send(ConsulRequest request, Done done);

  /// `agent` has failed a registration: use another one first from now on.
  void avoid(std::size_t agent);

  /// `host:port` of the agent in use.
  const std::string& address() const noexcept { return address(inUse_); }
  const std::string& address(std::size_t agent) const noexcept;
  std::size_t inUse() const noexcept { return inUse_; }
  std::size_t count() const noexcept { return options_.addresses.size(); }
  /// The timeout of one request.
  std::chrono::milliseconds timeout() const noexcept { return options_.timeout; }

 private:
  struct Attempt;

  void use(std::size_t agent);
  void tryAgent(Attempt& attempt);
  void answered(Attempt& attempt, Result<HttpClientReply> reply);
  ConsulReply judge(const Attempt& attempt, Result<HttpClientReply> reply) const;
  HttpClientRequest httpRequest(const Attempt& attempt) const;

  EventLoop& loop_;
  const Options options_;
  std::vector<HttpAddress> agents_;
  Status problem_;  // of the options: every request fails with it
  std::size_t inUse_ = 0;
  std::function<void()> onSwitch_;
  HttpClient http_;
  HttpClient heldHttp_;  // for blocking queries
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
