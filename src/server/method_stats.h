#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "metrics/buckets.h"

namespace evmicro::detail {

/// Counts the calls of one method. Runs for every call: plain integers, and no clock readings of
/// its own.
class MethodStats {
 public:
  /// The codes that are counted separately; one more counter is for all others. Handlers may return
  /// any number, and each would be a time series of its own.
  static constexpr std::array<int, 15> kCodes = {200, 400, 401, 403, 404, 405, 408, 409,
                                                 429, 499, 500, 501, 502, 503, 504};
  using Latency = Buckets<100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000,
                          250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000>;

  void begun() noexcept { ++running_; }
  /// The call that has begun is a stream.
  void streamOpened() noexcept {
    --running_;
    ++streams_;
  }
  void ended(int code, std::chrono::nanoseconds took) noexcept {
    --running_;
    latency_.observe(took);
    count(code);
  }
  /// A call that never began.
  void refused(int code) noexcept { count(code); }
  void streamEnded(int code) noexcept {
    --streams_;
    count(code);
  }

  std::size_t running() const noexcept { return running_; }
  std::size_t streams() const noexcept { return streams_; }
  /// By index in kCodes; the last is for all other codes.
  const std::array<std::uint64_t, kCodes.size() + 1>& ends() const noexcept { return ends_; }
  const Latency& latency() const noexcept { return latency_; }

 private:
  void count(int code) noexcept {
    std::size_t i = 0;
    while (i < kCodes.size() && kCodes[i] != code) ++i;
    ++ends_[i];
  }

  std::size_t running_ = 0;
  std::size_t streams_ = 0;
  std::array<std::uint64_t, kCodes.size() + 1> ends_{};
  Latency latency_;
};

}  // namespace evmicro::detail
