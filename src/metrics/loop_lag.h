#pragma once

#include <chrono>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "metrics/buckets.h"

namespace evmicro::detail {

/// Measures how late the loop is: a timer compares the time at which it fires with the time for
/// which it was set. A handler that blocks and too much work both show here.
class LoopLag {
 public:
  using Times = Buckets<1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000, 250'000, 500'000,
                        1'000'000, 2'500'000, 5'000'000>;

  explicit LoopLag(EventLoop& loop, std::chrono::milliseconds interval = std::chrono::seconds(1))
      : interval_(interval), timer_(loop, [this] { onTimer(); }) {}

  void start() {
    due_ = EventLoop::now() + interval_;
    timer_.start(interval_);
  }
  void stop() { timer_.stop(); }
  const Times& times() const noexcept { return times_; }

 private:
  void onTimer() {
    times_.observe(EventLoop::now() - due_);
    start();
  }

  const std::chrono::milliseconds interval_;
  EventLoop::Clock::time_point due_;
  Times times_;
  Timer timer_;
};

}  // namespace evmicro::detail
