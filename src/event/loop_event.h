#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <evmicro/event_loop.h>

#include "base/rate_limiter.h"
#include "event/fork_guard.h"

namespace evmicro::detail {

class LoopEventList;

/// An event on the base of a loop, made but not added. It may outlive the loop and the base: the
/// loop's destructor removes it from the base, and it never fires again.
class LoopEvent {
 public:
  /// `what`: EV_READ, EV_SIGNAL ... `context` is handed to `callback`.
  LoopEvent(EventLoop& loop, evutil_socket_t fd, short what, event_callback_fn callback,
            void* context);
  LoopEvent(const LoopEvent&) = delete;
  LoopEvent& operator=(const LoopEvent&) = delete;
  ~LoopEvent() { detach(); }

  /// Null once the loop has been destroyed.
  event* get() noexcept { return list_ ? &event_ : nullptr; }

  /// A timer's: it must not fire earlier.
  EventLoop::Clock::time_point due{};

  /// See ForkGuard::epoll().
  static int epollOf(const EventLoop& loop) noexcept;
  static ForkGuard& guardOf(EventLoop& loop) noexcept;
  /// Limits logging of descriptors that the system does not watch.
  static RateLimiter& refusalsOf(EventLoop& loop) noexcept;

 private:
  friend class LoopEventList;
  void detach() noexcept;

  event event_{};
  LoopEventList* list_;
  LoopEvent* previous_ = nullptr;
  LoopEvent* next_;
};

/// The events of one loop. Destroying it detaches them.
class LoopEventList {
 public:
  /// See ForkGuard.
  LoopEventList(event_base* base, int wake, std::mutex& mutex) : guard_(base, wake, mutex) {}
  LoopEventList(const LoopEventList&) = delete;
  LoopEventList& operator=(const LoopEventList&) = delete;
  ~LoopEventList() {
    while (first_) first_->detach();
  }
  ForkGuard& guard() noexcept { return guard_; }

 private:
  friend class LoopEvent;
  RateLimiter refusals_{4, std::chrono::seconds(1)};
  LoopEvent* first_ = nullptr;
  ForkGuard guard_;
};

/// Whether this process is a child of the one that `loop` belongs to: destructors must not act on
/// what both share. See evmicro/fork.h.
inline bool inherited(EventLoop& loop) noexcept {
  return ForkGuard::anyInherited() && LoopEvent::guardOf(loop).inherited();
}

}  // namespace evmicro::detail
