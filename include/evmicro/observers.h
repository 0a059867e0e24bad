#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <unordered_set>
#include <utility>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

namespace evmicro {

/// A list of observers: functions that are notified of changes. Each is called in a separate turn
/// of the loop, so it may do anything: unsubscribe, destroy others, destroy this object and its
/// owner.
template <typename Change>
class Observers {
 public:
  /// Called for each change, in a later turn of the loop.
  using Notify = std::function<void(Change)>;
  using ChangePtr = std::shared_ptr<const Change>;  ///< shared by all pending notifications

  /// `onEmpty` runs within the destruction of the last observer's token; it may destroy this
  /// object. `loop` must outlive it.
  explicit Observers(EventLoop& loop, std::function<void()> onEmpty = {})
      : loop_(loop), onEmpty_(std::move(onEmpty)) {}
  Observers(const Observers&) = delete;
  Observers& operator=(const Observers&) = delete;
  /// Cancels pending notifications; the tokens mean nothing from now on.
  ~Observers() = default;

  /// `notify` is called until the token is destroyed, first with `first` unless that is null.
  Subscription add(Notify notify, const ChangePtr& first = nullptr) {
    auto observer = std::make_shared<Observer>(*this, std::move(notify));
    observers_.insert(observer.get());
    if (first) observer->enqueue(first);
    return Subscription(std::move(observer));
  }

  /// Notifies every observer in a later turn. Each gets every change, in order.
  void notify(const ChangePtr& change) {
    for (Observer* const observer : observers_) observer->enqueue(change);
  }
  /// Whether there is no observer.
  bool empty() const noexcept { return observers_.empty(); }

 private:
  class Observer {
   public:
    Observer(Observers& all, Notify notify)
        : all_(all),
          alive_(all.lifetime_.watch()),
          notify_(std::make_shared<const Notify>(std::move(notify))) {}
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    ~Observer() {
      if (!alive_.expired()) all_.remove(this);
    }

    void enqueue(const ChangePtr& change) {
      due_.push_back(change);
      if (due_.size() == 1) deliverLater();
    }

   private:
    void deliverLater() {
      pending_ = all_.loop_.defer(all_.lifetime_.guard([this] { deliver(); }));
    }
    void deliver() {
      const auto notify = notify_;  // survives this object
      const ChangePtr change = std::move(due_.front());
      due_.pop_front();
      if (!due_.empty()) deliverLater();
      (*notify)(*change);  // may destroy this
    }

    Observers& all_;
    const Lifetime::Watch alive_;
    const std::shared_ptr<const Notify> notify_;
    std::deque<ChangePtr> due_;
    Call pending_;
  };

  void remove(Observer* observer) {
    if (observers_.erase(observer) == 0 || !observers_.empty() || !onEmpty_) return;
    const auto onEmpty = onEmpty_;
    onEmpty();  // may destroy this
  }

  EventLoop& loop_;
  const std::function<void()> onEmpty_;
  std::unordered_set<Observer*> observers_;  // owned by their tokens
  Lifetime lifetime_;
};

}  // namespace evmicro
