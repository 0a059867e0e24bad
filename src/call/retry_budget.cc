#include "call/retry_budget.h"

namespace evmicro::detail {

namespace {

constexpr std::int64_t kOne = 100;
constexpr int kSavings = 10;

}  // namespace

RetryBudget::RetryBudget(const RetryBudgetOptions& options) noexcept
    : perCall_(std::max(options.percent, 0)),
      reserve_(std::max(options.reserve, 0) * kOne),
      most_(std::max(kSavings * reserve_, kOne)),
      balance_(reserve_),
      refilled_(EventLoop::now()) {}

// The reserve comes back by whole repetitions, so that no time is lost in rounding.
bool RetryBudget::spend() noexcept {
  const auto passed =
      std::chrono::duration_cast<std::chrono::seconds>(EventLoop::now() - refilled_);
  if (passed.count() > 0) {
    refilled_ += passed;
    balance_ =
        std::max(balance_, std::min<std::int64_t>(balance_ + passed.count() * kOne, reserve_));
  }
  if (balance_ < kOne) {
    ++exhausted_;
    return false;
  }
  balance_ -= kOne;
  ++spent_;
  return true;
}

void RetryBudget::refund() noexcept {
  balance_ += kOne;
  --spent_;
}

}  // namespace evmicro::detail
