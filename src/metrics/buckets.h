#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <evmicro/metrics.h>

namespace evmicro::detail {

/// A histogram of durations, in buckets with the given upper bounds (microseconds, ascending).
/// Plain integers: an observation allocates nothing and costs a few nanoseconds.
template <std::uint64_t... Bounds>
class Buckets {
 public:
  void observe(std::chrono::nanoseconds time) noexcept {
    const auto nanoseconds = static_cast<std::uint64_t>(time.count() > 0 ? time.count() : 0);
    std::size_t i = 0;
    while (i < kBounds.size() && nanoseconds > kBounds[i] * 1'000) ++i;
    ++counts_[i];
    sum_ += nanoseconds;
  }

  Distribution seconds() const {
    Distribution result;
    for (const std::uint64_t bound : kBounds) {
      result.bounds.push_back(static_cast<double>(bound) / 1e6);
    }
    result.counts.assign(counts_.begin(), counts_.end());
    result.sum = static_cast<double>(sum_) / 1e9;
    return result;
  }

 private:
  static constexpr std::array<std::uint64_t, sizeof...(Bounds)> kBounds{Bounds...};
  std::array<std::uint64_t, sizeof...(Bounds) + 1> counts_{};
  std::uint64_t sum_ = 0;  // nanoseconds
};

}  // namespace evmicro::detail
