#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>

namespace evmicro::detail {

/// Shares a limited number of connections among blocking queries: Consul refuses an address that
/// opens more than 200. While there are slots for all, a query may be held for Options::wait. If
/// there are more queries than slots, they take turns, so that none waits longer than `round`.
class WatchSlots {
 public:
  /// A user of slots: sends blocking queries, one at a time.
  class Observer {
   public:
    /// A slot is granted: send a query that is held for at most wait().
    virtual void onSlot() = 0;
    /// Another user is waiting: cancel the held query. This one is already back in the queue.
    virtual void onRevoked() = 0;

   protected:
    ~Observer() = default;
  };

  struct Options {
    std::size_t slots = 32;
    /// How long a query is held while nobody waits.
    std::chrono::milliseconds wait{60'000};
    /// Within this time every user gets a slot if there are more users than slots.
    std::chrono::milliseconds round{8'000};
  };

  /// How many slots a process takes that may have so many descriptors: most are for others.
  static std::size_t slotsFor(std::size_t descriptors) noexcept;

  explicit WatchSlots(Options options) : options_(options) {}
  WatchSlots(const WatchSlots&) = delete;
  WatchSlots& operator=(const WatchSlots&) = delete;

  /// Adds a user that will request slots repeatedly.
  void join() noexcept { ++observers_; }
  /// Removes a user and releases what it has.
  void leave(Observer& observer);

  /// Requests a slot: onSlot() runs within this call if one is free, otherwise later.
  void request(Observer& observer);
  /// Releases the observer's slot, or its place in the queue. No effect if it has neither.
  void release(Observer& observer);

  /// How long a query may be held now.
  std::chrono::milliseconds wait() const noexcept;

 private:
  struct Holder {
    Observer* observer;
    bool isLong;  // it began while there were slots for all
  };

  void grant(Observer& observer);

  const Options options_;
  std::size_t observers_ = 0;
  std::list<Holder> holders_;  // the oldest first
  std::deque<Observer*> queue_;
};

}  // namespace evmicro::detail
