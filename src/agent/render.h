#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/filter.h"
#include "agent/store.h"
#include "json/writer.h"

namespace evmicro::detail {

/// The node of the agent.
struct AgentNode {
  std::string id;  ///< a UUID
  std::string name;
  std::string address;
  std::string datacenter;
};

/// Writes the entries of a store in the JSON of Consul's API.
class Renderer {
 public:
  /// Of lists and maps only the entries are written that `filter` wants, if there is one.
  Renderer(const AgentStore& store, const AgentNode& node, JsonWriter& out,
           const Filter* filter = nullptr)
      : store_(store), node_(node), out_(out), filter_(filter) {}

  /// /v1/agent/...: maps by id of the local registrations.
  void agentServices();
  void agentService(const StoredService& service);
  void agentChecks();
  void agentSelf();
  void agentMembers();

  /// /v1/agent/health/...: one service, or null, with the aggregated health of `checks`.
  void localHealth(const StoredService* service, std::string_view aggregated,
                   const std::vector<const StoredCheck*>& checks);

  template <typename Items, typename Write>
  void list(const Items& items, Write write) {
    out_.beginArray();
    for (const auto& item : items) write(item);
    out_.endArray();
  }
  void text(std::string_view text) { out_.string(text); }

  /// /v1/catalog/...
  void catalogDatacenters();
  void catalogServices();
  void catalogNodes();
  void catalogService(const std::vector<const StoredService*>& instances);
  void catalogNode();
  void catalogNodeServices();
  /// The services of the node, as a list.
  void services();

  /// `{}`; `null` for a node that does not exist, and its services as a list
  void nothing();
  void noNode();
  void noNodeServices();

  /// /v1/health/...
  void healthService(const std::vector<const StoredService*>& instances);
  void healthChecks(const std::vector<const StoredCheck*>& checks);

  /// /v1/status/...
  void leader();
  void peers();

 private:
  enum class View { kAgent, kCatalog };

  /// Whether the filter wants what `write` writes.
  template <typename Write>
  bool wants(Write write) const;
  void healthEntry(const StoredService& service);
  void catalogEntry(const StoredService& service);
  std::map<std::string_view, const StoredService*> servicesById() const;
  void agentServiceMembers(const StoredService& service);
  void check(const StoredCheck& check, View view);
  void localCheck(const StoredCheck& check);
  void nodeObject();
  void serviceObject(const StoredService& service);
  void memberObject();
  void nodeAddresses();
  void serviceAddresses(std::string_view key, const StoredService& service);
  void weights(std::string_view key, const StoredService& service);
  void tags(std::string_view key, const std::vector<std::string>& tags);
  void meta(std::string_view key, const std::map<std::string, std::string>& meta);
  void proxyAndConnect(std::string_view proxyKey, std::string_view connectKey);

  const AgentStore& store_;
  const AgentNode& node_;
  JsonWriter& out_;
  const Filter* const filter_;
};

}  // namespace evmicro::detail
