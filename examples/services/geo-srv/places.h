#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common.pb.h"
#include "point_index.h"

namespace geo {

/// Where each thing is: one place for each id, and an index for each type.
class Places {
 public:
  /// What a place is told by. A snapshot is older than what has been published since.
  enum class Source { kPublished, kSnapshot };
  /// kIgnored: a snapshot of what was published. kFull: the id is new, and there is no room.
  enum class Outcome { kStored, kIgnored, kFull };

  /// Holds up to `most` things.
  explicit Places(std::size_t most) : most_(most) {}
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  /// @pre problemWith(entity) is empty
  Outcome put(const Entity& entity, Source source);
  /// Null: there is no such thing.
  const Entity* find(const std::string& id) const;
  /// Whether `id` can be stored.
  bool takes(const std::string& id) const { return size() < most_ || places_.count(id) > 0; }
  /// The nearest things of `type`, see PointIndex::nearest.
  std::vector<const Entity*> nearest(const Position& center, std::size_t count, double radius,
                                     const std::string& type) const;

  std::size_t size() const noexcept { return all_.size(); }
  /// In the order in which they came first; stays valid, and the same one, for good.
  /// @pre at < size()
  const Entity& at(std::size_t at) const;

 private:
  struct Place final : Indexed {
    Entity entity;
    Source source = Source::kPublished;
    PointIndex* index = nullptr;
  };

  void leave(Place& place);

  const std::size_t most_;
  std::unordered_map<std::string_view, std::unique_ptr<Place>> places_;  // by their entity's id
  std::vector<Place*> all_;
  std::unordered_map<std::string, PointIndex> indexes_;  // by type
};

Position positionOf(const Point& point) noexcept;
/// Why it cannot be stored; empty: it can.
std::string_view problemWith(const Entity& entity);

}  // namespace geo
