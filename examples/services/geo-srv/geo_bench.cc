// What a search among a million moving points costs, beside a bare look at the same grid: the cells
// around the place in one flat array, and no more than the distance to each point in them.
//
//   examples/geo_bench [POINTS]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "point_index.h"

namespace {

using namespace geo;

constexpr int kSearches = 20'000;
constexpr int kRounds = 5;
constexpr std::size_t kNearest = 10;
constexpr double kRadius = 3'000;
// A city and its surroundings.
constexpr Position kSouthWest{51.2, -0.6};
constexpr Position kNorthEast{51.8, 0.4};

struct Bare {
  struct At {
    double x = 0;
    double y = 0;
    double z = 0;
  };
  static At at(const Position& position) {
    const double latitude = position.latitude * M_PI / 180;
    const double longitude = position.longitude * M_PI / 180;
    return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
            std::sin(latitude)};
  }

  Bare() {
    const Cell south = cellOf(kSouthWest);
    const Cell north = cellOf(kNorthEast);
    first = {south.row - 2, south.column - 2};
    columns = north.column + 3 - first.column;
    cells.resize((north.row + 3 - first.row) * columns);
  }
  std::vector<At>& cell(std::uint32_t row, std::uint32_t column) {
    return cells[(row - first.row) * columns + column - first.column];
  }
  void add(const Position& position) {
    const Cell of = cellOf(position);
    cell(of.row, of.column).push_back(at(position));
  }
  double nearest(const Position& from) {
    const Cell of = cellOf(from);
    const At center = at(from);
    double best = std::numeric_limits<double>::infinity();
    for (std::uint32_t row = of.row - 1; row <= of.row + 1; ++row) {
      for (std::uint32_t column = of.column - 1; column <= of.column + 1; ++column) {
        for (const At& each : cell(row, column)) {
          const double x = each.x - center.x;
          const double y = each.y - center.y;
          const double z = each.z - center.z;
          best = std::min(best, x * x + y * y + z * z);
        }
      }
    }
    return best;
  }

  Cell first;
  std::uint32_t columns = 0;
  std::vector<std::vector<At>> cells;
};

template <typename Work>
double nanoseconds(Work work) {
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const long points = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1'000'000;
  std::mt19937 random(1);
  std::uniform_real_distribution<double> latitude(kSouthWest.latitude, kNorthEast.latitude);
  std::uniform_real_distribution<double> longitude(kSouthWest.longitude, kNorthEast.longitude);
  const auto anywhere = [&] { return Position{latitude(random), longitude(random)}; };

  PointIndex index;
  Bare bare;
  const auto indexed = std::make_unique<Indexed[]>(static_cast<std::size_t>(points));
  for (long i = 0; i < points; ++i) {
    const Position position = anywhere();
    index.put(indexed[i], position);
    bare.add(position);
  }
  std::vector<Position> places;
  for (int i = 0; i < kSearches; ++i) places.push_back(anywhere());

  double sum = 0;
  const double search = nanoseconds([&] {
                          for (const Position& place : places)
                            sum += index.nearest(place, kNearest, kRadius)[0].metres;
                        }) /
                        kSearches;
  const double look = nanoseconds([&] {
                        for (const Position& place : places) sum += bare.nearest(place);
                      }) /
                      kSearches;
  const double move = nanoseconds([&] {
                        for (int i = 0; i < kSearches; ++i) {
                          index.put(indexed[static_cast<long>(random()) % points],
                                    places[static_cast<std::size_t>(i)]);
                        }
                      }) /
                      kSearches;
  std::printf(
      "%ld points: the %zu nearest in %.0f ns, a bare look at the cells %.0f ns (%.2f), "
      "a move %.0f ns\n",
      points, kNearest, search, look, search / look, move);
  return std::isfinite(sum) ? 0 : 1;
}
