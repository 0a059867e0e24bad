#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>

#include "gateway/pending_calls.h"

namespace evmicro::dashboard {

/// All services of the registry, kept current. A service whose nodes are not known yet, or that has
/// none, has no versions.
///
/// The registry's watch reports all services in time, but a thousand of them only within half a
/// minute, because it limits its requests to the registry; so each is also looked up at first.
class Catalog {
 public:
  using Versions = std::map<std::string, ServiceInfo>;            // by version
  using Services = std::map<std::string, Versions, std::less<>>;  // by name

  /// `onChange` runs after each change, also when the registry stops or resumes answering.
  Catalog(Registry& registry, std::function<void()> onChange);
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;
  ~Catalog() = default;

  const Services& services() const noexcept { return services_; }
  /// Null: unknown.
  const Versions* find(std::string_view name) const;
  /// Grows with each change.
  std::uint64_t revision() const noexcept { return revision_; }
  /// Why the registry does not answer; ok() while it does.
  const Status& outage() const noexcept { return outage_; }

 private:
  void namesChanged(const std::vector<std::string>& names);
  void lookUp();
  void changed(const Result<ServiceEvent>& event);
  void touch();

  Registry& registry_;
  const std::function<void()> onChange_;
  Services services_;
  std::uint64_t revision_ = 0;
  Status outage_;
  std::set<std::string, std::less<>> watched_;  // what the watch has reported
  std::deque<std::string> toLookUp_;
  std::size_t lookUps_ = 0;  // in progress
  gateway::PendingCalls pending_;
  Subscription names_;  // reports recovery, which a watch does not
  Subscription watch_;
};

/// Whether `service` only stands for a topic: the http broker registers its subscribers so.
bool isTopic(std::string_view service);

}  // namespace evmicro::dashboard
