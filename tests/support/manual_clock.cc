#include "support/manual_clock.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <optional>
#include <stdexcept>

#include <sys/syscall.h>
#include <unistd.h>

#include <event2/event.h>

#include "support/turn_until.h"

namespace {

// Nanoseconds; 0 while no ManualClock lives. Atomic, because threads of libraries ask for the time.
std::atomic<std::int64_t> stoppedAt{0};

bool isMonotonic(clockid_t clock) {
  return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
         clock == CLOCK_MONOTONIC_RAW;
}

}  // namespace

// The C library's function, for the whole test program: the linker finds this one first, also for
// libstdc++, libevent and libcurl. So the product needs nothing for its time to be faked.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const std::int64_t stopped = stoppedAt.load(std::memory_order_relaxed);
  if (stopped == 0 || !isMonotonic(clock)) {
    return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  }
  time->tv_sec = static_cast<time_t>(stopped / 1'000'000'000);
  time->tv_nsec = static_cast<long>(stopped % 1'000'000'000);
  return 0;
}

namespace evmicro::test {

namespace {

using std::chrono::nanoseconds;

constexpr int kTurnsForIo = 20;
constexpr int kMostSteps = 1'000'000;  // timers that start each other for ever

struct NextTimer {
  const event* probe;
  std::optional<timeval> at;

  static int look(const event_base*, const event* each, void* self) {
    auto& next = *static_cast<NextTimer*>(self);
    timeval at{};
    if (each == next.probe || !event_pending(each, EV_TIMEOUT, &at)) return 0;
    if (!next.at || evutil_timercmp(&at, &*next.at, <)) next.at = at;
    return 0;
  }
};

// How far off the next time-out on the base is, never negative. libevent tells the time of an event
// by the wall clock as it was seconds ago, so it is compared with that of an event that is due now.
std::optional<nanoseconds> untilNextTimer(event_base* base) {
  event* probe = event_new(
      base, -1, 0, [](evutil_socket_t, short, void*) {}, nullptr);
  const timeval immediately{0, 0};
  event_add(probe, &immediately);
  timeval now{};
  event_pending(probe, EV_TIMEOUT, &now);
  NextTimer next{probe, std::nullopt};
  event_base_foreach_event(base, &NextTimer::look, &next);
  event_free(probe);
  if (!next.at) return std::nullopt;
  const auto micros = [](const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; };
  constexpr std::int64_t kFar = std::int64_t{200} * 365 * 86'400 * 1'000'000;  // no overflow
  const std::int64_t wait = micros(*next.at) - micros(now);
  return std::chrono::microseconds(std::clamp<std::int64_t>(wait, 0, kFar));
}

}  // namespace

ManualClock::ManualClock() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  // Whole microseconds, which is as fine as libevent's time.
  const auto micros = std::chrono::ceil<std::chrono::microseconds>(now);
  std::int64_t none = 0;
  if (!stoppedAt.compare_exchange_strong(none, nanoseconds(micros).count())) {
    throw std::logic_error("time stands still already");
  }
}

ManualClock::~ManualClock() { stoppedAt = 0; }

void ManualClock::skip(nanoseconds duration) { stoppedAt += duration.count(); }

void ManualClock::advance(EventLoop& loop, nanoseconds duration) {
  const auto end = EventLoop::now() + duration;
  const auto there = [end] { return EventLoop::now() >= end; };
  if (!advanceUntil(loop, there, duration)) skip(end - EventLoop::now());
  turn(loop);
}

bool ManualClock::advanceUntil(EventLoop& loop, const std::function<bool()>& done,
                               nanoseconds limit) {
  const auto end = EventLoop::now() + limit;
  turn(loop);
  for (int steps = 0; !done(); ++steps) {
    if (steps == kMostSteps) throw std::runtime_error("timers start each other without an end");
    const auto wait = untilNextTimer(loop.base());
    if (!wait || EventLoop::now() + *wait > end) return false;
    skip(*wait);
    turn(loop);
  }
  return true;
}

bool ManualClock::runUntil(EventLoop& loop, const std::function<bool()>& done,
                           std::chrono::milliseconds io) {
  const auto end = EventLoop::now() + std::chrono::hours(1);
  while (!turnUntil(loop, done, io)) {
    // On a busy machine that time may have passed without a turn.
    turn(loop, kTurnsForIo);
    if (done()) return true;
    const auto wait = untilNextTimer(loop.base());
    if (!wait) return turnUntil(loop, done);
    if (EventLoop::now() + *wait > end) return false;
    skip(*wait);
    turn(loop);
  }
  return true;
}

}  // namespace evmicro::test
