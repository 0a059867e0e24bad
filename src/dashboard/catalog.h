#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include <evmicro/registry.h>

namespace evmicro::dashboard {

/// All services of the registry, kept current.
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
  void changed(const Result<ServiceEvent>& event);
  void touch();

  const std::function<void()> onChange_;
  Services services_;
  std::uint64_t revision_ = 0;
  Status outage_;
  Subscription names_;  // reports recovery, which a watch does not
  Subscription watch_;
};

/// Whether `service` only stands for a topic: the http broker registers its subscribers so.
bool isTopic(std::string_view service);

}  // namespace evmicro::dashboard
