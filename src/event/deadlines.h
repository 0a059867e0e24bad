#pragma once

#include <cstddef>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/timer.h>

namespace evmicro::detail {

/// The deadlines of many objects on one timer, for work that nearly always ends long before its
/// deadline: starting and stopping a deadline usually costs no timer operation. The timer fires at
/// the earliest deadline it was started for, and then all overdue entries are collected.
class Deadlines {
 public:
  /// One deadline; destroying it stops it.
  class Entry {
   public:
    explicit Entry(Deadlines& all) noexcept : all_(all) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// onDeadline() runs once, in a later turn: at `when` or up to a millisecond later, plus one
    /// for each thousand deadlines. Replaces a running deadline.
    void startDeadline(EventLoop::Clock::time_point when);
    void stopDeadline() noexcept;
    bool deadlineRunning() const noexcept { return place_ != kNowhere; }
    /// @pre deadlineRunning()
    EventLoop::Clock::time_point deadline() const noexcept { return all_.slots_[place_].when; }

   protected:
    virtual ~Entry() { stopDeadline(); }
    /// May destroy this object and the Deadlines.
    virtual void onDeadline() = 0;

   private:
    friend class Deadlines;
    static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

    Deadlines& all_;
    std::size_t place_ = kNowhere;
  };

  /// `loop` must outlive this object, and this object its entries.
  explicit Deadlines(EventLoop& loop);
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

 private:
  struct Slot {
    EventLoop::Clock::time_point when;
    Entry* entry;
  };

  void wakeAt(EventLoop::Clock::time_point when);
  void onTimer();

  std::vector<Slot> slots_;  // unordered; contiguous, because a sweep reads all times
  EventLoop::Clock::time_point armed_{};
  EventLoop::Clock::time_point lastSweep_{};
  Timer timer_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
