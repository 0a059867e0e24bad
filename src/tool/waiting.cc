#include "tool/waiting.h"

#include <csignal>
#include <vector>

namespace evmicro::tool {

Status runUntilInterrupted(EventLoop& loop, const std::function<bool()>& done) {
  bool interrupted = false;
  std::vector<Subscription> signals;
  for (const int signal : {SIGINT, SIGTERM}) {
    Result<Subscription> watch = loop.onSignal(signal, [&interrupted] { interrupted = true; });
    if (!watch.ok()) return watch.status();
    signals.push_back(std::move(*watch));
  }
  return loop.runUntil([&] { return interrupted || done(); });
}

}  // namespace evmicro::tool
