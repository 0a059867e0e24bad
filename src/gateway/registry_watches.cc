#include "gateway/registry_watches.h"

#include <map>
#include <optional>
#include <utility>

#include <evmicro/server_events.h>
#include <evmicro/service_json.h>

#include "json/writer.h"

namespace evmicro::gateway {

namespace {

using What = ServiceEvent::What;

const char* nameOf(What what) {
  switch (what) {
    case What::kCreate: return "create";
    case What::kUpdate: return "update";
    case What::kDelete: return "delete";
  }
  return "update";
}

ServerEvent eventOf(const ServiceEvent& event) {
  detail::JsonWriter writer(detail::JsonWriter::Style::kCompact);
  writer.beginObject();
  writer.member("action", nameOf(event.what));
  writer.key("service");
  writer.checked(toJson(event.service));
  writer.endObject();
  return {writer.take(), nameOf(event.what), {}, {}};
}

// What is left of two changes of one version, of which the client has seen neither; nullopt:
// nothing.
std::optional<What> combined(What first, What second) {
  if (first == What::kCreate) {
    if (second == What::kDelete) return std::nullopt;
    return What::kCreate;
  }
  return first == What::kDelete && second == What::kCreate ? What::kUpdate : second;
}

}  // namespace

class RegistryWatches::Watch {
 public:
  Watch(RegistryWatches& owner, const std::string& service, WebReply reply)
      : stream_(owner.loop_, std::move(reply)) {
    stream_.onWritable([this] { sendWaiting(); });
    stream_.onGone([this, &owner] { owner.over(*this); });
    changes_ = owner.registry_.watch(service, [this](Result<ServiceEvent> event) {
      event.ok() ? onChange(std::move(*event)) : onFailure(event.status());
    });
  }

 private:
  void send(const ServerEvent& event) { writable_ = stream_.send(event); }

  void onChange(ServiceEvent event) {
    if (writable_) return send(eventOf(event));
    const std::pair<std::string, std::string> version(event.service.name, event.service.version);
    const auto waiting = waiting_.find(version);
    if (waiting == waiting_.end()) {
      waiting_.emplace(version, std::move(event));
      return;
    }
    const std::optional<What> what = combined(waiting->second.what, event.what);
    if (what) {
      waiting->second = {*what, std::move(event.service)};
    } else {
      waiting_.erase(waiting);
    }
  }

  void onFailure(const Status& why) {
    if (writable_) send({why.toWire(), "error", {}, {}});
  }

  void sendWaiting() {
    writable_ = true;
    while (writable_ && !waiting_.empty()) {
      const auto next = waiting_.extract(waiting_.begin());
      send(eventOf(next.mapped()));
    }
  }

  EventStream stream_;
  bool writable_ = true;
  std::map<std::pair<std::string, std::string>, ServiceEvent> waiting_;  // name, version
  Subscription changes_;
};

RegistryWatches::RegistryWatches(EventLoop& loop, Registry& registry)
    : loop_(loop), registry_(registry) {}
RegistryWatches::~RegistryWatches() = default;

void RegistryWatches::start(const std::string& service, WebReply reply) {
  auto watch = std::make_unique<Watch>(*this, service, std::move(reply));
  Watch& started = *watch;
  watches_.emplace(&started, std::move(watch));
}

void RegistryWatches::stop() {
  watches_.clear();  // ends their streams
}

void RegistryWatches::over(Watch& watch) {
  const auto place = watches_.find(&watch);
  loop_.deleteLater(std::move(place->second));  // it is on the stack
  watches_.erase(place);
}

}  // namespace evmicro::gateway
