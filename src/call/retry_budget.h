#pragma once

#include <algorithm>
#include <cstdint>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>

namespace evmicro::detail {

/// What a client may add to the load of its nodes, see RetryBudgetOptions: a bucket of tokens that
/// calls fill and repetitions empty. On the path of every call is earn() alone.
class RetryBudget {
 public:
  explicit RetryBudget(const RetryBudgetOptions& options) noexcept;

  /// A call has begun.
  void earn() noexcept { balance_ = std::min(balance_ + perCall_, most_); }
  /// Pays for one repetition; false: there is nothing left.
  bool spend() noexcept;
  /// What was paid for did not happen.
  void refund() noexcept;

  std::uint64_t spent() const noexcept { return spent_; }
  std::uint64_t exhausted() const noexcept { return exhausted_; }

 private:
  // Hundredths of a repetition.
  const std::int64_t perCall_;
  const std::int64_t reserve_;
  const std::int64_t most_;
  std::int64_t balance_;
  EventLoop::Clock::time_point refilled_;
  std::uint64_t spent_ = 0;
  std::uint64_t exhausted_ = 0;
};

}  // namespace evmicro::detail
