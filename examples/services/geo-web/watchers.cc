#include "watchers.h"

#include <chrono>
#include <utility>
#include <vector>

#include <evmicro/server_events.h>
#include <evmicro/timer.h>

#include "../geo-api/geo_json.h"

namespace geo {

namespace {

using namespace std::chrono_literals;

constexpr auto kCoalesce = 100ms;  // what moves within this time comes in one event
constexpr auto kSearchAgain = 2s;  // after a search that has failed
constexpr auto kReconnect = 1s;

}  // namespace

class Watchers::Watcher {
 public:
  Watcher(Watchers& owner, Area area, evmicro::WebReply reply)
      : owner_(owner),
        area_(std::move(area)),
        stream_(owner.loop_, std::move(reply)),
        flush_(owner.loop_, [this] { flush(); }),
        searchAgain_(owner.loop_, [this] { search(); }) {
    stream_.onGone([this] { owner_.gone(*this); });
    stream_.onWritable([this] {
      writable_ = true;
      flush();
    });
    search();
  }

  void moved(const Entity& entity) {
    const bool inside = covers(entity);
    auto known = things_.find(entity.id());
    if (known == things_.end()) {
      // What leaves while it is searched for must not come back by what the search has found.
      const bool matters = inside || (searching_ && entity.type() == area_.type);
      if (!matters || things_.size() >= kMostShown) return;
      known = things_.emplace(entity.id(), Thing()).first;
    }
    Thing& thing = known->second;
    thing.entity = entity;
    thing.inside = inside;
    if (!std::exchange(thing.waiting, true)) waiting_.push_back(entity.id());
    if (writable_ && !flush_.running()) flush_.start(kCoalesce);
  }

 private:
  struct Thing {
    Entity entity;
    bool inside = true;
    bool sent = false;
    bool waiting = false;  // its id is in waiting_
  };

  bool covers(const Entity& entity) const {
    const Position at{entity.location().latitude(), entity.location().longitude()};
    return entity.type() == area_.type && valid(at) && distance(area_.center, at) <= area_.radius;
  }

  // What is there already. What has been published meanwhile is newer.
  void search() {
    searching_ = true;
    SearchRequest request;
    request.mutable_center()->set_latitude(area_.center.latitude);
    request.mutable_center()->set_longitude(area_.center.longitude);
    request.set_radius(area_.radius);
    request.set_type(area_.type);
    request.set_numentities(static_cast<std::int64_t>(kMostShown));
    search_ = owner_.locations_.Search(
        evmicro::Context(), request, [this](const evmicro::Result<SearchResponse>& found) {
          if (found.ok()) {
            for (const Entity& entity : found->entities()) {
              if (things_.count(entity.id()) == 0) moved(entity);
            }
          } else {
            writable_ = stream_.send({found.status().detail(), "problem", {}, {}});
            searchAgain_.start(kSearchAgain);
          }
          searching_ = false;
          flush(found.ok());
        });
  }

  // `begin`: also if nothing is there, so that the page knows it.
  void flush(bool begin = false) {
    if (begin) toBegin_ = !begun_;
    if (!writable_ || searching_) return;
    flush_.stop();
    std::string entities;
    for (const std::string& id : std::exchange(waiting_, {})) {
      const auto place = things_.find(id);
      Thing& thing = place->second;
      thing.waiting = false;
      if (thing.inside || thing.sent) {
        if (!thing.inside) thing.entity.clear_location();
        entities += (entities.empty() ? "" : ",") + toJson(thing.entity);
        thing.sent = true;
      }
      if (!thing.inside) things_.erase(place);
    }
    if (entities.empty() && !std::exchange(toBegin_, false)) return;
    const auto retry = std::exchange(begun_, true) ? 0s : kReconnect;
    writable_ = stream_.send({"[" + entities + "]", "entities", {}, retry});
  }

  Watchers& owner_;
  const Area area_;
  bool writable_ = true;
  bool searching_ = false;
  bool toBegin_ = false;  // the first event, even if it is empty
  bool begun_ = false;
  std::unordered_map<std::string, Thing> things_;  // by id
  std::vector<std::string> waiting_;               // ids of things that are to be sent
  evmicro::EventStream stream_;
  evmicro::Timer flush_;
  evmicro::Timer searchAgain_;
  evmicro::Call search_;
};

Watchers::Watchers(evmicro::EventLoop& loop, const LocationClient& locations, std::size_t most)
    : loop_(loop), locations_(locations), most_(most) {}
Watchers::~Watchers() = default;

void Watchers::add(Area area, evmicro::WebReply reply) {
  if (ended_ || watchers_.size() >= most_) {
    const char* const why = ended_ ? "stopping\n" : "too many open pages\n";
    return reply.send(503, {{"Content-Type", "text/plain; charset=utf-8"}}, why);
  }
  const auto watcher = std::make_shared<Watcher>(*this, std::move(area), std::move(reply));
  watchers_.emplace(watcher.get(), watcher);
}

void Watchers::moved(const Entity& entity) {
  for (const auto& [watcher, owned] : watchers_) watcher->moved(entity);
}

void Watchers::end() {
  ended_ = true;
  watchers_.clear();
}

void Watchers::gone(Watcher& watcher) {
  const auto place = watchers_.find(&watcher);
  loop_.deleteLater(std::shared_ptr<void>(std::move(place->second)));  // it is on the stack
  watchers_.erase(place);
}

}  // namespace geo
