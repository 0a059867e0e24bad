#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace evmicro::detail {

/// Lets `burst` events pass at once, and after that one for each `interval` that has gone by: a
/// token bucket. Starts full.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  constexpr RateLimiter(int burst, Clock::duration interval) noexcept
      : burst_(burst), interval_(interval), left_(burst) {}

  /// Whether one more may pass now; counts it if so.
  bool allow(Clock::time_point now) noexcept {
    const std::int64_t gained = (now - filled_) / interval_;
    if (gained > 0) {
      left_ = static_cast<int>(std::min<std::int64_t>(burst_, left_ + gained));
      filled_ = now;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  int burst_;
  Clock::duration interval_;
  int left_;
  Clock::time_point filled_{};  // when the last token came
};

}  // namespace evmicro::detail
