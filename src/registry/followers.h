#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <unordered_set>
#include <utility>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

namespace evmicro::detail {

/// The followers of something. Each is notified in a turn of its own, so that a callback may do
/// anything: unsubscribe itself or others, destroy this object and its owner.
template <typename News>
class Followers {
 public:
  using Changed = std::function<void(News)>;
  using NewsPtr = std::shared_ptr<const News>;  // shared by those not notified yet

  /// `onEmpty` runs within the destructor of the last follower's token; it may destroy this object.
  explicit Followers(EventLoop& loop, std::function<void()> onEmpty = {})
      : loop_(loop), onEmpty_(std::move(onEmpty)) {}
  Followers(const Followers&) = delete;
  Followers& operator=(const Followers&) = delete;
  /// No callback runs afterwards.
  ~Followers() = default;

  /// Adds a follower until the token is destroyed. It is notified of `first` in a later turn, if
  /// given.
  Subscription add(Changed changed, const NewsPtr& first = nullptr) {
    auto follower = std::make_shared<Follower>(*this, std::move(changed));
    all_.insert(follower.get());
    if (first) follower->enqueue(first);
    return Subscription(std::move(follower));
  }

  /// Notifies every follower in a later turn; none is left out, and their order is kept.
  void notify(const NewsPtr& news) {
    for (Follower* const follower : all_) follower->enqueue(news);
  }
  bool empty() const noexcept { return all_.empty(); }

 private:
  class Follower {
   public:
    Follower(Followers& followers, Changed changed)
        : followers_(followers),
          alive_(followers.lifetime_.watch()),
          changed_(std::make_shared<const Changed>(std::move(changed))) {}
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
    ~Follower() {
      if (!alive_.expired()) followers_.left(this);
    }

    void enqueue(const NewsPtr& news) {
      due_.push_back(news);
      if (due_.size() == 1) deliverLater();
    }

   private:
    void deliverLater() {
      pending_ = followers_.loop_.defer(followers_.lifetime_.guard([this] { deliver(); }));
    }
    void deliver() {
      const auto changed = changed_;  // survives this object
      const NewsPtr news = std::move(due_.front());
      due_.pop_front();
      if (!due_.empty()) deliverLater();
      (*changed)(*news);  // may destroy this
    }

    Followers& followers_;
    const Lifetime::Watch alive_;
    const std::shared_ptr<const Changed> changed_;
    std::deque<NewsPtr> due_;
    Call pending_;
  };

  void left(Follower* follower) {
    if (all_.erase(follower) == 0 || !all_.empty() || !onEmpty_) return;
    const auto onEmpty = onEmpty_;
    onEmpty();  // may destroy this
  }

  EventLoop& loop_;
  const std::function<void()> onEmpty_;
  std::unordered_set<Follower*> all_;  // owned by their tokens
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
