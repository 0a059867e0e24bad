#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <evmicro/lifetime.h>

namespace evmicro::detail {

/// The user's token of a subscription: destroying it calls `owner.end(subscriber)`, unless the
/// owner has been destroyed before.
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

/// Calls all functions in `waiting` that are not empty, until one of them destroys the owner.
/// `waiting` must not be a member of the owner.
inline void tellAll(const std::vector<std::function<void()>>& waiting,
                    const Lifetime::Watch& alive) {
  for (const auto& tell : waiting) {
    if (alive.expired()) return;
    if (tell) tell();
  }
}

}  // namespace evmicro::detail
