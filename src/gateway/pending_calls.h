#pragma once

#include <list>
#include <utility>

#include <evmicro/call.h>

namespace evmicro::gateway {

/// Operations in progress; no callback runs after this object has been destroyed.
class PendingCalls {
 public:
  PendingCalls() = default;
  PendingCalls(const PendingCalls&) = delete;
  PendingCalls& operator=(const PendingCalls&) = delete;

  /// `start(callback)` starts an operation and returns its token; the callback takes an Answer and
  /// runs in a later turn. `done(answer)` runs in it.
  template <typename Answer, typename Start, typename Done>
  void start(Start start, Done done) {
    const auto place = calls_.emplace(calls_.end());
    *place = start([this, place, done = std::move(done)](Answer answer) {
      const Call ended = std::move(*place);  // destroyed when this returns
      calls_.erase(place);
      done(std::move(answer));
    });
  }

 private:
  std::list<Call> calls_;
};

}  // namespace evmicro::gateway
