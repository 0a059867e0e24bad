// Registry::watch(): turns the values from follow() into events.
#include <map>
#include <memory>
#include <utility>

#include <evmicro/lifetime.h>
#include <evmicro/registry.h>

namespace evmicro {

namespace {

using Versions = std::vector<ServiceInfo>;
using Names = std::vector<std::string>;
using What = ServiceEvent::What;

const ServiceInfo* find(const Versions& versions, const std::string& version) {
  for (const ServiceInfo& each : versions) {
    if (each.version == version) return &each;
  }
  return nullptr;
}

std::vector<ServiceEvent> difference(const Versions& before, const Versions& now) {
  std::vector<ServiceEvent> events;
  for (const ServiceInfo& version : before) {
    if (!find(now, version.version)) events.push_back({What::kDelete, version});
  }
  for (const ServiceInfo& version : now) {
    const ServiceInfo* const old = find(before, version.version);
    if (!old) {
      events.push_back({What::kCreate, version});
    } else if (!(*old == version)) {
      events.push_back({What::kUpdate, version});
    }
  }
  return events;
}

/// One watch, owned by its token.
class Watch {
 public:
  Watch(Registry& registry, Registry::OnEvent onEvent)
      : registry_(registry),
        onEvent_(std::make_shared<const Registry::OnEvent>(std::move(onEvent))) {}

  void one(const std::string& name) {
    services_[name].token =
        registry_.follow(name, [this, name](const Result<Versions>& news) { changed(name, news); });
  }
  void all() {
    names_ = registry_.followNames([this](const Result<Names>& news) { namesChanged(news); });
  }

 private:
  struct Followed {
    Versions versions;
    bool away = false;  // the registry does not answer
    Subscription token;
  };

  void changed(const std::string& name, const Result<Versions>& news) {
    Followed& service = services_[name];
    if (!news.ok()) return fails(service.away, news.status());
    answers(service.away);
    emit(difference(std::exchange(service.versions, *news), *news));
  }

  void namesChanged(const Result<Names>& news) {
    if (!news.ok()) return fails(namesAway_, news.status());
    answers(namesAway_);
    std::map<std::string, Followed> before;
    before.swap(services_);
    for (const std::string& name : *news) {
      if (auto known = before.extract(name)) {
        services_.insert(std::move(known));
      } else {
        one(name);
      }
    }
    std::vector<ServiceEvent> events;
    for (auto& [name, gone] : before) {
      answers(gone.away);
      for (ServiceEvent& event : difference(gone.versions, {})) events.push_back(std::move(event));
    }
    before.clear();
    emit(std::move(events));
  }

  // An outage is reported once, however many services it affects.
  void fails(bool& away, const Status& why) {
    if (std::exchange(away, true) || away_++ > 0) return;
    const auto onEvent = onEvent_;
    (*onEvent)(why);  // may destroy this object
  }
  void answers(bool& away) {
    if (std::exchange(away, false)) --away_;
  }

  void emit(std::vector<ServiceEvent> events) {
    const auto onEvent = onEvent_;
    const auto alive = lifetime_.watch();
    for (ServiceEvent& event : events) {
      (*onEvent)(std::move(event));
      if (alive.expired()) return;
    }
  }

  Registry& registry_;
  const std::shared_ptr<const Registry::OnEvent> onEvent_;  // the running function is a second
                                                            // owner
  int away_ = 0;
  bool namesAway_ = false;
  std::map<std::string, Followed> services_;
  Subscription names_;
  Lifetime lifetime_;
};

}  // namespace

Subscription Registry::watch(std::string_view name, OnEvent onEvent) {
  auto watch = std::make_shared<Watch>(*this, std::move(onEvent));
  if (name.empty()) {
    watch->all();
  } else {
    watch->one(std::string(name));
  }
  return Subscription(std::move(watch));
}

}  // namespace evmicro
