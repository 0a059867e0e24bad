#pragma once

#include <chrono>
#include <functional>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

namespace evmicro::test {

/// Turns `loop` until `done` says true; false when that takes longer than `limit`. The limit goes
/// by real time, also while a ManualClock lives.
bool turnUntil(EventLoop& loop, const std::function<bool()>& done,
               std::chrono::milliseconds limit = std::chrono::seconds(20));

/// Turns `loop` until `turns` timers of 0 ms have fired one after the other: whatever was due in
/// "a later turn" has run then, as far as it does not wait for a descriptor.
void turn(EventLoop& loop, int turns = 5);

/// Turns `loop` for so long, by real time.
void runFor(EventLoop& loop, std::chrono::milliseconds time);

}  // namespace evmicro::test
