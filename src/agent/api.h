#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/render.h"
#include "agent/store.h"
#include "http/url.h"

namespace evmicro::detail {

struct ApiReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct ApiRequest {
  std::string method;
  std::string path;  ///< decoded
  UrlQuery query;
  std::string rawQuery;  ///< as it was sent
  std::string body;

  /// Takes a request target apart. A malformed one is answered with what this returns.
  std::optional<ApiReply> setTarget(std::string_view rawPath, std::string_view search);
};

/// A blocking query that has no answer yet: ask again when `topic` changes, and at the latest
/// after `wait`.
struct ApiHold {
  std::string topic;
  std::chrono::nanoseconds wait{0};
};

/// A plain text, as consul's errors are.
ApiReply textReply(int status, std::string text);

/// Go's strconv.ParseBool: nothing when it is neither.
std::optional<bool> parseGoBool(std::string_view text);

/// Consul's HTTP API on a store: what each request does and what is answered. Knows nothing of
/// connections and timers.
class AgentApi {
 public:
  using Answer = std::variant<ApiReply, ApiHold>;
  enum class Wait { kAllowed, kOver };

  /// Both must outlive it.
  AgentApi(AgentStore& store, const AgentNode& node);

  /// With Wait::kOver the answer is always an ApiReply.
  Answer handle(const ApiRequest& request, Wait wait, AgentStore::TimePoint now);

 private:
  /// What a reading endpoint of the catalog says: when it changes, and how to write it. Refers to
  /// the Args that it was made from.
  struct View {
    std::string topic;
    std::uint64_t index;
    std::function<void(Renderer&)> write;
  };
  struct Args {
    const ApiRequest& request;
    std::string name;  // what follows the endpoint's path
    AgentStore::TimePoint now;
  };
  using Outcome = std::variant<ApiReply, View>;
  using Handler = Outcome (AgentApi::*)(const Args& args);
  struct Endpoint {
    std::string_view path;  // one that ends with '/' takes a name
    std::string_view method;
    Handler handler;
  };
  static const std::vector<Endpoint>& endpoints();
  static const Endpoint* find(std::string_view path);
  /// As Go's HTTP server answers a path that is not clean (`//`, `.`, `..`): whoever put a name
  /// into a path must hear that it was lost.
  static std::optional<ApiReply> redirection(const ApiRequest& request);

  Answer answer(const ApiRequest& request, const View& view, Wait wait);
  std::chrono::nanoseconds withJitter(std::chrono::nanoseconds wait);
  ApiReply render(const ApiRequest& request, const std::function<void(Renderer&)>& write) const;

  Outcome agentSelf(const Args& args);
  Outcome agentMembers(const Args& args);
  Outcome agentServices(const Args& args);
  Outcome agentService(const Args& args);
  Outcome agentChecks(const Args& args);
  Outcome registerService(const Args& args);
  Outcome deregisterService(const Args& args);
  Outcome registerCheck(const Args& args);
  Outcome deregisterCheck(const Args& args);
  Outcome passCheck(const Args& args);
  Outcome warnCheck(const Args& args);
  Outcome failCheck(const Args& args);
  Outcome updateCheck(const Args& args);
  Outcome setCheck(const std::string& id, Health health, const std::string& output,
                   AgentStore::TimePoint now);
  Outcome localHealthById(const Args& args);
  Outcome localHealthByName(const Args& args);
  Outcome serviceMaintenance(const Args& args);
  Outcome nodeMaintenance(const Args& args);
  Outcome setMaintenance(const Args& args, CheckDefinition check, std::string_view what);
  Outcome catalogDatacenters(const Args& args);
  Outcome catalogServices(const Args& args);
  Outcome catalogService(const Args& args);
  Outcome catalogNodes(const Args& args);
  Outcome catalogNode(const Args& args);
  Outcome healthService(const Args& args);
  Outcome healthChecks(const Args& args);
  Outcome healthNode(const Args& args);
  Outcome healthState(const Args& args);
  Outcome statusLeader(const Args& args);
  Outcome statusPeers(const Args& args);

  AgentStore& store_;
  const AgentNode& node_;
  std::minstd_rand random_;
};

}  // namespace evmicro::detail
