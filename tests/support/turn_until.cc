#include "support/turn_until.h"

#include <cstdint>
#include <stdexcept>
#include <vector>

#include <sys/timerfd.h>

#include <event2/event.h>

#include "event/handles.h"

namespace evmicro::test {

namespace {

int newTimer() { return ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }

// Kept from before the first test: some tests leave the process without a free descriptor.
std::vector<int> spareTimers = {newTimer(), newTimer()};

int takeTimer() {
  if (spareTimers.empty()) return newTimer();
  const int fd = spareTimers.back();
  spareTimers.pop_back();
  return fd;
}

// A timer of the kernel's: no ManualClock stops it.
class RealTimer {
 public:
  RealTimer(EventLoop& loop, std::chrono::milliseconds delay)
      : fd_(takeTimer()), event_(event_new(loop.base(), fd_, EV_READ, &RealTimer::onEvent, this)) {
    itimerspec when{};
    when.it_value.tv_sec = static_cast<time_t>(delay.count() / 1000);
    when.it_value.tv_nsec = static_cast<long>(delay.count() % 1000 * 1'000'000 + 1);
    if (fd_ < 0 || ::timerfd_settime(fd_, 0, &when, nullptr) != 0) {
      throw std::runtime_error("no timerfd");
    }
    event_add(event_.get(), nullptr);
  }
  RealTimer(const RealTimer&) = delete;
  RealTimer& operator=(const RealTimer&) = delete;
  ~RealTimer() {
    event_.reset();
    const itimerspec never{};
    ::timerfd_settime(fd_, 0, &never, nullptr);
    spareTimers.push_back(fd_);
  }

  bool fired() const noexcept { return fired_; }

 private:
  static void onEvent(evutil_socket_t, short, void* self) {
    static_cast<RealTimer*>(self)->fired_ = true;
  }

  bool fired_ = false;
  int fd_;
  detail::EventHandle event_;
};

}  // namespace

bool turnUntil(EventLoop& loop, const std::function<bool()>& done,
               std::chrono::milliseconds limit) {
  const RealTimer watchdog(loop, limit);
  bool isDone = false;
  // What is done in the turn in which the watchdog fires is done all the same.
  const Status turned = loop.runUntil([&] { return (isDone = done()) || watchdog.fired(); });
  return turned.ok() && isDone;
}

void turn(EventLoop& loop, int turns) {
  int left = turns;
  Timer timer(loop, [&] {
    if (--left > 0) timer.start({});
  });
  timer.start({});
  static_cast<void>(loop.runUntil([&] { return left <= 0; }));
}

void runFor(EventLoop& loop, std::chrono::milliseconds time) {
  const RealTimer end(loop, time);
  static_cast<void>(loop.runUntil([&] { return end.fired(); }));
}

}  // namespace evmicro::test
