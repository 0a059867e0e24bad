#pragma once

#include <chrono>
#include <random>

namespace evmicro::detail {

/// How long to pause between attempts that fail: `first`, then twice the pause before, `longest` at
/// most.
struct BackoffPolicy {
  std::chrono::milliseconds first{100};
  std::chrono::milliseconds longest{5'000};
  /// By how many per cent at most a pause is shortened at random, so that clients that failed
  /// together do not come back together.
  int jitter = 50;

  /// The pause after so many failures in a row (1 or more), before jitter.
  constexpr std::chrono::milliseconds after(unsigned failures) const noexcept {
    std::chrono::milliseconds pause = first;
    while (failures-- > 1 && pause < longest) pause *= 2;
    return pause < longest ? pause : longest;
  }
  /// The same with jitter.
  std::chrono::milliseconds after(unsigned failures, std::minstd_rand& random) const;
};

/// A random time from `percent` less than `longest` up to `longest`.
std::chrono::milliseconds jittered(std::chrono::milliseconds longest, int percent,
                                   std::minstd_rand& random);

/// Exponential backoff: a policy, and the number of failures since the last success.
class Backoff {
 public:
  explicit constexpr Backoff(BackoffPolicy policy) noexcept : policy_(policy) {}

  /// Another failure: the pause before the next attempt, without jitter.
  std::chrono::milliseconds next() noexcept { return policy_.after(count()); }
  /// The same with jitter.
  std::chrono::milliseconds next(std::minstd_rand& random) {
    return policy_.after(count(), random);
  }
  /// A success: the next pause is the first again.
  void reset() noexcept { failures_ = 0; }
  /// Whether the last attempt failed.
  bool failing() const noexcept { return failures_ > 0; }

 private:
  unsigned count() noexcept { return failures_ = failures_ < kMost ? failures_ + 1 : kMost; }

  static constexpr unsigned kMost = 64;  // any pause has reached its limit by then

  BackoffPolicy policy_;
  unsigned failures_ = 0;
};

}  // namespace evmicro::detail
