#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <evmicro/call.h>
#include <evmicro/export.h>
#include <evmicro/status.h>

struct event_base;

namespace evmicro {

namespace detail {
class LoopEvent;
class LoopEventList;
}  // namespace detail

/// The one loop of the process: every callback of the library runs on the thread that turns it.
/// Nothing here or elsewhere in the library is thread-safe, except post().
///
/// Either owns its event_base, or borrows the program's: a borrowed base is never dispatched,
/// except by the blocking forms while they wait, and no signal handler is put on it.
class EVMICRO_EXPORT EventLoop {
 public:
  using Clock = std::chrono::steady_clock;

  /// Makes an event_base of its own.
  EventLoop();
  /// Borrows `base`, which must outlive this object.
  explicit EventLoop(event_base* base);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  /// Posted work that has not run is dropped. Timers, calls and subscriptions may outlive the loop:
  /// they are silent then. What takes a loop and does not say so must be gone.
  ~EventLoop();

  /// Turns the loop until stop(). From inside a callback of the loop: an error at once.
  Status run();
  /// Makes run() return after the callback that is running. Harmless when nothing runs.
  void stop();

  /// Turns the loop until `done` says true; looks after each turn. This is how the blocking forms
  /// wait. From inside a callback of the loop: an error at once, and nothing is turned.
  Status runUntil(const std::function<bool()>& done);

  /// Runs `work` in a later turn of the loop, in order. Thread-safe: the only function that is.
  void post(std::function<void()> work);

  /// Runs `work` in a later turn of this loop; destroying the token takes it back.
  Call defer(std::function<void()> work);

  /// Destroys `object` once the callbacks now on the stack have returned.
  void deleteLater(std::shared_ptr<void> object);
  template <typename T>
  void deleteLater(std::unique_ptr<T> object) {
    deleteLater(std::shared_ptr<void>(std::move(object)));
  }

  /// Calls `onSignal` in the loop at each `signal` until the token goes. Needs a loop that owns its
  /// base: one base per process can watch signals, and that choice is the program's.
  /// On a borrowed base: kInvalid.
  Result<Subscription> onSignal(int signal, std::function<void()> onSignal);

  bool ownsBase() const noexcept;
  /// Whether a callback of run() or runUntil() is on the stack.
  bool turning() const noexcept;
  event_base* base() const noexcept;
  static Clock::time_point now() noexcept { return Clock::now(); }

 private:
  friend class detail::LoopEvent;
  detail::LoopEventList& events() noexcept;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evmicro
