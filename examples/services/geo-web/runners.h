#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "../geo-srv/point_index.h"
#include "examples/services/geo-srv/location.evmicro.h"

namespace geo {

/// A way that runners follow back and forth.
class Route {
 public:
  /// @pre at least two points that are not in one place
  explicit Route(std::vector<Position> points);

  double metres() const noexcept { return ends_.back(); }
  /// Where one is after so many metres; behind the end it goes back.
  Position at(double metres) const noexcept;

 private:
  std::vector<Position> points_;
  std::vector<double> ends_;  // of each piece, in metres from the beginning
};

/// Runners for a demonstration, `runner-1`, `runner-2` and so on, in a park and along a river of
/// London. Each saves where it is, at every step.
class Runners {
 public:
  /// Both references must outlive it.
  Runners(evmicro::EventLoop& loop, const LocationClient& locations, std::size_t count,
          std::chrono::milliseconds step);

 private:
  void run();
  void save(std::size_t runner);

  const LocationClient& locations_;
  const std::size_t count_;
  const std::chrono::milliseconds step_;
  const std::vector<Route> routes_;
  double seconds_ = 0;    // that they have been running
  bool failing_ = false;  // geo-srv does not answer
  std::vector<evmicro::Call> saving_;
  evmicro::Timer timer_;
};

}  // namespace geo
