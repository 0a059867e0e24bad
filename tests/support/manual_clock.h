#pragma once

#include <chrono>
#include <functional>

#include <evmicro/event_loop.h>

namespace evmicro::test {

/// While one lives, time stands still and moves only by what is called here. That holds for all
/// that asks the monotonic clock: EventLoop::now(), Timer, the time-outs of libevent and libcurl.
/// A machine that is busy cannot make anything late, and an hour costs nothing.
///
/// Make it before the loop and destroy it after. The wall clock goes on, and so do other processes:
/// what involves a real server waits with turnUntil(), whose watchdog goes by real time.
class ManualClock {
 public:
  ManualClock();
  ManualClock(const ManualClock&) = delete;
  ManualClock& operator=(const ManualClock&) = delete;
  ~ManualClock();

  /// Moves time on by `duration`. Every timer of `loop` that falls due runs, in order, each at its
  /// own time. I/O is done in between as far as it is ready; where a timer must not fire before
  /// some bytes have come, call turnUntil() first.
  void advance(EventLoop& loop, std::chrono::nanoseconds duration);

  /// Goes from timer to timer of `loop` until `done`; false when that takes longer than `limit` or
  /// no timer is left. Says nothing about I/O either: see advance().
  bool advanceUntil(EventLoop& loop, const std::function<bool()>& done,
                    std::chrono::nanoseconds limit = std::chrono::hours(1));

  /// The same for what needs both, I/O and time: gives I/O `io` of real time, and some turns of
  /// the loop at least, before each timer. Not
  /// for cases in which a time-out must lose against bytes that are under way.
  bool runUntil(EventLoop& loop, const std::function<bool()>& done,
                std::chrono::milliseconds io = std::chrono::milliseconds(2));

  /// Moves time on and turns nothing, as a callback does that takes so long.
  void skip(std::chrono::nanoseconds duration);
};

}  // namespace evmicro::test
