#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/registry.h>

namespace evmicro::gateway {

/// The services whose names begin with a namespace, with their endpoints; followed in the registry.
class Catalogue {
 public:
  /// `registry` must outlive it. `changed` runs, from the loop, whenever something has changed.
  Catalogue(Registry& registry, std::string nameSpace, std::function<void()> changed = {});
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;
  ~Catalogue() = default;

  /// What is known now, by name. While the registry does not answer: the last known state.
  std::vector<ServiceInfo> services() const;

 private:
  struct Followed {
    std::vector<ServiceInfo> versions;
    Subscription token;
  };
  void namesChanged(const std::vector<std::string>& names);
  void follow(const std::string& name);

  Registry& registry_;
  const std::string prefix_;
  const std::function<void()> changed_;
  std::map<std::string, Followed> services_;
  Subscription names_;
};

}  // namespace evmicro::gateway
