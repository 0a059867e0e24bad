#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::test {

/// A registry that is only followed, and says what the test wants when the test wants it. tell() is
/// to be called from main, not from a callback: followers run inside it.
class FollowedRegistry final : public Registry {
 public:
  std::string_view name() const override { return "followed"; }
  std::string address() const override { return {}; }
  Call registerService(const ServiceInfo&, RegisterOptions, Done) override { return {}; }
  Call renew(const ServiceInfo&, Done) override { return {}; }
  Call deregister(const ServiceInfo&, Done) override { return {}; }
  Call getService(std::string_view, Found) override { return {}; }
  Call listServices(Listed) override { return {}; }

  Subscription follow(std::string_view name, Changed changed) override {
    ++follows;
    return add(std::string(name), std::move(changed));
  }
  Subscription followNames(NamesChanged changed) override {
    auto follower = std::make_shared<NamesChanged>(std::move(changed));
    names_.push_back(follower);
    return Subscription(std::move(follower));
  }

  /// Tells the followers of `name`, one after the other.
  void tell(const std::string& name, const Result<std::vector<ServiceInfo>>& news) {
    for (const auto& follower : std::vector(followers_[name])) {
      if (const auto changed = follower.lock()) (*changed)(news);
    }
  }
  void tellNames(const Result<std::vector<std::string>>& news) {
    for (const auto& follower : std::vector(names_)) {
      if (const auto changed = follower.lock()) (*changed)(news);
    }
  }
  int followers(const std::string& name) {
    int count = 0;
    for (const auto& follower : followers_[name]) count += follower.expired() ? 0 : 1;
    return count;
  }

  int follows = 0;  ///< calls of follow()

 private:
  Subscription add(const std::string& name, Changed changed) {
    auto follower = std::make_shared<Changed>(std::move(changed));
    followers_[name].push_back(follower);
    return Subscription(std::move(follower));
  }

  std::map<std::string, std::vector<std::weak_ptr<Changed>>> followers_;
  std::vector<std::weak_ptr<NamesChanged>> names_;
};

/// `version` of `service` with a node for each id, at 127.0.0.1, ports from 9001 on.
inline ServiceInfo versionWith(const std::string& service, const std::string& version,
                               const std::vector<std::string>& ids) {
  ServiceInfo info;
  info.name = service;
  info.version = version;
  for (const std::string& id : ids) {
    const auto port = static_cast<std::uint16_t>(9001 + info.nodes.size());
    info.nodes.push_back({id, "127.0.0.1", port, {}});
  }
  return info;
}

}  // namespace evmicro::test
