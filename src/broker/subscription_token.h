#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <evmicro/lifetime.h>

namespace evmicro::detail {

/// What a user holds of a subscription: its destruction calls `owner.end(subscriber)`, unless the
/// owner has gone before.
template <typename Owner, typename Subscriber>
class SubscriptionToken {
 public:
  SubscriptionToken(Owner& owner, Lifetime::Watch alive, std::shared_ptr<Subscriber> subscriber)
      : owner_(owner), alive_(std::move(alive)), subscriber_(std::move(subscriber)) {}
  SubscriptionToken(const SubscriptionToken&) = delete;
  SubscriptionToken& operator=(const SubscriptionToken&) = delete;
  ~SubscriptionToken() {
    if (!alive_.expired()) owner_.end(subscriber_);
  }

 private:
  Owner& owner_;
  const Lifetime::Watch alive_;
  const std::shared_ptr<Subscriber> subscriber_;  // shared with the owner
};

/// Tells all that wait, until one of them destroys their owner. `waiting` must not be its member.
inline void tellAll(const std::vector<std::function<void()>>& waiting,
                    const Lifetime::Watch& alive) {
  for (const auto& tell : waiting) {
    if (alive.expired()) return;
    tell();
  }
}

}  // namespace evmicro::detail
