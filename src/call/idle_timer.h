#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

namespace evmicro::detail {

/// Runs `onIdle` when touch() has not been called for `timeout`. touch() only reads the clock: the
/// timer is set again when it fires early.
class IdleTimer {
 public:
  /// 0: never fires.
  IdleTimer(EventLoop& loop, std::chrono::milliseconds timeout, std::function<void()> onIdle)
      : timeout_(timeout), timer_(loop, [this, onIdle = std::move(onIdle)] {
          const auto left = last_ + timeout_ - EventLoop::now();
          if (left.count() > 0) {
            timer_.start(left);
          } else {
            onIdle();  // may destroy this object
          }
        }) {}

  void start() {
    if (timeout_.count() <= 0) return;
    touch();
    timer_.start(timeout_);
  }
  void stop() noexcept { timer_.stop(); }
  void touch() noexcept {
    if (timeout_.count() > 0) last_ = EventLoop::now();
  }
  std::chrono::milliseconds timeout() const noexcept { return timeout_; }

 private:
  const std::chrono::milliseconds timeout_;
  EventLoop::Clock::time_point last_{};
  Timer timer_;
};

}  // namespace evmicro::detail
