#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evmicro::detail {

/// The health of a check.
enum class Health { kPassing, kWarning, kCritical };
std::string_view healthText(Health health) noexcept;
std::optional<Health> parseHealth(std::string_view text) noexcept;

/// Lowers ASCII letters, as Consul's catalog does to compare names.
std::string foldCase(std::string_view text);
/// Sorts as Consul's catalog does: case-insensitively, then by bytes.
struct FoldedLess {
  bool operator()(const std::string& a, const std::string& b) const noexcept;
};

struct TaggedAddress {
  std::string address;
  std::int64_t port = 0;
  bool operator==(const TaggedAddress& other) const;
};

/// One instance of a service, as it is registered.
struct ServiceInstance {
  std::string id;
  std::string name;
  std::vector<std::string> tags;
  std::map<std::string, std::string> meta;
  std::string address;  ///< empty: the node's
  std::int64_t port = 0;
  std::map<std::string, TaggedAddress> taggedAddresses;
  std::int64_t passingWeight = 1;
  std::int64_t warningWeight = 1;
  bool enableTagOverride = false;
  bool operator==(const ServiceInstance& other) const;
};

/// A check, as it is registered.
struct CheckDefinition {
  std::string id;
  std::string type = "ttl";  ///< checks of other types are not run and keep their state
  std::string name;
  std::string notes;
  std::string serviceId;  ///< empty: a check of the node
  Health health = Health::kCritical;
  std::chrono::nanoseconds ttl{0};
  std::chrono::nanoseconds deregisterAfter{0};  ///< time in critical state; 0: never
};

/// The origin of an entry: registered here, or built into every Consul.
enum class Origin { kLocal, kBuiltIn };

struct StoredService : ServiceInstance {
  Origin origin = Origin::kLocal;
  std::uint64_t createIndex = 0;
  std::uint64_t modifyIndex = 0;
};

struct StoredCheck : CheckDefinition {
  using TimePoint = std::chrono::steady_clock::time_point;

  std::string serviceName;
  std::vector<std::string> serviceTags;
  std::string output;           ///< the newest text: the agent's view
  std::string publishedOutput;  ///< the catalog's view
  std::string lastReport;       ///< what the TTL expiry quotes
  bool critical = false;        ///< reported critical; a check just registered is not
  Origin origin = Origin::kLocal;
  std::uint64_t createIndex = 0;
  std::uint64_t modifyIndex = 0;
  std::array<std::optional<TimePoint>, 3> deadlines;  ///< by AgentStore::Due
};

}  // namespace evmicro::detail
