#include "gateway/registry_watches.h"

#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include <evmicro/service_json.h>
#include <evmicro/timer.h>

#include "json/writer.h"

namespace evmicro::gateway {

namespace {

using What = ServiceEvent::What;

constexpr std::chrono::seconds kKeepAlive{15};

const char* nameOf(What what) {
  switch (what) {
    case What::kCreate: return "create";
    case What::kUpdate: return "update";
    case What::kDelete: return "delete";
  }
  return "update";
}

std::string textOf(const ServiceEvent& event) {
  detail::JsonWriter writer(detail::JsonWriter::Style::kCompact);
  writer.beginObject();
  writer.member("action", nameOf(event.what));
  writer.key("service");
  writer.checked(toJson(event.service));
  writer.endObject();
  return "event: " + std::string(nameOf(event.what)) + "\ndata: " + writer.take() + "\n\n";
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
      : reply_(std::move(reply)), keepAlive_(owner.loop_, [this] { keepAlive(); }) {
    reply_.onWritable([this] { sendWaiting(); });
    reply_.onGone([this, &owner] { owner.over(*this); });
    reply_.begin(200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}});
    keepAlive_.start(kKeepAlive);
    changes_ = owner.registry_.watch(service, [this](Result<ServiceEvent> event) {
      event.ok() ? onChange(std::move(*event)) : onFailure(event.status());
    });
  }

  void end() { reply_.end(); }

 private:
  void send(const std::string& text) {
    keepAlive_.start(kKeepAlive);
    writable_ = reply_.write(text);
  }

  void onChange(ServiceEvent event) {
    if (writable_) return send(textOf(event));
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
    if (writable_) send("event: error\ndata: " + why.toWire() + "\n\n");
  }

  void sendWaiting() {
    writable_ = true;
    while (writable_ && !waiting_.empty()) {
      const auto next = waiting_.extract(waiting_.begin());
      send(textOf(next.mapped()));
    }
  }

  void keepAlive() {
    if (writable_) return send(":\n\n");
    keepAlive_.start(kKeepAlive);
  }

  WebReply reply_;
  bool writable_ = true;
  std::map<std::pair<std::string, std::string>, ServiceEvent> waiting_;  // name, version
  Timer keepAlive_;
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
  for (const auto& [watch, owned] : std::exchange(watches_, {})) watch->end();
}

void RegistryWatches::over(Watch& watch) {
  const auto place = watches_.find(&watch);
  loop_.deleteLater(std::move(place->second));  // it is on the stack
  watches_.erase(place);
}

}  // namespace evmicro::gateway
