#include "runners.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <string>
#include <utility>

#include <evmicro/log.h>

namespace geo {

namespace {

constexpr double kSlowest = 2.4;  // metres a second
constexpr double kFaster = 0.13;  // than the one before, of kPaces
constexpr std::size_t kPaces = 10;
constexpr double kApart = 0.381966;  // of the whole way: no two begin in one place

std::vector<Route> routes() {
  return {
      // The south bank of the Thames, from Westminster Bridge to Tower Bridge.
      Route({{51.5010, -0.1196},
             {51.5041, -0.1191},
             {51.5066, -0.1166},
             {51.5079, -0.1128},
             {51.5086, -0.1061},
             {51.5082, -0.0992},
             {51.5071, -0.0938},
             {51.5062, -0.0889},
             {51.5052, -0.0826},
             {51.5044, -0.0772}}),
      // Around Hyde Park.
      Route({{51.5030, -0.1531},
             {51.5069, -0.1559},
             {51.5124, -0.1588},
             {51.5117, -0.1701},
             {51.5106, -0.1779},
             {51.5064, -0.1794},
             {51.5023, -0.1752},
             {51.5027, -0.1645},
             {51.5030, -0.1533}}),
  };
}

}  // namespace

Route::Route(std::vector<Position> points) : points_(std::move(points)) {
  double metres = 0;
  for (std::size_t i = 1; i < points_.size(); ++i) {
    metres += distance(points_[i - 1], points_[i]);
    ends_.push_back(metres);
  }
}

Position Route::at(double metres) const noexcept {
  const double there = std::fmod(std::max(metres, 0.0), 2 * this->metres());
  const double along = std::min(there, 2 * this->metres() - there);
  const auto end = std::lower_bound(ends_.begin(), ends_.end(), along);
  const auto piece =
      std::min(static_cast<std::size_t>(end - ends_.begin()), points_.size() - std::size_t{2});
  const double begin = piece == 0 ? 0 : ends_[piece - 1];
  const double part = (along - begin) / std::max(ends_[piece] - begin, 1e-9);
  const Position& from = points_[piece];
  const Position& to = points_[piece + 1];
  return {from.latitude + (to.latitude - from.latitude) * part,
          from.longitude + (to.longitude - from.longitude) * part};
}

Runners::Runners(evmicro::EventLoop& loop, const LocationClient& locations, std::size_t count,
                 std::chrono::milliseconds step)
    : locations_(locations),
      count_(count),
      step_(step),
      routes_(routes()),
      saving_(count),
      timer_(loop, [this] { run(); }) {
  if (count_ > 0) timer_.start(step_);
}

void Runners::run() {
  seconds_ += std::chrono::duration<double>(step_).count();
  for (std::size_t runner = 0; runner < count_; ++runner) save(runner);
  timer_.start(step_);
}

// A step that has not been saved when the next one begins is given up.
void Runners::save(std::size_t runner) {
  const Route& route = routes_[runner % routes_.size()];
  const double start = 2 * route.metres() * std::fmod(static_cast<double>(runner) * kApart, 1);
  const double pace = kSlowest + kFaster * static_cast<double>(runner % kPaces);
  const Position at = route.at(start + pace * seconds_);
  SaveRequest request;
  Entity& entity = *request.mutable_entity();
  entity.set_id("runner-" + std::to_string(runner + 1));
  entity.set_type("runner");
  entity.mutable_location()->set_latitude(at.latitude);
  entity.mutable_location()->set_longitude(at.longitude);
  entity.mutable_location()->set_timestamp(std::time(nullptr));
  saving_[runner] = locations_.Save(
      evmicro::Context(), request, [this](const evmicro::Result<SaveResponse>& saved) {
        if (std::exchange(failing_, !saved.ok()) || saved.ok()) return;
        evmicro::log("geo", evmicro::LogLevel::kWarn, "Save: " + saved.status().toString());
      });
}

}  // namespace geo
