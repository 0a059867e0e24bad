#include "event/loop_event.h"

#include <new>
#include <utility>

namespace evmicro::detail {

LoopEvent::LoopEvent(EventLoop& loop, evutil_socket_t fd, short what, event_callback_fn callback,
                     void* context)
    : list_(&loop.events()), next_(list_->first_) {
  if (event_assign(&event_, loop.base(), fd, what, callback, context) != 0) throw std::bad_alloc();
  if (next_) next_->previous_ = this;
  list_->first_ = this;
}

void LoopEvent::detach() noexcept {
  LoopEventList* const list = std::exchange(list_, nullptr);
  if (!list) return;
  event_del(&event_);
  (previous_ ? previous_->next_ : list->first_) = next_;
  if (next_) next_->previous_ = previous_;
}

ForkGuard& LoopEvent::guardOf(EventLoop& loop) noexcept { return loop.events().guard(); }

RateLimiter& LoopEvent::refusalsOf(EventLoop& loop) noexcept { return loop.events().refusals_; }

// EventLoop has no const access to its events.
int LoopEvent::epollOf(const EventLoop& loop) noexcept {
  return guardOf(const_cast<EventLoop&>(loop)).epoll();
}

}  // namespace evmicro::detail
