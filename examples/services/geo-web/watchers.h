#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/web_server.h>

#include "../geo-srv/point_index.h"
#include "examples/services/geo-srv/location.evmicro.h"

namespace geo {

/// What a page shows: the things of one type within a circle.
struct Area {
  Position center;
  double radius = 0;  ///< metres
  std::string type;
};

/// Pages that follow an area by server-sent events. `entities`: an array of the things that have
/// come or moved, at first of all that are there; one that has left has no `location`. `problem`:
/// why it is not known what is there.
///
/// What moves several times while a page does not read is sent once, so a page costs memory for at
/// most kMostShown things, however fast they move.
class Watchers {
 public:
  /// The most things that one page is shown; it gets no others until some of these have left.
  static constexpr std::size_t kMostShown = 2'000;

  /// Both references must outlive it. `most`: pages at a time; others get a 503.
  Watchers(evmicro::EventLoop& loop, const LocationClient& locations, std::size_t most);
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;
  ~Watchers();

  /// @pre the center of `area` is valid
  void add(Area area, evmicro::WebReply reply);
  /// How many pages follow.
  std::size_t pages() const noexcept { return watchers_.size(); }
  /// An entity has been published.
  void moved(const Entity& entity);
  /// Ends all streams; further pages are refused.
  void end();

 private:
  class Watcher;
  void gone(Watcher& watcher);

  evmicro::EventLoop& loop_;
  const LocationClient& locations_;
  const std::size_t most_;
  bool ended_ = false;
  std::unordered_map<Watcher*, std::shared_ptr<Watcher>> watchers_;
};

}  // namespace geo
