#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>

namespace evmicro::detail {

/// Shares a limited number of connections among queries that are held for long: Consul refuses an
/// address that opens more than 200. While there are slots for all, each query may be held as long
/// as it likes. When there are not, they take turns, so that nobody waits for more than `round`.
class WatchSlots {
 public:
  /// Whoever sends held queries. Not more than one at a time.
  class Observer {
   public:
    /// It is its turn: send a query that is held for wait() at most.
    virtual void onSlot() = 0;
    /// Another waits: give up the query that is held. It has its place in the queue already.
    virtual void onRevoked() = 0;

   protected:
    ~Observer() = default;
  };

  struct Options {
    std::size_t slots = 32;
    /// How long a query is held when nobody waits.
    std::chrono::milliseconds wait{60'000};
    /// In how much time all have had their turn when they are many.
    std::chrono::milliseconds round{8'000};
  };

  explicit WatchSlots(Options options) : options_(options) {}
  WatchSlots(const WatchSlots&) = delete;
  WatchSlots& operator=(const WatchSlots&) = delete;

  /// From now on there is one more who will ask for a slot again and again.
  void join() noexcept { ++observers_; }
  /// There is one less, and what it has is given back.
  void leave(Observer& observer);

  /// Asks for a slot: onSlot() runs inside this call when one is free, otherwise later.
  void request(Observer& observer);
  /// Gives back what the observer has: a slot, or a place in the queue. Harmless when it has
  /// neither.
  void release(Observer& observer);

  /// How long a query may be held now.
  std::chrono::milliseconds wait() const noexcept;

 private:
  struct Holder {
    Observer* observer;
    bool isLong;  // it began when there was room for all
  };

  void grant(Observer& observer);

  const Options options_;
  std::size_t observers_ = 0;
  std::list<Holder> holders_;  // the longest first
  std::deque<Observer*> queue_;
};

}  // namespace evmicro::detail
