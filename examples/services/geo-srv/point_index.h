#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

namespace geo {

/// Degrees.
struct Position {
  double latitude = 0;   ///< -90 to 90
  double longitude = 0;  ///< -180 to 180
};

/// Whether it is finite and within the ranges.
bool valid(const Position& position) noexcept;

/// Metres along the great circle, on a sphere of 6,371,000 m.
double distance(const Position& a, const Position& b) noexcept;

/// A cell of the grid: 500 m of latitude, and of longitude as much as is 500 m where a degree has
/// 85 km. The grid closes at 180 degrees.
struct Cell {
  std::uint32_t row = 0;
  std::uint32_t column = 0;
};
Cell cellOf(const Position& position) noexcept;

/// What is put into an index: the base of the objects that are looked for. Belongs to the index
/// while it is in it.
class Indexed {
 public:
  const Position& position() const noexcept { return position_; }

 private:
  friend class PointIndex;
  Position position_;
  std::uint32_t cell_ = 0;
  std::uint32_t at_ = std::numeric_limits<std::uint32_t>::max();  // in the cell; largest: not in
};

/// Finds the points nearest to a place, exactly. A search costs at most a few looks for each point
/// of the index, however far it goes. Points are objects of the caller, which must outlive their
/// stay.
class PointIndex {
 public:
  struct Found {
    const Indexed* point;
    double metres;
  };

  /// Puts `point` at `position`, from where it was before. @pre valid(position)
  void put(Indexed& point, const Position& position);
  /// @pre it is in this index
  void remove(Indexed& point) noexcept;
  std::size_t size() const noexcept { return size_; }

  /// The `count` points nearest to `center` that are not farther than `radius` metres, the nearest
  /// first. @pre valid(center)
  std::vector<Found> nearest(const Position& center, std::size_t count, double radius) const;
  /// The points of a rectangle, bounds included, in no order. One whose left is east of its right
  /// goes across 180 degrees.
  std::vector<const Indexed*> within(const Position& topLeft, const Position& bottomRight) const;

 private:
  class Search;

  // On the unit sphere: the square of the straight distance grows with the distance, and costs
  // three multiplications.
  struct Vector {
    double x = 0;
    double y = 0;
    double z = 0;
  };
  struct Entry {
    Vector vector;
    Indexed* point;
  };
  using Entries = std::vector<Entry>;

  static Vector vectorOf(const Position& position) noexcept;
  static double squared(const Vector& a, const Vector& b) noexcept;

  std::unordered_map<std::uint32_t, Entries> cells_;
  std::size_t size_ = 0;
};

}  // namespace geo
