#include <evmicro/timer.h>

#include <event2/event.h>

#include <evmicro/event_loop.h>

#include "event/loop_event.h"

namespace evmicro {

Timer::Timer(EventLoop& loop, Callback onFire)
    : onFire_(std::make_shared<const Callback>(std::move(onFire))),
      event_(std::make_unique<detail::LoopEvent>(loop, -1, 0, &Timer::onEvent, this)) {}

Timer::~Timer() = default;

void Timer::start(std::chrono::nanoseconds delay) {
  event* const timer = event_->get();
  if (!timer) return;
  timeval time{};
  if (delay.count() > 0) {
    const auto nanos = delay.count();
    const auto micros = nanos / 1'000 + (nanos % 1'000 != 0 ? 1 : 0);  // rounded up: never early
    time.tv_sec = static_cast<time_t>(micros / 1'000'000);
    time.tv_usec = static_cast<suseconds_t>(micros % 1'000'000);
    // Inside a callback libevent counts from its cached time, the beginning of the turn.
    event_base_update_cache_time(event_get_base(timer));
  }
  event_add(timer, &time);
}

void Timer::stop() noexcept {
  if (event* const timer = event_->get()) event_del(timer);
}

bool Timer::running() const noexcept {
  event* const timer = event_->get();
  return timer && event_pending(timer, EV_TIMEOUT, nullptr) != 0;
}

void Timer::onEvent(int /*fd*/, short /*what*/, void* self) noexcept {
  // Holding the function keeps its captures valid if it destroys the Timer.
  const auto onFire = static_cast<Timer*>(self)->onFire_;
  (*onFire)();  // may destroy *self: nothing may follow this line
}

}  // namespace evmicro
