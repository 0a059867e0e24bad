#include "dashboard/catalog.h"

#include <utility>

namespace evmicro::dashboard {

bool isTopic(std::string_view service) { return service.substr(0, 6) == "topic:"; }

Catalog::Catalog(Registry& registry, std::function<void()> onChange)
    : onChange_(std::move(onChange)) {
  names_ = registry.followNames([this](const Result<std::vector<std::string>>& names) {
    outage_ = names.ok() ? Status() : names.status();
    touch();
  });
  watch_ = registry.watch({}, [this](const Result<ServiceEvent>& event) { changed(event); });
}

const Catalog::Versions* Catalog::find(std::string_view name) const {
  const auto place = services_.find(name);
  return place == services_.end() ? nullptr : &place->second;
}

void Catalog::changed(const Result<ServiceEvent>& event) {
  if (!event.ok()) return;  // followNames() reports it as well
  const ServiceInfo& service = event->service;
  if (event->what != ServiceEvent::What::kDelete) {
    services_[service.name].insert_or_assign(service.version, service);
  } else if (const auto place = services_.find(service.name); place != services_.end()) {
    place->second.erase(service.version);
    if (place->second.empty()) services_.erase(place);
  }
  touch();
}

void Catalog::touch() {
  ++revision_;
  onChange_();
}

}  // namespace evmicro::dashboard
