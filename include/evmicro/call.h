#pragma once

#include <memory>
#include <utility>

namespace evmicro {

/// A wait that has an owner. Destroying the token cancels at once: after that the callback will
/// not run. After the callback has run (it may destroy the token) the token means nothing.
class [[nodiscard]] Call {
 public:
  Call() = default;
  /// `pending` is any object whose destruction cancels the wait.
  explicit Call(std::shared_ptr<void> pending) : pending_(std::move(pending)) {}
  Call(Call&&) noexcept = default;
  Call& operator=(Call&&) noexcept = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() = default;

  /// Cancels. Does nothing when there is nothing to cancel.
  void cancel() { std::exchange(pending_, nullptr).reset(); }

 private:
  std::shared_ptr<void> pending_;  // shared with nobody but the machinery that holds weak_ptrs
};

/// A standing order, such as a signal handler: destroying it ends it.
using Subscription = Call;

}  // namespace evmicro
