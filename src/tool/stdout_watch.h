#pragma once

#include <functional>

#include <evmicro/event_loop.h>

#include "event/handles.h"

namespace evmicro::tool {

/// Detects that the reader of stdout, a pipe or socket, has closed it, even while nothing is being
/// written. Never fires for files and terminals.
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
