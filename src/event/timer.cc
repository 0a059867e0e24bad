#include <evmicro/timer.h>

#include <event2/event.h>

#include <evmicro/event_loop.h>

#include "event/loop_event.h"

namespace evmicro {

namespace {

void addTimer(event* timer, std::chrono::nanoseconds delay) {
  if (!timer) return;
  timeval time{};
  if (delay.count() > 0) {
    const auto nanos = delay.count();
    const auto micros = nanos / 1'000 + (nanos % 1'000 != 0 ? 1 : 0);  // rounded up
    time.tv_sec = static_cast<time_t>(micros / 1'000'000);
    time.tv_usec = static_cast<suseconds_t>(micros % 1'000'000);
    // Inside a callback libevent counts from its cached time, the beginning of the turn.
    event_base_update_cache_time(event_get_base(timer));
  }
  event_add(timer, &time);
}

}  // namespace

Timer::Timer(EventLoop& loop, Callback onFire)
    : onFire_(std::make_shared<const Callback>(std::move(onFire))),
      event_(std::make_unique<detail::LoopEvent>(loop, -1, 0, &Timer::onEvent, this)) {}

Timer::~Timer() = default;

void Timer::start(std::chrono::nanoseconds delay) {
  using Time = EventLoop::Clock::time_point;
  const Time now = EventLoop::now();
  if (delay.count() <= 0) {
    event_->due = now;
  } else {
    event_->due = delay > Time::max() - now ? Time::max() : now + delay;
  }
  addTimer(event_->get(), delay);
}

void Timer::stop() noexcept {
  if (event* const timer = event_->get()) event_del(timer);
}

bool Timer::running() const noexcept {
  event* const timer = event_->get();
  return timer && event_pending(timer, EV_TIMEOUT, nullptr) != 0;
}

void Timer::onEvent(int /*fd*/, short /*what*/, void* self) noexcept {
  // libevent goes by the system's coarse clock, which is behind by up to a tick, 1 to 10 ms. What
  // was started shortly before a tick fires early.
  detail::LoopEvent& own = *static_cast<Timer*>(self)->event_;
  const auto early = own.due - EventLoop::now();
  if (early.count() > 0) return addTimer(own.get(), early);
  // Holding the function keeps its captures valid if it destroys the Timer.
  const auto onFire = static_cast<Timer*>(self)->onFire_;
  (*onFire)();  // may destroy *self: nothing may follow this line
}

}  // namespace evmicro
