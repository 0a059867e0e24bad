#pragma once

#include <cstddef>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/timer.h>

namespace evmicro::detail {

/// The deadlines of many objects by one timer, for work that nearly always ends long before its
/// deadline: starting and stopping one costs no timer operation. What is overdue is looked for when
/// the timer fires, which it does at the earliest deadline it was started for.
class Deadlines {
 public:
  /// One deadline; destroying it stops it.
  class Entry {
   public:
    explicit Entry(Deadlines& all) noexcept : all_(all) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// onDeadline() runs once, in a later turn: at `when`, or up to a millisecond (and one more for
    /// each thousand deadlines) later. One that is running is replaced.
    void startDeadline(EventLoop::Clock::time_point when);
    void stopDeadline() noexcept;
    bool deadlineRunning() const noexcept { return place_ != kNowhere; }
    /// @pre deadlineRunning()
    EventLoop::Clock::time_point deadline() const noexcept { return all_.slots_[place_].when; }

   protected:
    virtual ~Entry() { stopDeadline(); }
    /// May destroy this, and the Deadlines.
    virtual void onDeadline() = 0;

   private:
    friend class Deadlines;
    static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

    Deadlines& all_;
    std::size_t place_ = kNowhere;
  };

  /// `loop` must outlive it, and it its entries.
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

  std::vector<Slot> slots_;  // in no order; the times lie together, because all are looked through
  EventLoop::Clock::time_point armed_{};
  EventLoop::Clock::time_point lastSweep_{};
  Timer timer_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
