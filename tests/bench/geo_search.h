#pragma once

#include <cstddef>
#include <functional>

#include "bench/rows.h"

namespace evmicro::bench {

constexpr std::size_t kGeoPoints = 1'000'000;

/// Puts so many points of a city and its surroundings into an index. Returns what searches it so
/// often, at other places each time.
using Search = std::function<void(std::size_t searches)> (*)(std::size_t points);

/// The floor: the cells around the place in one flat array, and no more than the distance to each
/// point in them.
std::function<void(std::size_t)> searchBareGrid(std::size_t points);
/// The nearest ten within 3 km by the index of geo-srv.
std::function<void(std::size_t)> searchGeoIndex(std::size_t points);

Sample measureSearch(Search search, std::size_t points, std::size_t searches);

}  // namespace evmicro::bench
