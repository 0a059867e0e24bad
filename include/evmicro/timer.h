#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <evmicro/export.h>

namespace evmicro {

class EventLoop;
namespace detail {
class LoopEvent;
}

/// Runs a function once after a delay. Destroying or stopping the timer cancels: the function will
/// not run. The function may do anything, including destroying the timer or starting it again.
class EVMICRO_EXPORT Timer {
 public:
  /// What the timer runs.
  using Callback = std::function<void()>;

  /// Initially not running. May outlive `loop`, and never fires then.
  Timer(EventLoop& loop, Callback onFire);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  /// Fires once, `delay` from now, never earlier (if that is not positive: in the next turn of the
  /// loop). A running timer is restarted.
  void start(std::chrono::nanoseconds delay);
  void stop() noexcept;
  bool running() const noexcept;

 private:
  static void onEvent(int fd, short what, void* self) noexcept;

  std::shared_ptr<const Callback> onFire_;  // the running callback is a second owner
  const std::unique_ptr<detail::LoopEvent> event_;
};

}  // namespace evmicro
