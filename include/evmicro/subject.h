#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/observers.h>
#include <evmicro/status.h>

namespace evmicro {

/// The last known value of something that is followed in a registry, and its observers: with it a
/// registry implements Registry::follow() and followNames(). Reports only real changes, and an
/// outage once. `Value` is compared by `==`; apply sortVersions() to services first.
template <typename Value>
class Subject {
 public:
  /// A new value, or why there is none.
  using Change = Result<Value>;

  /// `onUnused` runs when the last observer has unsubscribed; it may destroy the subject. `loop`
  /// must outlive it.
  Subject(EventLoop& loop, std::function<void()> onUnused)
      : observers_(loop, std::move(onUnused)) {}

  /// `observer` is called until the token is destroyed, always in a later turn: first with the last
  /// value or error, if there is one. It may do anything, including destroying the subject.
  Subscription add(std::function<void(Change)> observer) {
    return observers_.add(std::move(observer), known_);
  }

  /// The registry has reported `value`.
  void publish(Value value) {
    if (known_ && known_->ok() && **known_ == value) return;
    lastGood_ = known_ = std::make_shared<const Change>(std::move(value));
    observers_.notify(known_);
  }
  /// The registry has reported that nothing has changed since the last publish().
  void confirm() {
    if (!lastGood_ || known_ == lastGood_) return;
    known_ = lastGood_;
    observers_.notify(known_);
  }
  /// The registry does not answer. Only the first failure is reported until publish() or confirm().
  void fail(Status why) {
    if (known_ && !known_->ok()) return;
    known_ = std::make_shared<const Change>(std::move(why));
    observers_.notify(known_);
  }

 private:
  std::shared_ptr<const Change> known_;     // null: nothing yet
  std::shared_ptr<const Change> lastGood_;  // the value that confirm() restores
  Observers<Change> observers_;
};

}  // namespace evmicro
