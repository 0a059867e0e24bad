#pragma once

#include <cstddef>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/timer.h>

namespace evmicro::detail {

/// The deadlines of many calls by one timer. Nearly every call ends long before its deadline: so
/// starting and stopping costs no timer operation, and what is overdue is looked for when the timer
/// fires, which it does at the earliest deadline it has heard of.
class CallDeadlines {
 public:
  /// One deadline; destroying it stops it.
  class Entry {
   public:
    explicit Entry(CallDeadlines& all) noexcept : all_(all) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// onDeadline() runs once, at `when` or up to a millisecond later. @pre not running
    void startDeadline(EventLoop::Clock::time_point when);
    void stopDeadline() noexcept;

   protected:
    virtual ~Entry() { stopDeadline(); }
    /// May destroy this, and the CallDeadlines.
    virtual void onDeadline() = 0;

   private:
    friend class CallDeadlines;
    static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

    CallDeadlines& all_;
    std::size_t place_ = kNowhere;
    EventLoop::Clock::time_point when_{};
  };

  /// `loop` must outlive it, and it its entries.
  explicit CallDeadlines(EventLoop& loop);
  CallDeadlines(const CallDeadlines&) = delete;
  CallDeadlines& operator=(const CallDeadlines&) = delete;

 private:
  void onTimer();

  std::vector<Entry*> entries_;  // in no order
  EventLoop::Clock::time_point armed_{};
  Timer timer_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
