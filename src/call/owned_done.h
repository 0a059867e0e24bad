#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <evmicro/pending.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// A completion that its owner can abandon, see Pending.
class OwnedDone final : public Abandonable {
 public:
  using Done = std::function<void(Status)>;

  explicit OwnedDone(Done done) : done_(std::move(done)) {}

  void abandon() noexcept override { done_ = nullptr; }
  /// A function that runs the completion of `self` once, unless it is empty or has been abandoned.
  static Done of(std::shared_ptr<OwnedDone> self) {
    return [self = std::move(self)](Status status) {
      const Done done = std::exchange(self->done_, nullptr);
      if (done) done(std::move(status));
    };
  }

 private:
  Done done_;
};

}  // namespace evmicro::detail
