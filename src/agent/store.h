#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "agent/catalog.h"

namespace evmicro::detail {

/// The topics of a store, whose changes blocking queries wait for.
namespace topic {
inline constexpr char kNodes[] = "nodes";
inline constexpr char kServices[] = "services";   ///< any instance of any service
inline constexpr char kChecks[] = "checks";       ///< any check
std::string instances(std::string_view service);  ///< instances of one service
std::string health(std::string_view service);     ///< its instances, or checks that affect them
std::string checks(std::string_view service);     ///< checks of one service
}  // namespace topic

/// The services and checks of one node, with the change counters for Consul's blocking queries.
/// Data only: the caller passes the time, and asks for the changes.
///
/// As in Consul there are two views: the agent's (only `local` entries, with the newest output
/// texts) and the catalog's, where a change of only the text is published late, so that it does not
/// wake watchers.
class AgentStore {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Options {
    std::uint64_t firstIndex = 1;
    std::chrono::nanoseconds minDeregisterAfter = std::chrono::minutes(1);
    std::chrono::nanoseconds publishOutputAfter = std::chrono::minutes(5);
  };
  enum class OtherChecks { kKeep, kRemove };
  using Services = std::map<std::string, StoredService, FoldedLess>;
  using Checks = std::map<std::string, StoredCheck, FoldedLess>;

  /// Starts with the built-in entries: the service `consul` and the node check `serfHealth`.
  explicit AgentStore(Options options);

  /// Adds or replaces the instance with `service.id`, and its `checks`. An existing check keeps its
  /// health and text, whatever its definition says, and its TTL starts again.
  void registerService(const ServiceInstance& service, const std::vector<CheckDefinition>& checks,
                       OtherChecks others, TimePoint now);
  /// No effect if there is no such instance.
  void deregisterService(const std::string& id);
  /// @pre `check.serviceId` is empty (a check of the node) or an instance's id
  void registerCheck(const CheckDefinition& check, TimePoint now);
  /// No effect if there is no such check.
  void deregisterCheck(const std::string& id);
  /// Sets a check's health and restarts its TTL. False: there is no such check.
  bool updateCheck(const std::string& id, Health health, std::string_view output, TimePoint now);

  /// When to call expire() next.
  std::optional<TimePoint> nextDeadline() const;
  /// Makes checks critical whose TTL has passed, deregisters services that have been critical for
  /// too long, and publishes texts.
  void expire(TimePoint now);

  const Services& services() const noexcept { return services_; }
  const Checks& checks() const noexcept { return checks_; }
  const StoredService* findService(const std::string& id) const;
  /// Instances of `name` (case-insensitive), sorted by id.
  std::vector<const StoredService*> instancesOf(std::string_view name) const;
  /// Checks of an instance, or of the node ("").
  std::vector<const StoredCheck*> checksOf(const std::string& serviceId) const;
  /// Whether every check of the instance and of the node passes.
  bool passing(const StoredService& service) const;

  std::uint64_t nodesIndex() const noexcept { return nodesIndex_; }
  std::uint64_t servicesIndex() const noexcept { return servicesIndex_; }
  std::uint64_t checksIndex() const noexcept { return checksIndex_; }
  /// The index of one service's instances and health. For a service without instances: the index at
  /// which a service last lost its last instance, or else the highest index.
  enum class Including { kInstances, kChecks };
  std::uint64_t serviceIndex(std::string_view name, Including what) const;

  /// The topics that have changed since the last call.
  std::set<std::string> takeChanges();

 private:
  class Write;
  enum class Due { kTtl, kDeregister, kPublish };
  using Deadline = std::tuple<TimePoint, Due, std::string>;

  void addBuiltIns();
  void putService(Write& write, const ServiceInstance& service);
  void putCheck(Write& write, const CheckDefinition& definition, TimePoint now);
  bool inherit(Write& write, StoredCheck& old, StoredCheck& fresh);
  void removeService(Write& write, Services::iterator service);
  void removeCheck(Write& write, Checks::iterator check);
  void forgetName(Write& write, const std::string& name, const std::string& id);
  void setHealth(StoredCheck& check, Health health, std::string output, TimePoint now);
  void publish(StoredCheck& check);
  void noteServiceChange(Write& write, std::string_view name);
  void noteCheckChange(Write& write, const StoredCheck& check);
  void noteHealthChange(Write& write, const std::string& foldedName);
  void schedule(StoredCheck& check, Due due, std::optional<TimePoint> when);
  void dropDeadlines(StoredCheck& check);
  void runDue(Due due, const std::string& checkId, TimePoint now);

  const Options options_;
  std::uint64_t index_;
  std::uint64_t nodesIndex_ = 0;
  std::uint64_t servicesIndex_ = 0;
  std::uint64_t checksIndex_ = 0;
  std::uint64_t extinctionIndex_ = 0;  // 0: no service has ever lost its last instance
  Services services_;
  Checks checks_;
  std::map<std::string, std::set<std::string, FoldedLess>> idsByName_;  // folded name
  std::map<std::string, std::set<std::string, FoldedLess>> checksByService_;
  std::map<std::string, std::uint64_t> indexByName_;  // folded name
  std::set<Deadline> deadlines_;
  std::set<std::string> changes_;
};

}  // namespace evmicro::detail
