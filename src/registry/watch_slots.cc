#include "registry/watch_slots.h"

#include <algorithm>

namespace evmicro::detail {

using std::chrono::milliseconds;

// Half of a fair share: among as many again that began to hold for long, a slot has two users.
milliseconds WatchSlots::wait() const noexcept {
  const std::size_t users = holders_.size() + queue_.size();
  if (users <= options_.slots) return options_.wait;
  const auto share = options_.round.count() * static_cast<milliseconds::rep>(options_.slots) /
                     static_cast<milliseconds::rep>(users) / 2;
  return std::min(options_.wait, std::max(milliseconds(share), milliseconds(100)));
}

void WatchSlots::grant(User& user) {
  holders_.push_back({&user, queue_.empty()});
  user.onSlot();
}

void WatchSlots::request(User& user) {
  if (holders_.size() < options_.slots) {
    grant(user);
    return;
  }
  queue_.push_back(&user);
  const auto held = std::find_if(holders_.begin(), holders_.end(),
                                 [](const Holder& holder) { return holder.isLong; });
  if (held == holders_.end()) return;  // all are short: one will soon be free
  User& longest = *held->user;
  queue_.push_back(&longest);
  holders_.erase(held);
  longest.onRevoked();
  User& next = *queue_.front();
  queue_.pop_front();
  grant(next);
}

void WatchSlots::release(User& user) {
  queue_.erase(std::remove(queue_.begin(), queue_.end(), &user), queue_.end());
  const auto place = std::find_if(holders_.begin(), holders_.end(),
                                  [&](const Holder& holder) { return holder.user == &user; });
  if (place == holders_.end()) return;
  holders_.erase(place);
  if (queue_.empty()) return;
  User& next = *queue_.front();
  queue_.pop_front();
  grant(next);
}

}  // namespace evmicro::detail
