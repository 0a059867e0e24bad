#include "tool/waiting.h"

#include <cerrno>
#include <csignal>
#include <vector>

#include "tool/output.h"
#include "tool/stdout_watch.h"

namespace evmicro::tool {

Status runUntilInterrupted(EventLoop& loop, const std::function<bool()>& done) {
  bool interrupted = false;
  std::vector<Subscription> signals;
  for (const int signal : {SIGINT, SIGTERM}) {
    Result<Subscription> watch = loop.onSignal(signal, [&interrupted] { interrupted = true; });
    if (!watch.ok()) return watch.status();
    signals.push_back(std::move(*watch));
  }
  bool closed = false;
  const StdoutWatch watch(loop, [&closed] { closed = true; });
  Status turned = loop.runUntil([&] { return interrupted || closed || done(); });
  if (turned.ok() && closed && !done()) return brokenStdout(EPIPE);
  return turned;
}

}  // namespace evmicro::tool
