#include <evmicro/loop_pump.h>

#include <algorithm>
#include <climits>
#include <new>
#include <stdexcept>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/hidden.h"
#include "event/handles.h"
#include "event/loop_event.h"

namespace evmicro {

namespace {

using std::chrono::microseconds;

// Without EPOLL_USE_CHANGELIST, which would tell the kernel of new descriptors only at the next
// dispatch: until then fd() would not become readable for them.
detail::EventBase makePumpedBase() {
  const detail::CHandle<event_config, event_config_free> config(event_config_new());
  if (!config) throw std::bad_alloc();
  event_config_set_flag(config.get(), EVENT_BASE_FLAG_IGNORE_ENV);
  detail::EventBase base(event_base_new_with_config(config.get()));
  if (!base) throw std::runtime_error("evmicro: cannot make an event_base: no descriptor left?");
  return base;
}

microseconds toMicroseconds(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + microseconds(time.tv_usec);
}

// The earliest timeout of the events it is called for.
int findEarliest(const event_base* /*base*/, const event* event, void* context) {
  auto& earliest = *static_cast<std::optional<microseconds>*>(context);
  timeval due{};
  if (event_pending(event, EV_TIMEOUT, &due)) {
    const microseconds time = toMicroseconds(due);
    if (!earliest || time < *earliest) earliest = time;
  }
  return 0;
}

}  // namespace

struct EVMICRO_HIDDEN LoopPump::State {
  State() : base(makePumpedBase()), loop(base.get()) {
    if (loopFd() < 0) throw std::runtime_error("evmicro: LoopPump needs libevent with epoll");
    event_assign(
        &marker, base.get(), -1, 0, [](evutil_socket_t, short, void*) {}, nullptr);
  }
  int loopFd() const noexcept { return detail::LoopEvent::epollOf(loop); }

  // libevent reports when a timeout is due by the wall clock, from an offset that is old if that
  // has been set. A timeout that starts now is reported with the same offset.
  microseconds now() {
    constexpr timeval kHour{3'600, 0};
    timeval due{};
    event_add(&marker, &kHour);
    event_pending(&marker, EV_TIMEOUT, &due);
    event_del(&marker);
    return toMicroseconds(due) - toMicroseconds(kHour);
  }

  const detail::EventBase base;
  EventLoop loop;
  event marker{};
  bool dispatching = false;
};

LoopPump::LoopPump() : state_(std::make_unique<State>()) {}
LoopPump::~LoopPump() = default;

EventLoop& LoopPump::loop() noexcept { return state_->loop; }
int LoopPump::fd() const noexcept { return state_->loopFd(); }

std::optional<microseconds> LoopPump::nextTimeout() {
  event_base* const base = state_->base.get();
  if (event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE) > 0) return microseconds(0);
  std::optional<microseconds> earliest;
  event_base_foreach_event(base, findEarliest, &earliest);
  if (!earliest) return std::nullopt;
  return std::max(*earliest - state_->now(), microseconds(0));
}

int LoopPump::pollTimeout() {
  const auto timeout = nextTimeout();
  if (!timeout) return -1;
  const auto milliseconds = (timeout->count() + 999) / 1'000;
  return static_cast<int>(std::min<decltype(milliseconds)>(milliseconds, INT_MAX));
}

// Without EVLOOP_ONCE it would go on as long as anything is ready.
Status LoopPump::dispatchReady() {
  if (state_->dispatching) {
    return Status::invalid("event loop: dispatchReady() from inside a callback of the loop");
  }
  state_->dispatching = true;
  const int turned = event_base_loop(state_->base.get(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
  state_->dispatching = false;
  return turned < 0 ? Status::internal("event loop: libevent cannot turn the loop") : Status();
}

}  // namespace evmicro
