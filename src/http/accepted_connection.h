#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include <evmicro/event_loop.h>

#include "http/memory_budget.h"

namespace evmicro::detail {

/// An accepted connection, as the limits of its listener see it, whatever protocol it carries: the
/// memory that it holds (MemoryBudget), and whether it may be closed in favour of a new one
/// (Admission).
class AcceptedConnection : public MemoryBudget::Holder {
 public:
  /// In this order they give way.
  enum class Rank {
    kSilent,  ///< has never sent a message
    kIdle,    ///< has sent one, and nothing since
    kSlow     ///< sends a further one at less than kLeastRate
  };
  /// Of a connection that may be closed for being idle.
  struct Idleness {
    Rank rank;
    EventLoop::Clock::time_point since;
  };
  /// A further message, which has not arrived completely.
  struct Arriving {
    EventLoop::Clock::time_point since;  ///< its first byte
    std::size_t bytes;
  };
  /// Bytes per second.
  static constexpr std::size_t kLeastRate = 1U << 10;

  /// nullopt: the message arrives fast enough.
  static std::optional<Idleness> idlenessOf(const Arriving& message) noexcept {
    using Milliseconds = std::chrono::milliseconds;
    const auto age =
        std::chrono::duration_cast<Milliseconds>(EventLoop::now() - message.since).count();
    const bool slow = message.bytes < kLeastRate * static_cast<std::size_t>(age) / 1'000;
    return slow ? std::optional<Idleness>({Rank::kSlow, message.since}) : std::nullopt;
  }

 protected:
  AcceptedConnection() = default;
  /// Admission::remove() comes first.
  ~AcceptedConnection() override = default;

  /// giveWay() was called, and Admission::mayClose() was not yet.
  bool givingWay() const noexcept { return givingWay_; }

 private:
  friend class Admission;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  /// nullopt: it is busy, or must not be closed. Without a message of its peer it counts as idle,
  /// however slowly that sends one.
  virtual std::optional<Idleness> idleness() const noexcept = 0;
  /// Whether nothing has been received that was not read yet. Makes a system call.
  virtual bool quiet() const noexcept = 0;
  /// Closes it in a later turn, if Admission::mayClose() still says so then.
  virtual void giveWay() = 0;

  std::size_t place_ = kNowhere;  // in the Admission
  bool givingWay_ = false;
  bool turnedAway_ = false;
};

}  // namespace evmicro::detail
