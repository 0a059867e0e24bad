#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <evmicro/event_loop.h>

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
  LoopEventList() = default;
  LoopEventList(const LoopEventList&) = delete;
  LoopEventList& operator=(const LoopEventList&) = delete;
  ~LoopEventList() {
    while (first_) first_->detach();
  }

 private:
  friend class LoopEvent;
  LoopEvent* first_ = nullptr;
};

}  // namespace evmicro::detail
