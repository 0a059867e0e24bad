#include "agent/run_agent.h"

#include <csignal>
#include <utility>
#include <vector>

#include <evmicro/event_loop.h>

#include "base/log.h"

namespace evmicro::detail {

Status runAgent(const std::string& address, const AgentOptions& options) {
  EventLoop loop;
  Status outcome;
  auto agent = Agent::open(loop, address, options, [&](Status why) {
    outcome = std::move(why);
    loop.stop();
  });
  if (!agent.ok()) return agent.status();
  std::vector<Subscription> signals;
  for (const int signal : {SIGINT, SIGTERM}) {
    Result<Subscription> watch = loop.onSignal(signal, [&loop] { loop.stop(); });
    if (!watch.ok()) return watch.status();
    signals.push_back(std::move(*watch));
  }
  EVMICRO_LOG_INFO("agent", "Listening on " << (*agent)->address());
  Status ended = loop.run();
  return ended.ok() ? outcome : ended;
}

}  // namespace evmicro::detail
