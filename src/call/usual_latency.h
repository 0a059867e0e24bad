#pragma once

#include <chrono>

namespace evmicro::detail {

/// The usual latency of a node: moving mean and deviation, computed as for TCP's retransmission
/// timeout (RFC 6298).
class UsualLatency {
 public:
  using Duration = std::chrono::nanoseconds;

  void add(Duration sample) noexcept {
    if (!known_) {
      known_ = true;
      mean_ = sample;
      deviation_ = sample / 2;
      return;
    }
    const Duration off = sample > mean_ ? sample - mean_ : mean_ - sample;
    deviation_ += (off - deviation_) / 4;
    mean_ += (sample - mean_) / 8;
  }

  bool known() const noexcept { return known_; }
  Duration mean() const noexcept { return mean_; }
  /// An answer that takes longer is unusually late.
  Duration bound() const noexcept { return 2 * mean_ + 4 * deviation_; }

 private:
  bool known_ = false;
  Duration mean_{0};
  Duration deviation_{0};
};

}  // namespace evmicro::detail
