#pragma once

#include <chrono>

namespace evmicro::detail {

/// Limits the logging of a recurring problem: one line for its first occurrence after a recovery,
/// and at most one line a minute.
class Burst {
 public:
  /// The problem has occurred. True: log it, and log the recovery when over() returns true.
  bool worthALine() noexcept {
    const auto now = Clock::now();
    if (on_ || now < quietUntil_) return false;
    quietUntil_ = now + kQuiet;
    return on_ = true;
  }
  /// The problem is over. True: it had been logged, so log the recovery.
  bool over() noexcept {
    const bool was = on_;
    on_ = false;
    return was;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kQuiet{60};

  bool on_ = false;
  Clock::time_point quietUntil_{};
};

}  // namespace evmicro::detail
