#include "integration/greeter_process.h"

#include <stdexcept>
#include <utility>

#include "support/registry_query.h"

namespace evmicro::test {

namespace {

const std::string kExamples = TEST_BUILD_DIR "/examples/";

std::vector<std::string> commandOf(const std::string& program, const std::string& registry,
                                   const std::vector<std::string>& flags) {
  std::vector<std::string> command = {kExamples + program, "--registry_address", registry};
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

std::vector<std::string> with(std::vector<std::string> flags,
                              const std::vector<std::string>& more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

// What follows "Listening on " in a line, but not in that of its broker.
std::string ownAddress(const std::string& log) {
  const std::string mark = "Listening on ";
  const std::string broker = "Broker ";
  for (auto at = log.find(mark); at != std::string::npos; at = log.find(mark, at + 1)) {
    if (at >= broker.size() && log.compare(at - broker.size(), broker.size(), broker) == 0)
      continue;
    return log.substr(at + mark.size(), log.find('\n', at) - at - mark.size());
  }
  return {};
}

}  // namespace

ServiceProcess::ServiceProcess(const std::string& program, const std::string& registry,
                               const std::vector<std::string>& flags, ProcessOptions options)
    : process_(
          commandOf(
              program, registry,
              with({"--server_address", "127.0.0.1:0", "--broker_address", "127.0.0.1:0"}, flags)),
          std::move(options)) {
  const auto node = process_.printsLine("Registering node: ");
  address_ = ownAddress(process_.err());
  if (!node || address_.empty()) throw std::runtime_error("no service: " + process_.report());
  nodeId_ = *node;
  const std::string service = nodeId_.substr(0, nodeId_.find('-'));  // no example has one in it
  awaitRegistry(registry, "/v1/health/service/" + service + "?passing=1",
                [this](const std::string& body) {
                  return body.find("\"" + nodeId_ + "\"") != std::string::npos;
                });
}

Finished runClient(const std::string& program, const std::string& registry,
                   const std::vector<std::string>& flags) {
  return run(commandOf(program, registry, with({"--client"}, flags)));
}

}  // namespace evmicro::test
