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

/// Runs a function once after a time. Destroying or stopping it cancels: the function will not run.
/// The function may do anything, destroying the timer and starting it again included.
class EVMICRO_EXPORT Timer {
 public:
  using Callback = std::function<void()>;

  /// Not running yet. May outlive `loop`, and then never fires.
  Timer(EventLoop& loop, Callback onFire);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  /// Fires once, `delay` from now (at once, in a later turn, when not positive). A running timer
  /// starts anew.
  void start(std::chrono::nanoseconds delay);
  void stop() noexcept;
  bool running() const noexcept;

 private:
  static void onEvent(int fd, short what, void* self) noexcept;

  std::shared_ptr<const Callback> onFire_;  // a second owner while the callback runs
  const std::unique_ptr<detail::LoopEvent> event_;
};

}  // namespace evmicro
