#include "agent/agent.h"

#include <array>
#include <utility>
#include <variant>

#include <unistd.h>

#include "base/log.h"
#include "base/uuid.h"
#include "net/host_port.h"

namespace evmicro::detail {

namespace {

std::string hostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "evmicro";
  return name.data();
}

// The host of a bound address, for other programs on this machine.
std::string reachableHost(std::string_view address) {
  const auto parts = splitHostPort(address);
  const std::string host(parts.ok() ? parts->host : std::string_view());
  return host.empty() || host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host;
}

AgentStore::Options storeOptions(const AgentOptions& options) {
  const auto sinceEpoch = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  AgentStore::Options store;
  store.firstIndex =
      options.firstIndex != 0 ? options.firstIndex : static_cast<std::uint64_t>(sinceEpoch.count());
  store.minDeregisterAfter = options.minDeregisterAfter;
  return store;
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::open(EventLoop& loop, std::string_view address,
                                           AgentOptions options, OnFailure onFailure) {
  std::unique_ptr<Agent> agent(new Agent(loop, options, std::move(onFailure)));
  HttpServerOptions http;
  http.maxBodyBytes = options.maxBodyBytes;
  http.tls = options.tls;
  Result<std::unique_ptr<HttpServer>> server = HttpServer::open(loop, address, http, *agent);
  if (!server.ok()) return std::move(server).status().withContext("agent");
  agent->server_ = std::move(*server);
  agent->node_.address = reachableHost(agent->server_->address());
  return agent;
}

Agent::Agent(EventLoop& loop, const AgentOptions& options, OnFailure onFailure)
    : onFailure_(std::move(onFailure)),
      node_{makeUuid(),
            options.nodeName.empty() ? hostName() : options.nodeName,
            {},
            options.datacenter},
      store_(storeOptions(options)),
      api_(store_, node_),
      held_(loop, api_, options.maxHeldQueries),
      expiry_(loop, [this] { expire(); }) {}

Agent::~Agent() = default;

void Agent::onRequest(HttpExchange exchange) {
  store_.expire(EventLoop::now());  // the timer may be late on a busy loop
  ApiRequest request;
  request.method = exchange.method();
  if (const auto refusal = request.setTarget(exchange.path(), exchange.query())) {
    exchange.reply(refusal->status, refusal->headers, refusal->body);
    return settle();
  }
  request.accept = exchange.message().headers.get("Accept").value_or("");
  request.body = exchange.message().body.toString();
  const AgentApi::Answer answer = api_.handle(request, AgentApi::Wait::kAllowed, EventLoop::now());
  if (const auto* hold = std::get_if<ApiHold>(&answer)) {
    EVMICRO_LOG_DEBUG("agent", request.method << " " << request.path << ": held");
    held_.hold(std::move(request), *hold, std::move(exchange));
  } else {
    const auto& reply = std::get<ApiReply>(answer);
    EVMICRO_LOG_DEBUG("agent", request.method << " " << request.path << ": " << reply.status);
    exchange.reply(reply.status, reply.headers, reply.body);
  }
  settle();
}

void Agent::onServerFailure(Status why) {
  if (!onFailure_) {
    EVMICRO_LOG_ERROR("agent", "accepting failed: " << why.detail());
    return;
  }
  const OnFailure onFailure = onFailure_;  // keeps it alive if it destroys the agent
  onFailure(std::move(why).withContext("agent"));
}

void Agent::expire() {
  store_.expire(EventLoop::now());
  settle();
}

// Must be called after anything that may have changed the store.
void Agent::settle() {
  held_.wake(store_.takeChanges());
  if (const auto next = store_.nextDeadline()) {
    expiry_.start(*next - EventLoop::now());
  } else {
    expiry_.stop();
  }
}

}  // namespace evmicro::detail
