#pragma once

#include <memory>
#include <utility>

namespace evmicro {

/// The owner of a pending operation. Destroying the token cancels synchronously: the callback will
/// not run afterwards. Once the callback has run (it may destroy the token), the token has no
/// effect.
class [[nodiscard]] Call {
 public:
  Call() = default;
  /// `pending` is any object whose destruction cancels the operation.
  explicit Call(std::shared_ptr<void> pending) : pending_(std::move(pending)) {}
  Call(Call&&) noexcept = default;
  Call& operator=(Call&&) noexcept = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() = default;

  /// Cancels; no effect if nothing is pending.
  void cancel() { std::exchange(pending_, nullptr).reset(); }

 private:
  std::shared_ptr<void> pending_;  // the only owner; the implementation holds weak_ptrs
};

/// A repeating callback; destroying the token unregisters it.
using Subscription = Call;

}  // namespace evmicro
