#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <evmicro/status.h>

#include "registry/followers.h"

namespace evmicro::detail {

/// The last known value of something that is followed in a registry, and its followers. Reports
/// only real changes, and an outage once. See Registry::follow.
template <typename Value>
class Feed {
 public:
  using News = Result<Value>;

  /// `onUnused` runs when the last follower has unsubscribed; it may destroy the feed.
  Feed(EventLoop& loop, std::function<void()> onUnused) : followers_(loop, std::move(onUnused)) {}

  Subscription add(std::function<void(News)> changed) {
    return followers_.add(std::move(changed), known_);
  }

  /// The registry has reported `value`.
  void publish(Value value) {
    if (known_ && known_->ok() && **known_ == value) return;
    lastGood_ = known_ = std::make_shared<const News>(std::move(value));
    followers_.notify(known_);
  }
  /// The registry has reported that nothing has changed since the last publish().
  void confirm() {
    if (!lastGood_ || known_ == lastGood_) return;
    known_ = lastGood_;
    followers_.notify(known_);
  }
  /// The registry does not answer.
  void fail(Status why) {
    if (known_ && !known_->ok()) return;
    known_ = std::make_shared<const News>(std::move(why));
    followers_.notify(known_);
  }

 private:
  std::shared_ptr<const News> known_;     // null: nothing yet
  std::shared_ptr<const News> lastGood_;  // the value that confirm() restores
  Followers<News> followers_;
};

}  // namespace evmicro::detail
