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

/// Those who want to know something. Each is told in a turn of its own, so that a callback may do
/// anything: leave, destroy others, destroy this object and its owner.
template <typename News>
class Audience {
 public:
  using Tell = std::function<void(News)>;
  using NewsPtr = std::shared_ptr<const News>;  // shared by all who have not been told yet

  /// `onEmpty` runs inside the destruction of the last member's token; it may destroy this object.
  explicit Audience(EventLoop& loop, std::function<void()> onEmpty = {})
      : loop_(loop), onEmpty_(std::move(onEmpty)) {}
  Audience(const Audience&) = delete;
  Audience& operator=(const Audience&) = delete;
  /// Nobody is told anything any more.
  ~Audience() = default;

  /// A member until the token goes. Told `first` in a later turn when there is one.
  Subscription add(Tell tell, const NewsPtr& first = nullptr) {
    auto member = std::make_shared<Member>(*this, std::move(tell));
    members_.insert(member.get());
    if (first) member->enqueue(first);
    return Subscription(std::move(member));
  }

  /// Tells every member in a later turn; none is left out, and their order is kept.
  void tell(const NewsPtr& news) {
    for (Member* const member : members_) member->enqueue(news);
  }
  bool empty() const noexcept { return members_.empty(); }

 private:
  class Member {
   public:
    Member(Audience& audience, Tell tell)
        : audience_(audience),
          alive_(audience.lifetime_.watch()),
          tell_(std::make_shared<const Tell>(std::move(tell))) {}
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    ~Member() {
      if (!alive_.expired()) audience_.left(this);
    }

    void enqueue(const NewsPtr& news) {
      due_.push_back(news);
      if (due_.size() == 1) deliverLater();
    }

   private:
    void deliverLater() {
      pending_ = audience_.loop_.defer(audience_.lifetime_.guard([this] { deliver(); }));
    }
    void deliver() {
      const auto tell = tell_;  // survives this object
      const NewsPtr news = std::move(due_.front());
      due_.pop_front();
      if (!due_.empty()) deliverLater();
      (*tell)(*news);  // may destroy this
    }

    Audience& audience_;
    const Lifetime::Watch alive_;
    const std::shared_ptr<const Tell> tell_;
    std::deque<NewsPtr> due_;
    Call pending_;
  };

  void left(Member* member) {
    if (members_.erase(member) == 0 || !members_.empty() || !onEmpty_) return;
    const auto onEmpty = onEmpty_;
    onEmpty();  // may destroy this
  }

  EventLoop& loop_;
  const std::function<void()> onEmpty_;
  std::unordered_set<Member*> members_;  // owned by their tokens
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
