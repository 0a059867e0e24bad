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

/// The event loop: every callback of the library runs on the thread that turns it. Nothing in the
/// library is thread-safe unless its documentation says so; of this class only post() is.
///
/// It either owns its event_base or borrows the program's. A borrowed base is dispatched only by
/// the blocking functions while they wait, and no signal handler is installed on it.
class EVMICRO_EXPORT EventLoop {
 public:
  /// The clock of timers and deadlines.
  using Clock = std::chrono::steady_clock;

  /// Makes an event_base of its own. The loop then belongs to the process: standard streams that
  /// are closed are opened as /dev/null, so that no socket takes their place, and SIGPIPE is
  /// ignored if it has no handler. Throws std::runtime_error without a descriptor left.
  EventLoop();
  /// Borrows `base`, which must outlive this object. SIGPIPE is ignored if it has no handler.
  explicit EventLoop(event_base* base);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  /// Posted work that has not run is dropped. Timers, calls and subscriptions may outlive the loop;
  /// their callbacks never run then. Other objects that use the loop must be destroyed before it,
  /// unless they say otherwise.
  ~EventLoop();

  /// Turns the loop until stop(). Called from inside a callback of the loop, it fails at once.
  Status run();
  /// Makes run() return after the current callback. No effect if run() is not active.
  void stop();

  /// Turns the loop until `done` returns true; checks it after each turn. The blocking functions
  /// wait with it. Called from inside a callback of the loop, it fails at once without turning.
  Status runUntil(const std::function<bool()>& done);

  /// Runs `work` in a later turn of the loop, in the order of posting. Thread-safe.
  void post(std::function<void()> work);

  /// Runs `work` in a later turn of the loop; destroying the token cancels it.
  Call defer(std::function<void()> work);

  /// Destroys `object` after the callbacks that are on the stack now have returned.
  void deleteLater(std::shared_ptr<void> object);
  template <typename T>
  void deleteLater(std::unique_ptr<T> object) {
    deleteLater(std::shared_ptr<void>(std::move(object)));
  }

  /// Calls `onSignal` from the loop at each `signal` until the token is dropped. Several loops may
  /// watch one signal, and each is told. While any of them does, evmicro's handler takes the place
  /// of the process's; the last token to be dropped puts that back. kInvalid on a borrowed base:
  /// signals are its owner's. kInternal: the signal cannot be watched.
  Result<Subscription> onSignal(int signal, std::function<void()> onSignal);

  /// False if the event_base was borrowed.
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
