#pragma once

#include <functional>
#include <optional>
#include <utility>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>

namespace evmicro::tool {

/// Waits for the one answer of something that `start` begins: `Call start(callback)`. Answer is a
/// Status or a Result.
template <typename Answer, typename Start>
Answer waitFor(EventLoop& loop, Start start) {
  std::optional<Answer> answer;
  const Call call = start([&answer](Answer given) { answer = std::move(given); });
  const Status turned = loop.runUntil([&answer] { return answer.has_value(); });
  return answer ? std::move(*answer) : Answer(turned);
}

/// Turns `loop` until `done` says true or the user interrupts (SIGINT, SIGTERM). An error when
/// nobody reads stdout any more.
Status runUntilInterrupted(EventLoop& loop, const std::function<bool()>& done);

}  // namespace evmicro::tool
