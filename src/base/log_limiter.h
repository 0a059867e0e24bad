#pragma once

#include <chrono>
#include <utility>

#include "base/rate_limiter.h"

namespace evmicro::detail {

/// Limits logging of a recurring problem: the first occurrence after recovery, and at most once a
/// minute.
class LogLimiter {
 public:
  /// The problem has occurred: whether to log it.
  bool occurred(RateLimiter::Clock::time_point now = RateLimiter::Clock::now()) noexcept {
    if (logged_ || !limit_.allow(now)) return false;
    return logged_ = true;
  }
  /// All is well: whether to log that, because the problem was logged.
  bool recovered() noexcept { return std::exchange(logged_, false); }

 private:
  bool logged_ = false;  // since the last recovery
  RateLimiter limit_{1, std::chrono::minutes(1)};
};

}  // namespace evmicro::detail
