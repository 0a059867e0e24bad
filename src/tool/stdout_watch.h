#pragma once

#include <functional>

#include <evmicro/event_loop.h>

#include "event/handles.h"

namespace evmicro::tool {

/// Notices that nobody reads stdout any more, while nothing is written to it: a pipe or socket
/// whose other end has been closed. Files and terminals are never closed in this sense.
class StdoutWatch {
 public:
  /// `onClosed` runs at most once, in the loop, which must outlive the watch.
  StdoutWatch(EventLoop& loop, std::function<void()> onClosed);
  StdoutWatch(const StdoutWatch&) = delete;
  StdoutWatch& operator=(const StdoutWatch&) = delete;
  ~StdoutWatch() = default;

 private:
  static void onEvent(int descriptor, short what, void* self) noexcept;

  std::function<void()> onClosed_;
  detail::EventHandle event_;  // null: nothing to watch
};

}  // namespace evmicro::tool
