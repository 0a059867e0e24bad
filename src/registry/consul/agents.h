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
  /// Ask this agent and no other. Otherwise all are tried in turn.
  std::optional<std::size_t> agent;
  /// A blocking query: the agent may hold it for so long. Such requests have connections of their
  /// own, so that others need not wait behind them.
  std::chrono::milliseconds held{0};
};

/// How a request went.
struct ConsulReply {
  /// ok() when the answer was a 200. Otherwise tells of every agent that was tried; an answer with
  /// 4xx keeps its code, except 404, which is kInternal as all others are.
  Status status;
  int http = 0;  ///< the answer's status, 0 when there was none
  std::string body;
  std::size_t agent = 0;  ///< the one asked last
  /// X-Consul-Index: what a blocking query carries to wait for the next change; 0: none.
  std::uint64_t index = 0;
};

/// Several consul agents, of which one at a time is used: the one that answered last, and when that
/// fails (no connection, none kept to the end of the reply, no reply in time, a 5xx) the next one
/// in order.
class ConsulAgents {
 public:
  struct Options {
    std::vector<std::string> addresses;  ///< not empty; a malformed one is reported by send()
    std::chrono::milliseconds timeout{5'000};
    std::string token;
    TlsOptions tls;
    std::vector<std::string> headers;  ///< of every request: whole lines
    Status problem;                    ///< not ok(): what every request is answered with
  };
  using Done = std::function<void(ConsulReply)>;

  /// `onSwitch` runs when another agent is in use from now on; it must not destroy this object.
  ConsulAgents(EventLoop& loop, Options options, std::function<void()> onSwitch = {});
  ConsulAgents(const ConsulAgents&) = delete;
  ConsulAgents& operator=(const ConsulAgents&) = delete;

  /// `done` runs in a later turn and may destroy this object.
  Call send(ConsulRequest request, Done done);

  /// `agent` has failed somebody who relies on it: another one is asked first from now on.
  void avoid(std::size_t agent);

  /// `host:port` of the agent in use.
  const std::string& address() const noexcept { return address(inUse_); }
  const std::string& address(std::size_t agent) const noexcept;
  std::size_t inUse() const noexcept { return inUse_; }
  std::size_t count() const noexcept { return options_.addresses.size(); }
  /// For one request.
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
  Status problem_;  // of the options: what every request is answered with
  std::size_t inUse_ = 0;
  std::function<void()> onSwitch_;
  HttpClient http_;
  HttpClient heldHttp_;  // for what is held
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
