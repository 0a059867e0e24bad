#pragma once

#include <chrono>

namespace evmicro::detail {

/// Decides which of many troubles of one kind are worth a line of the log: the first after all was
/// well, and none within a minute of the line before.
class Burst {
 public:
  /// Another trouble. True: log it, and that it is over when over() says so, too.
  bool worthALine() noexcept {
    const auto now = Clock::now();
    if (on_ || now < quietUntil_) return false;
    quietUntil_ = now + kQuiet;
    return on_ = true;
  }
  /// All is well. True: somebody has read that it was not.
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
