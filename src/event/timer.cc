#include <evmicro/timer.h>

#include <new>

#include <event2/event.h>

#include <evmicro/event_loop.h>

namespace evmicro {

Timer::Timer(EventLoop& loop, Callback onFire)
    : onFire_(std::make_shared<const Callback>(std::move(onFire))),
      event_(event_new(loop.base(), -1, 0, &Timer::onEvent, this)) {
  if (!event_) throw std::bad_alloc();
}

Timer::~Timer() { event_free(event_); }

void Timer::start(std::chrono::nanoseconds delay) {
  timeval time{};
  if (delay.count() > 0) {
    const auto nanos = delay.count();
    const auto micros = nanos / 1'000 + (nanos % 1'000 != 0 ? 1 : 0);  // up: never early
    time.tv_sec = static_cast<time_t>(micros / 1'000'000);
    time.tv_usec = static_cast<suseconds_t>(micros % 1'000'000);
    // Inside a callback libevent counts from the beginning of the turn, which may be long ago.
    event_base_update_cache_time(event_get_base(event_));
  }
  event_add(event_, &time);
}

void Timer::stop() noexcept { event_del(event_); }

bool Timer::running() const noexcept { return event_pending(event_, EV_TIMEOUT, nullptr) != 0; }

void Timer::onEvent(int /*fd*/, short /*what*/, void* self) noexcept {
  // Holding the function keeps its captures valid if it destroys the Timer.
  const auto onFire = static_cast<Timer*>(self)->onFire_;
  (*onFire)();  // *self may be gone now: nothing may follow this line
}

}  // namespace evmicro
