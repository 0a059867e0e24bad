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

}  // namespace

ServiceProcess::ServiceProcess(const std::string& program, const std::string& registry,
                               const std::vector<std::string>& flags, ProcessOptions options)
    : process_(
          commandOf(
              program, registry,
              with({"--server_address", "127.0.0.1:0", "--broker_address", "127.0.0.1:0"}, flags)),
          std::move(options)) {
  const auto address = process_.printsLine("Listening on ");
  const auto node = process_.printsLine("Registering node: ");
  if (!address || !node) throw std::runtime_error("no service: " + process_.report());
  address_ = *address;
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
