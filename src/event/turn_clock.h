#pragma once

#include <chrono>

#include <sys/time.h>

#include <evmicro/event_loop.h>

namespace evmicro::detail {

/// Knows since when what a turn of the loop serves has been waiting. The loop asks the system once
/// in each turn what is ready, so whatever it then reads had come before the turn began. While one
/// callback after the other takes its time, that may be long ago.
class TurnClock {
 public:
  using Time = EventLoop::Clock::time_point;

  explicit TurnClock(EventLoop& loop) noexcept : loop_(loop) {}

  /// Called in a callback of the loop, at `now`: when it was first called in this turn, which is
  /// `now` the first time. libevent's clock tells turns apart, and that ticks up to 10 ms: an
  /// earlier time than `now` comes later than the truth by that much, so that it is never too
  /// early.
  Time begun(Time now) noexcept;

 private:
  EventLoop& loop_;
  timeval turn_{};
  Time first_{};
};

}  // namespace evmicro::detail
