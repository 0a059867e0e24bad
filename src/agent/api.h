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

#include "agent/filter.h"
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
  std::string accept;    ///< the header
  std::string body;

  /// Parses a request target. Returns the answer to a malformed one.
  std::optional<ApiReply> setTarget(std::string_view rawPath, std::string_view search);
};

/// A blocking query that has no answer yet: evaluate it again when `topic` changes, and at the
/// latest after `wait`.
struct ApiHold {
  std::string topic;
  std::chrono::nanoseconds wait{0};
};

/// A plain-text reply, like Consul's errors.
ApiReply textReply(int status, std::string text);

/// Go's strconv.ParseBool; nullopt if it is neither.
std::optional<bool> parseGoBool(std::string_view text);

/// Consul's HTTP API on a store: executes requests and makes the replies. Independent of
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
  /// The answer of a reading endpoint: the topic and index of its changes, and a function that
  /// writes it. Refers to the Args that it was made from.
  struct View {
    std::string topic;
    std::uint64_t index;
    std::function<void(Renderer&)> write;
  };
  struct Args {
    const ApiRequest& request;
    std::string name;  // the rest of the path after the endpoint's
    AgentStore::TimePoint now;
    const Filter* filter;  // null: no entry is left out
  };
  using Outcome = std::variant<ApiReply, View>;
  using Handler = Outcome (AgentApi::*)(const Args& args);
  /// Entries that `filter=` chooses from.
  enum class Entries { kNone, kAgentServices, kChecks, kNodes, kServices, kCatalog, kHealth };
  struct Endpoint {
    std::string_view path;  // one that ends with '/' takes a name
    std::string_view method;
    Handler handler;
    Entries entries = Entries::kNone;
  };
  static const std::vector<Endpoint>& endpoints();
  static const Endpoint* find(std::string_view path);
  /// Go's redirect for a path that is not clean (`//`, `.`, `..`), so that a client learns that a
  /// name in its path was lost.
  static std::optional<ApiReply> redirection(const ApiRequest& request);

  /// The `filter=` of `request`, if it has one that the endpoint heeds.
  Result<std::optional<Filter>> filterOf(const ApiRequest& request, Entries entries) const;
  /// One entry with everything that an expression may name.
  std::string sampleOf(Entries entries) const;
  Answer answer(const Args& args, const View& view, Wait wait);
  std::chrono::nanoseconds withJitter(std::chrono::nanoseconds wait);
  ApiReply render(const Args& args, const std::function<void(Renderer&)>& write) const;

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
  Outcome catalogNodeServices(const Args& args);
  View nodeView(const Args& args, void (Renderer::*known)(), void (Renderer::*unknown)()) const;
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
