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

/// ASCII letters in lower case: consul's catalog compares names so.
std::string foldCase(std::string_view text);
/// Sorts as consul's catalog does: without regard to case, equal ones by their bytes.
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
  std::string type = "ttl";  ///< one of any other type is not run, and stays as it is
  std::string name;
  std::string notes;
  std::string serviceId;  ///< empty: a check of the node
  Health health = Health::kCritical;
  std::chrono::nanoseconds ttl{0};
  std::chrono::nanoseconds deregisterAfter{0};  ///< of being critical; 0: never
};

/// Where an entry came from: registered here, or part of every consul.
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
  std::string output;           ///< newest text: the agent's view
  std::string publishedOutput;  ///< the catalog's view
  std::string lastReport;       ///< what the TTL expiry quotes
  bool critical = false;        ///< reported critical; a check just registered is not
  Origin origin = Origin::kLocal;
  std::uint64_t createIndex = 0;
  std::uint64_t modifyIndex = 0;
  std::array<std::optional<TimePoint>, 3> deadlines;  ///< by AgentStore::Due
};

}  // namespace evmicro::detail
