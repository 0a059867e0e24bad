#include "dashboard/catalog.h"

#include <utility>

namespace evmicro::dashboard {

namespace {

constexpr std::size_t kAtOnce = 16;

}  // namespace

bool isTopic(std::string_view service) { return service.substr(0, 6) == "topic:"; }

Catalog::Catalog(Registry& registry, std::function<void()> onChange)
    : registry_(registry), onChange_(std::move(onChange)) {
  names_ = registry.followNames([this](const Result<std::vector<std::string>>& names) {
    outage_ = names.ok() ? Status() : names.status();
    if (names.ok()) namesChanged(*names);
    touch();
  });
  watch_ = registry.watch({}, [this](const Result<ServiceEvent>& event) { changed(event); });
}

const Catalog::Versions* Catalog::find(std::string_view name) const {
  const auto place = services_.find(name);
  return place == services_.end() ? nullptr : &place->second;
}

void Catalog::namesChanged(const std::vector<std::string>& names) {
  Services before;
  before.swap(services_);
  for (const std::string& name : names) {
    if (auto known = before.extract(name)) {
      services_.insert(std::move(known));
    } else {
      services_[name];
      if (watched_.count(name) == 0) toLookUp_.push_back(name);
    }
  }
  for (const auto& [gone, versions] : before) watched_.erase(gone);
  lookUp();
}

void Catalog::lookUp() {
  using Found = Result<std::vector<ServiceInfo>>;
  while (lookUps_ < kAtOnce && !toLookUp_.empty()) {
    const std::string name = std::move(toLookUp_.front());
    toLookUp_.pop_front();
    ++lookUps_;
    pending_.start<Found>(
        [this, &name](auto found) { return registry_.getService(name, std::move(found)); },
        [this, name](const Found& found) {
          --lookUps_;
          const auto place = services_.find(name);
          // The watch is the newer one.
          if (found.ok() && place != services_.end() && watched_.count(name) == 0) {
            for (const ServiceInfo& version : *found) place->second[version.version] = version;
          }
          lookUp();
          touch();
        });
  }
}

void Catalog::changed(const Result<ServiceEvent>& event) {
  if (!event.ok()) return;  // followNames() reports it as well
  const ServiceInfo& service = event->service;
  const bool deleted = event->what == ServiceEvent::What::kDelete;
  if (deleted && !find(service.name)) return;  // its name has gone before
  Versions& versions = services_[service.name];
  if (watched_.insert(service.name).second) versions.clear();
  if (deleted) {
    versions.erase(service.version);
  } else {
    versions.insert_or_assign(service.version, service);
  }
  touch();
}

void Catalog::touch() {
  ++revision_;
  onChange_();
}

}  // namespace evmicro::dashboard
