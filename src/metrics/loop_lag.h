#pragma once

#include <chrono>
#include <functional>
#include <utility>

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

  using OnMeasured = std::function<void(EventLoop::Clock::duration)>;

  /// `onMeasured` (may be empty) gets each measurement; it must not destroy this.
  explicit LoopLag(EventLoop& loop, std::chrono::milliseconds interval = std::chrono::seconds(1),
                   OnMeasured onMeasured = {})
      : interval_(interval),
        onMeasured_(std::move(onMeasured)),
        timer_(loop, [this] { onTimer(); }) {}

  void start() {
    due_ = EventLoop::now() + interval_;
    timer_.start(interval_);
  }
  void stop() { timer_.stop(); }
  const Times& times() const noexcept { return times_; }

 private:
  void onTimer() {
    const auto lag = EventLoop::now() - due_;
    times_.observe(lag);
    start();
    if (onMeasured_) onMeasured_(lag);
  }

  const std::chrono::milliseconds interval_;
  const OnMeasured onMeasured_;
  EventLoop::Clock::time_point due_;
  Times times_;
  Timer timer_;
};

}  // namespace evmicro::detail
