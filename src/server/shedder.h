#pragma once

#include <chrono>
#include <optional>

#include <evmicro/event_loop.h>

#include "metrics/loop_lag.h"

namespace evmicro::detail {

/// Decides which requests are refused when a server has more to do than it can: controlled delay
/// (CoDel) on the delay of the loop itself.
///
/// A timer measures how late the loop is: what falls due in one turn runs at the end of the next,
/// so that is about as long as requests wait. A short delay is no overload. When it has been above
/// the target for a whole interval there is a standing queue: the server is overloaded until the
/// delay has been below for as long. While it is, each turn serves requests for the time of the
/// target; those that are then still in line, the newest, are refused. So turns stay about as long
/// as the target, and the calls that run are answered in time instead of all being late.
class Shedder {
 public:
  using Time = EventLoop::Clock::time_point;

  /// A target of 0 sheds nothing.
  Shedder(EventLoop& loop, std::chrono::milliseconds target);

  void start();
  void stop();

  bool overloaded() const noexcept { return overloaded_; }
  /// Whether to refuse a request that is read at `now`, in a turn that began at `turnBegan`.
  bool refuses(Time turnBegan, Time now) const noexcept {
    return overloaded_ && now - turnBegan >= target_;
  }
  /// For Retry-After: whole seconds, at least one.
  std::chrono::seconds retryAfter() const noexcept;

 private:
  void measured(EventLoop::Clock::duration lag);

  const std::chrono::milliseconds target_;
  const std::chrono::milliseconds interval_;
  bool overloaded_ = false;
  std::optional<Time> changing_;  // since when the delay has been on the other side of the target
  EventLoop::Clock::duration latest_{0};
  LoopLag lag_;
};

}  // namespace evmicro::detail
