#include "point_index.h"

#include <algorithm>
#include <cmath>

namespace geo {

namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kRadius = 6'371'000;
constexpr double kCellSize = 500;
constexpr double kRowsPerDegree = 111'000 / kCellSize;
constexpr double kColumnsPerDegree = 85'000 / kCellSize;
constexpr int kColumns = 61'200;  // 360 degrees
constexpr int kLastRow = 39'960;  // the North Pole
constexpr double kGrowth = 1.5;
// A bound that is rounded must not lose the point that lies on it.
constexpr double kSlack = 1e-9;

double radians(double degrees) noexcept { return degrees * kPi / 180; }
double degrees(double radians) noexcept { return radians * 180 / kPi; }

int rowOf(double latitude) noexcept {
  return std::clamp(static_cast<int>(std::floor((latitude + 90) * kRowsPerDegree)), 0, kLastRow);
}
// May lie outside of the grid, for longitudes beyond 180 degrees.
int columnOf(double longitude) noexcept {
  return static_cast<int>(std::floor((longitude + 180) * kColumnsPerDegree));
}
std::uint32_t keyOf(int row, int column) noexcept {
  const int wrapped = ((column % kColumns) + kColumns) % kColumns;
  return static_cast<std::uint32_t>(row) * kColumns + static_cast<std::uint32_t>(wrapped);
}

// Of the square of a straight line within the unit sphere.
double metresOf(double squared) noexcept {
  return 2 * kRadius * std::asin(std::min(1.0, std::sqrt(squared) / 2));
}
double squaredOf(double metres) noexcept {
  const double angle = metres / kRadius;
  if (angle >= kPi) return std::numeric_limits<double>::infinity();
  const double straight = 2 * std::sin(angle / 2);
  return straight * straight;
}

// The cells that hold every point within a distance.
struct Box {
  int top = -1;
  int bottom = 0;
  int left = 0;
  int right = -1;

  double cells() const noexcept {
    return static_cast<double>(top - bottom + 1) * static_cast<double>(right - left + 1);
  }
};

Box boxAround(const Position& center, double metres) noexcept {
  const double reach = std::min(degrees(metres / kRadius), 180.0) + kSlack;
  Box box;
  box.bottom = rowOf(center.latitude - reach);
  box.top = rowOf(center.latitude + reach);
  const int own = columnOf(center.longitude);
  double sideways = 180;
  if (std::abs(center.latitude) + reach < 90) {
    const double sine = std::sin(radians(reach)) / std::cos(radians(center.latitude));
    sideways = degrees(std::asin(std::min(1.0, sine))) + kSlack;
  }
  // As far to both sides, so that a larger box holds a smaller one also where both close.
  const int side = std::max(own - columnOf(center.longitude - sideways),
                            columnOf(center.longitude + sideways) - own);
  box.left = own - std::min(side, kColumns / 2);
  box.right = own + std::min(side, kColumns / 2 - 1);
  return box;
}

}  // namespace

bool valid(const Position& position) noexcept {
  return std::abs(position.latitude) <= 90 && std::abs(position.longitude) <= 180;
}

double distance(const Position& a, const Position& b) noexcept {
  const double north = std::sin(radians(b.latitude - a.latitude) / 2);
  const double east = std::sin(radians(b.longitude - a.longitude) / 2);
  const double half =
      north * north + std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) * east * east;
  return 2 * kRadius * std::asin(std::min(1.0, std::sqrt(half)));
}

Cell cellOf(const Position& position) noexcept {
  const int column = columnOf(position.longitude) % kColumns;
  return {static_cast<std::uint32_t>(rowOf(position.latitude)), static_cast<std::uint32_t>(column)};
}

PointIndex::Vector PointIndex::vectorOf(const Position& position) noexcept {
  const double latitude = radians(position.latitude);
  const double longitude = radians(position.longitude);
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
          std::sin(latitude)};
}

double PointIndex::squared(const Vector& a, const Vector& b) noexcept {
  const double x = a.x - b.x;
  const double y = a.y - b.y;
  const double z = a.z - b.z;
  return x * x + y * y + z * z;
}

void PointIndex::put(Indexed& point, const Position& position) {
  const std::uint32_t key = keyOf(rowOf(position.latitude), columnOf(position.longitude));
  const bool inside = point.at_ != std::numeric_limits<std::uint32_t>::max();
  if (inside && point.cell_ == key) {
    cells_.find(key)->second[point.at_].vector = vectorOf(position);
  } else {
    Entries& entries = cells_[key];
    entries.push_back({vectorOf(position), &point});
    if (inside) remove(point);
    point.cell_ = key;
    point.at_ = static_cast<std::uint32_t>(entries.size() - 1);
    ++size_;
  }
  point.position_ = position;
}

void PointIndex::remove(Indexed& point) noexcept {
  const auto cell = cells_.find(point.cell_);
  Entries& entries = cell->second;
  entries[point.at_] = entries.back();
  entries[point.at_].point->at_ = point.at_;
  entries.pop_back();
  if (entries.empty()) cells_.erase(cell);
  point.at_ = std::numeric_limits<std::uint32_t>::max();
  --size_;
}

/// One search: a heap of the best so far, the worst on top.
class PointIndex::Search {
 public:
  Search(const PointIndex& index, const Position& center, std::size_t count, double radius)
      : index_(index),
        center_(center),
        from_(vectorOf(center)),
        count_(count),
        radius_(radius),
        limit_(squaredOf(radius)) {}

  std::vector<Found> run() {
    Box done;
    for (double reach = firstReach();; reach *= kGrowth) {
      reach = std::min(reach, radius_);
      const Box box = boxAround(center_, reach);
      // More cells than points: it is cheaper to look at the points.
      if (box.cells() - done.cells() > static_cast<double>(index_.size_)) return all();
      look(box, done);
      done = box;
      if (reach >= radius_ || (best_.size() == count_ && limit_ <= squaredOf(reach)))
        return sorted();
    }
  }

 private:
  struct Candidate {
    double squared;
    const Indexed* point;
    bool operator<(const Candidate& other) const noexcept { return squared < other.squared; }
  };

  // How far it is to that many points, if they are everywhere as dense as in the cell of the
  // center.
  double firstReach() const {
    const auto own =
        index_.cells_.find(keyOf(rowOf(center_.latitude), columnOf(center_.longitude)));
    if (own == index_.cells_.end()) return kCellSize;
    const auto points = static_cast<double>(own->second.size());
    return std::clamp(std::sqrt(static_cast<double>(count_) / points), 0.1, 1.0) * kCellSize;
  }

  void look(const Box& box, const Box& done) {
    for (int row = box.bottom; row <= box.top; ++row) {
      if (row < done.bottom || row > done.top) {
        look(row, box.left, box.right);
      } else {
        look(row, box.left, done.left - 1);
        look(row, done.right + 1, box.right);
      }
    }
  }
  void look(int row, int left, int right) {
    for (int column = left; column <= right; ++column) {
      const auto cell = index_.cells_.find(keyOf(row, column));
      if (cell != index_.cells_.end()) look(cell->second);
    }
  }
  void look(const Entries& entries) {
    for (const Entry& entry : entries) {
      const double distance = squared(entry.vector, from_);
      if (distance <= limit_) offer({distance, entry.point});
    }
  }
  void offer(Candidate candidate) {
    if (best_.size() == count_) {
      if (!(candidate < best_.front())) return;
      std::pop_heap(best_.begin(), best_.end());
      best_.pop_back();
    }
    best_.push_back(candidate);
    std::push_heap(best_.begin(), best_.end());
    if (best_.size() == count_) limit_ = best_.front().squared;
  }
  std::vector<Found> all() {
    best_.clear();
    limit_ = squaredOf(radius_);
    for (const auto& [key, entries] : index_.cells_) look(entries);
    return sorted();
  }
  std::vector<Found> sorted() {
    std::sort_heap(best_.begin(), best_.end());
    std::vector<Found> found;
    found.reserve(best_.size());
    for (const Candidate& each : best_) found.push_back({each.point, metresOf(each.squared)});
    return found;
  }

  const PointIndex& index_;
  const Position center_;
  const Vector from_;
  const std::size_t count_;
  const double radius_;
  double limit_;  // of what is worth a look
  std::vector<Candidate> best_;
};

std::vector<PointIndex::Found> PointIndex::nearest(const Position& center, std::size_t count,
                                                   double radius) const {
  if (count == 0 || size_ == 0 || !(radius >= 0)) return {};
  return Search(*this, center, count, radius).run();
}

std::vector<const Indexed*> PointIndex::within(const Position& topLeft,
                                               const Position& bottomRight) const {
  const bool across = topLeft.longitude > bottomRight.longitude;
  const auto inside = [&](const Position& at) {
    const bool east = at.longitude >= topLeft.longitude;
    const bool west = at.longitude <= bottomRight.longitude;
    return at.latitude <= topLeft.latitude && at.latitude >= bottomRight.latitude &&
           (across ? east || west : east && west);
  };
  const Box box{rowOf(topLeft.latitude), rowOf(bottomRight.latitude), columnOf(topLeft.longitude),
                columnOf(bottomRight.longitude) + (across ? kColumns : 0)};
  std::vector<const Indexed*> found;
  const auto look = [&](const Entries& entries) {
    for (const Entry& entry : entries) {
      if (inside(entry.point->position_)) found.push_back(entry.point);
    }
  };
  if (box.cells() > static_cast<double>(size_)) {
    for (const auto& [key, entries] : cells_) look(entries);
    return found;
  }
  for (int row = box.bottom; row <= box.top; ++row) {
    for (int column = box.left; column <= box.right; ++column) {
      const auto cell = cells_.find(keyOf(row, column));
      if (cell != cells_.end()) look(cell->second);
    }
  }
  return found;
}

}  // namespace geo
