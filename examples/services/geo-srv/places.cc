#include "places.h"

namespace geo {

namespace {

constexpr std::size_t kMostBytes = 255;

}  // namespace

Places::Outcome Places::put(const Entity& entity, Source source) {
  const auto known = places_.find(entity.id());
  Place* place = known == places_.end() ? nullptr : known->second.get();
  if (place && source == Source::kSnapshot && place->source == Source::kPublished) {
    return Outcome::kIgnored;
  }
  if (!place) {
    if (all_.size() >= most_) return Outcome::kFull;
    auto made = std::make_unique<Place>();
    place = made.get();
    place->entity = entity;
    places_.emplace(place->entity.id(), std::move(made));
    all_.push_back(place);
  }
  PointIndex& index = indexes_[entity.type()];
  if (place->index != &index) {
    leave(*place);
    place->index = &index;
  }
  index.put(*place, positionOf(entity.location()));
  // The id stays where it is: the map's key points to it.
  place->entity.set_type(entity.type());
  *place->entity.mutable_location() = entity.location();
  place->source = source;
  return Outcome::kStored;
}

// An index that nothing is left in goes, so that passing types leave nothing behind.
void Places::leave(Place& place) {
  if (!place.index) return;
  place.index->remove(place);
  if (place.index->size() == 0) indexes_.erase(place.entity.type());
}

const Entity* Places::find(const std::string& id) const {
  const auto known = places_.find(id);
  return known == places_.end() ? nullptr : &known->second->entity;
}

std::vector<const Entity*> Places::nearest(const Position& center, std::size_t count, double radius,
                                           const std::string& type) const {
  std::vector<const Entity*> entities;
  const auto index = indexes_.find(type);
  if (index == indexes_.end()) return entities;
  for (const PointIndex::Found& found : index->second.nearest(center, count, radius)) {
    entities.push_back(&static_cast<const Place*>(found.point)->entity);
  }
  return entities;
}

const Entity& Places::at(std::size_t at) const { return all_[at]->entity; }

Position positionOf(const Point& point) noexcept { return {point.latitude(), point.longitude()}; }

std::string_view problemWith(const Entity& entity) {
  if (!entity.has_location()) return "Require location";
  if (entity.id().empty()) return "Require Id";
  if (entity.id().size() > kMostBytes || entity.type().size() > kMostBytes) {
    return "id and type must not be longer than 255 bytes";
  }
  if (!valid(positionOf(entity.location()))) {
    return "location: latitude must be within -90 and 90, longitude within -180 and 180";
  }
  return {};
}

}  // namespace geo
