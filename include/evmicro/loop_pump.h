#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <evmicro/event_loop.h>
#include <evmicro/export.h>
#include <evmicro/status.h>

namespace evmicro {

/// Lets a main loop that is not libevent's drive evmicro: poll(2), epoll(7), GLib, Qt, Asio or any
/// other that can wait for a descriptor and a timeout. The program keeps its loop as it is, and
/// adds one descriptor to it:
/// ```
/// evmicro::LoopPump pump;
/// evmicro::Service service(pump.loop(), options);
/// while (running) {
///   pollfd wait[] = {{pump.fd(), POLLIN, 0}, {own, POLLIN, 0}};
///   poll(wait, 2, pump.pollTimeout());
///   pump.dispatchReady();
/// }
/// ```
/// A loop that cannot run code before each wait, such as Asio's or Qt's, sets a timer of its own to
/// nextTimeout() after each dispatchReady(). The program then calls into evmicro from functions
/// that it gives to loop().post(), which makes fd() readable: so the timeout never changes
/// unnoticed.
///
/// Signals stay with the program: EventLoop::onSignal() refuses. The blocking functions of clients
/// may be used before the program's loop runs. Needs Linux's epoll. Not thread-safe.
class EVMICRO_EXPORT LoopPump {
 public:
  /// Throws std::runtime_error without a descriptor left.
  LoopPump();
  LoopPump(const LoopPump&) = delete;
  LoopPump& operator=(const LoopPump&) = delete;
  /// Destroys the loop, see ~EventLoop. Must not run inside a callback of the loop.
  ~LoopPump();

  /// The loop for services and clients, as long as this object lives. Only this object, and
  /// blocking functions, turn it: run() fails.
  EventLoop& loop() noexcept;

  /// Readable when there is work for dispatchReady(). Wait for it to become readable only, and
  /// level-triggered; never read, write or close it. The same until the end, except after
  /// reinitAfterFork().
  int fd() const noexcept;

  /// How long the program may wait for fd() before it calls dispatchReady(): zero if there is work
  /// now, std::nullopt if only fd() matters. Ask again before each wait: any call into evmicro may
  /// change it. Looks at every event of the loop, which takes some microseconds per thousand.
  std::optional<std::chrono::microseconds> nextTimeout();
  /// nextTimeout() for poll(2) and epoll_wait(2): milliseconds, rounded up; -1: no timeout.
  int pollTimeout();

  /// Runs the callbacks that are due now, each at most once, and returns: it never waits, and ends
  /// although new work keeps coming. Harmless if nothing is due. kInvalid inside a callback of the
  /// loop.
  Status dispatchReady();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evmicro
