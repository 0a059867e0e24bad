// What a search among a million points costs geo-srv, beside a bare look at the same grid.
#include "bench/geo_search.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "../../examples/services/geo-srv/point_index.h"
#include "bench/process.h"

namespace evmicro::bench {

namespace {

constexpr std::size_t kNearest = 10;
constexpr double kRadius = 3'000;
// A city and its surroundings.
constexpr geo::Position kSouthWest{51.2, -0.6};
constexpr geo::Position kNorthEast{51.8, 0.4};

// The same places for every index.
class Anywhere {
 public:
  geo::Position operator()() { return {latitude_(random_), longitude_(random_)}; }

 private:
  std::mt19937 random_{1};
  std::uniform_real_distribution<double> latitude_{kSouthWest.latitude, kNorthEast.latitude};
  std::uniform_real_distribution<double> longitude_{kSouthWest.longitude, kNorthEast.longitude};
};

class BareGrid {
 public:
  BareGrid() {
    const geo::Cell south = geo::cellOf(kSouthWest);
    const geo::Cell north = geo::cellOf(kNorthEast);
    first_ = {south.row - 2, south.column - 2};
    columns_ = north.column + 3 - first_.column;
    cells_.resize((north.row + 3 - first_.row) * columns_);
  }

  void add(const geo::Position& position) {
    const geo::Cell of = geo::cellOf(position);
    cell(of.row, of.column).push_back(at(position));
  }

  double nearest(const geo::Position& from) {
    const geo::Cell of = geo::cellOf(from);
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

 private:
  struct At {
    double x = 0;
    double y = 0;
    double z = 0;
  };
  static At at(const geo::Position& position) {
    const double latitude = position.latitude * M_PI / 180;
    const double longitude = position.longitude * M_PI / 180;
    return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
            std::sin(latitude)};
  }
  std::vector<At>& cell(std::uint32_t row, std::uint32_t column) {
    return cells_[(row - first_.row) * columns_ + column - first_.column];
  }

  geo::Cell first_;
  std::uint32_t columns_ = 0;
  std::vector<std::vector<At>> cells_;
};

// What a search has found is looked at: otherwise the compiler would leave it out.
void expectFound(double sum) {
  if (!std::isfinite(sum) || sum <= 0) throw std::runtime_error("nothing was found");
}

}  // namespace

std::function<void(std::size_t)> searchBareGrid(std::size_t points) {
  const auto grid = std::make_shared<BareGrid>();
  Anywhere anywhere;
  for (std::size_t i = 0; i < points; ++i) grid->add(anywhere());
  return [grid, anywhere](std::size_t searches) mutable {
    double sum = 0;
    for (std::size_t i = 0; i < searches; ++i) sum += grid->nearest(anywhere());
    expectFound(sum);
  };
}

std::function<void(std::size_t)> searchGeoIndex(std::size_t points) {
  struct Indexed {
    explicit Indexed(std::size_t count) : all(std::make_unique<geo::Indexed[]>(count)) {}
    std::unique_ptr<geo::Indexed[]> all;
    geo::PointIndex index;
  };
  const auto indexed = std::make_shared<Indexed>(points);
  Anywhere anywhere;
  for (std::size_t i = 0; i < points; ++i) indexed->index.put(indexed->all[i], anywhere());
  return [indexed, anywhere](std::size_t searches) mutable {
    double sum = 0;
    for (std::size_t i = 0; i < searches; ++i) {
      sum += indexed->index.nearest(anywhere(), kNearest, kRadius).front().metres;
    }
    expectFound(sum);
  };
}

Sample measureSearch(Search search, std::size_t points, std::size_t searches) {
  const Process process(Role::kMeasured, [&](const Process::Tell& tell) {
    const auto run = search(points);
    run(searches / 10 + 1);
    const double before = processorTime();
    const auto start = std::chrono::steady_clock::now();
    run(searches);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    Sample sample;
    sample.used = (processorTime() - before) / static_cast<double>(searches);
    sample.rate = static_cast<double>(searches) / took.count();
    tell(&sample, sizeof sample);
  });
  return process.await<Sample>();
}

}  // namespace evmicro::bench
