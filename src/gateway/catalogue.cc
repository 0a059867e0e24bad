#include "gateway/catalogue.h"

#include <utility>

namespace evmicro::gateway {

Catalogue::Catalogue(Registry& registry, std::string nameSpace, std::function<void()> changed)
    : registry_(registry), prefix_(std::move(nameSpace) + "."), changed_(std::move(changed)) {
  names_ = registry_.followNames([this](const Result<std::vector<std::string>>& names) {
    if (names.ok()) namesChanged(*names);
  });
}

void Catalogue::namesChanged(const std::vector<std::string>& names) {
  std::map<std::string, Followed> before;
  before.swap(services_);
  for (const std::string& name : names) {
    if (name.compare(0, prefix_.size(), prefix_) != 0) continue;
    if (auto known = before.extract(name)) {
      services_.insert(std::move(known));
    } else {
      follow(name);
    }
  }
  if (!before.empty() && changed_) changed_();
}

void Catalogue::follow(const std::string& name) {
  services_[name].token =
      registry_.follow(name, [this, name](const Result<std::vector<ServiceInfo>>& versions) {
        if (!versions.ok()) return;
        services_[name].versions = *versions;
        if (changed_) changed_();
      });
}

std::vector<ServiceInfo> Catalogue::services() const {
  std::vector<ServiceInfo> all;
  for (const auto& [name, followed] : services_) {
    all.insert(all.end(), followed.versions.begin(), followed.versions.end());
  }
  return all;
}

}  // namespace evmicro::gateway
