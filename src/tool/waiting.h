#pragma once

#include <functional>
#include <optional>
#include <utility>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>

namespace evmicro::tool {

/// Starts an asynchronous operation with `start(callback)`, which returns its token, and waits for
/// the result. Answer is a Status or a Result.
template <typename Answer, typename Start>
Answer waitFor(EventLoop& loop, Start start) {
  std::optional<Answer> answer;
  const Call call = start([&answer](Answer given) { answer = std::move(given); });
  const Status turned = loop.runUntil([&answer] { return answer.has_value(); });
  return answer ? std::move(*answer) : Answer(turned);
}

/// Turns `loop` until `done` returns true or the user interrupts (SIGINT, SIGTERM). Fails when
/// stdout has been closed by its reader.
Status runUntilInterrupted(EventLoop& loop, const std::function<bool()>& done);

}  // namespace evmicro::tool
