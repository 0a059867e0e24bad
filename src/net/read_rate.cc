#include "net/read_rate.h"

namespace evmicro::detail {

void ReadRate::wrote(std::size_t bytes) {
  const bool waits = waits_();
  if (deadlineRunning()) {
    expected_ += bytes;
    caughtUp_ = caughtUp_ || !waits;
  } else if (waits) {
    begin();
  }
}

void ReadRate::begin() {
  expected_ = untaken_();
  caughtUp_ = false;
  startDeadline(EventLoop::now() + kWindow);
}

void ReadRate::onDeadline() {
  if (!waits_()) return;
  if (caughtUp_) return begin();
  const std::size_t least = least_ * static_cast<std::size_t>(kWindow.count());
  const bool enough = untaken_() + least <= expected_;
  if (enough) begin();
  const auto onRate = onRate_;
  onRate(enough ? Rate::kEnough : Rate::kTooLow);  // may destroy this
}

}  // namespace evmicro::detail
