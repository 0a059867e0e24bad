#include "registry/consul/watch_slots.h"

#include <algorithm>
#include <functional>

namespace evmicro::detail {

using std::chrono::milliseconds;

// Half of a fair share: next to queries that were sent when there was room, a slot has two users.
milliseconds WatchSlots::wait() const noexcept {
  if (observers_ <= options_.slots) return options_.wait;
  const auto share = options_.round.count() * static_cast<milliseconds::rep>(options_.slots) /
                     static_cast<milliseconds::rep>(observers_) / 2;
  return std::min(options_.wait, std::max(milliseconds(share), milliseconds(100)));
}

std::size_t WatchSlots::slotsFor(std::size_t descriptors) noexcept {
  return std::clamp<std::size_t>(descriptors / 8, 1, Options().slots);
}

void WatchSlots::leave(Observer& observer) {
  --observers_;
  release(observer);
}

void WatchSlots::grant(Observer& observer) {
  holders_.push_back({&observer, observers_ <= options_.slots});
  observer.onSlot();
}

void WatchSlots::request(Observer& observer) {
  if (holders_.size() < options_.slots) {
    grant(observer);
    return;
  }
  queue_.push_back(&observer);
  const auto isLong = [](const Holder& holder) { return holder.isLong; };
  const auto brief = std::count_if(holders_.begin(), holders_.end(), std::not_fn(isLong));
  const auto longest = std::find_if(holders_.begin(), holders_.end(), isLong);
  // If a slot will soon be free for each that waits, none needs to be revoked.
  if (static_cast<std::size_t>(brief) >= queue_.size() || longest == holders_.end()) return;
  Observer& revoked = *longest->observer;
  queue_.push_back(&revoked);
  holders_.erase(longest);
  revoked.onRevoked();
  Observer& next = *queue_.front();
  queue_.pop_front();
  grant(next);
}

void WatchSlots::release(Observer& observer) {
  queue_.erase(std::remove(queue_.begin(), queue_.end(), &observer), queue_.end());
  const auto place = std::find_if(holders_.begin(), holders_.end(), [&](const Holder& holder) {
    return holder.observer == &observer;
  });
  if (place == holders_.end()) return;
  holders_.erase(place);
  if (queue_.empty()) return;
  Observer& next = *queue_.front();
  queue_.pop_front();
  grant(next);
}

}  // namespace evmicro::detail
