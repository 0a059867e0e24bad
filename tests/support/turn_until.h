#pragma once

#include <chrono>
#include <functional>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

namespace evmicro::test {

/// Turns `loop` until `done` says true; false when a watchdog had to end the wait.
inline bool turnUntil(EventLoop& loop, const std::function<bool()>& done,
                      std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  bool late = false;
  Timer watchdog(loop, [&late] { late = true; });
  watchdog.start(limit);
  const Status turned = loop.runUntil([&] { return late || done(); });
  return turned.ok() && !late;
}

/// Turns `loop` until `turns` timers of 0 ms have fired one after the other: whatever was due in
/// "a later turn" has run then, as far as it does not wait for a descriptor.
inline void turn(EventLoop& loop, int turns = 5) {
  int left = turns;
  Timer timer(loop, [&] {
    if (--left > 0) timer.start({});
  });
  timer.start({});
  static_cast<void>(loop.runUntil([&] { return left <= 0; }));
}

}  // namespace evmicro::test
