#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <evmicro/status.h>

#include "registry/audience.h"

namespace evmicro::detail {

/// What a registry knows of one thing that is followed, and who follows it: tells true changes
/// only, and an outage once. See Registry::follow.
template <typename Value>
class Feed {
 public:
  using News = Result<Value>;

  /// `onUnused` runs when the last follower has gone; it may destroy the feed.
  Feed(EventLoop& loop, std::function<void()> onUnused) : audience_(loop, std::move(onUnused)) {}

  Subscription add(std::function<void(News)> changed) {
    return audience_.add(std::move(changed), known_);
  }

  /// The registry says `value`.
  void publish(Value value) {
    if (known_ && known_->ok() && **known_ == value) return;
    lastGood_ = known_ = std::make_shared<const News>(std::move(value));
    audience_.tell(known_);
  }
  /// The registry says that nothing has changed since the last publish().
  void confirm() {
    if (!lastGood_ || known_ == lastGood_) return;
    known_ = lastGood_;
    audience_.tell(known_);
  }
  /// The registry does not answer.
  void fail(Status why) {
    if (known_ && !known_->ok()) return;
    known_ = std::make_shared<const News>(std::move(why));
    audience_.tell(known_);
  }

 private:
  std::shared_ptr<const News> known_;     // null: nothing yet
  std::shared_ptr<const News> lastGood_;  // what confirm() stands for
  Audience<News> audience_;
};

}  // namespace evmicro::detail
