#include "event/turn_clock.h"

#include <algorithm>

#include <event2/event.h>

namespace evmicro::detail {

namespace {

// Of CLOCK_MONOTONIC_COARSE, where a kernel ticks slowest.
constexpr std::chrono::milliseconds kTick{10};

}  // namespace

TurnClock::Time TurnClock::begun(Time now) noexcept {
  timeval turn{};
  event_base_gettimeofday_cached(loop_.base(), &turn);
  if (turn.tv_usec != turn_.tv_usec || turn.tv_sec != turn_.tv_sec) {
    turn_ = turn;
    first_ = now;
    return now;
  }
  return std::min(now, first_ + kTick);
}

}  // namespace evmicro::detail
