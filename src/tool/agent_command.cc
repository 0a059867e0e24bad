// `evmicro agent`: a registry for development and tests.
#include <csignal>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include <evmicro/event_loop.h>

#include "agent/agent.h"
#include "base/log.h"
#include "tool/command.h"
#include "tool/output.h"

namespace evmicro::tool {

namespace {

struct AgentFlags {
  std::string address = "127.0.0.1:8500";
  std::string node;
  std::string datacenter = "dc1";
};

ExitCode runAgent(const AgentFlags& flags) {
  EventLoop loop;
  Status outcome;
  detail::AgentOptions options;
  options.nodeName = flags.node;
  options.datacenter = flags.datacenter;
  auto agent = detail::Agent::open(loop, flags.address, options, [&](Status why) {
    outcome = std::move(why);
    loop.stop();
  });
  if (!agent.ok()) return fail(agent.status());
  std::vector<Subscription> signals;
  for (const int signal : {SIGINT, SIGTERM}) {
    Result<Subscription> watch = loop.onSignal(signal, [&loop] { loop.stop(); });
    if (!watch.ok()) return fail(watch.status());
    signals.push_back(std::move(*watch));
  }
  EVMICRO_LOG_INFO("agent", "Listening on " << (*agent)->address());
  if (Status status = loop.run(); !status.ok()) return fail(status);
  return outcome.ok() ? kDone : fail(outcome);
}

}  // namespace

Action defineAgent(CLI::App& app) {
  app.description(
      "Run a registry for development and tests: in memory, a single node, with the part of "
      "Consul's HTTP API that services use");
  const auto flags = std::make_shared<AgentFlags>();  // shared by the parser and the action
  app.add_option("--address", flags->address, "Listen on HOST:PORT; port 0: the system chooses")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--node", flags->node, "Name of the node (default: the host's name)")
      ->type_name("NAME");
  app.add_option("--datacenter", flags->datacenter, "Name of the datacenter")
      ->type_name("NAME")
      ->capture_default_str();
  return [flags](const ServiceOptions&) { return runAgent(*flags); };
}

}  // namespace evmicro::tool
