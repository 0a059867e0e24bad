// `evmicro agent`: a registry for development and tests.
#include <csignal>
#include <iostream>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include <evmicro/event_loop.h>

#include "agent/agent.h"
#include "log.h"
#include "service/logging.h"
#include "tool/command.h"

namespace evmicro::tool {

namespace {

struct AgentFlags {
  std::string address = "127.0.0.1:8500";
  std::string node;
  std::string datacenter = "dc1";
  std::string logLevel = "info";
};

ExitCode fail(const Status& status) {
  std::cerr << "evmicro: " << status.detail() << std::endl;
  return kFailed;
}

ExitCode runAgent(const AgentFlags& flags) {
  if (Status status = detail::configureLogging(flags.logLevel, ""); !status.ok()) {
    return fail(status);
  }
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

void addAgentCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<AgentFlags>();  // shared by the parser and the action
  CLI::App* command = app.add_subcommand(
      "agent",
      "Run a registry for development and tests: in memory, one node, speaks the part of "
      "Consul's HTTP API that services use");
  command->add_option("--address", flags->address, "Listen on HOST:PORT; port 0 takes a free one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  command->add_option("--node", flags->node, "Name of the node (default: the host's name)")
      ->type_name("NAME");
  command->add_option("--datacenter", flags->datacenter, "Name of the datacenter")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--log_level", flags->logLevel, "debug, info, warn, error or off")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->type_name("LEVEL")
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return runAgent(*flags); }; });
}

}  // namespace evmicro::tool
