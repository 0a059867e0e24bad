#pragma once

#include <functional>
#include <string>
#include <vector>

#include <evmicro/service.h>

namespace CLI {
class App;
}

namespace evmicro::tool {

/// The exit code of the program.
enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

/// Runs a parsed command with the global flags, and returns the exit code.
using Action = std::function<ExitCode(const ServiceOptions& options)>;

struct Command {
  std::string name;     ///< one word or two: `query`, `get service`
  std::string summary;  ///< one line for the help
  /// Adds the command's arguments and flags to `app`. The returned action runs after parsing, when
  /// `app` has been destroyed.
  Action (*define)(CLI::App& app);
};

/// All commands, in the order of the help text.
const std::vector<Command>& commands();

Action defineAgent(CLI::App& app);
Action defineApi(CLI::App& app);
Action defineListServices(CLI::App& app);
Action defineGetService(CLI::App& app);
Action defineRegisterService(CLI::App& app);
Action defineDeregisterService(CLI::App& app);
Action defineQuery(CLI::App& app);
Action defineStream(CLI::App& app);
Action definePublish(CLI::App& app);
Action defineSubscribe(CLI::App& app);
Action defineHealth(CLI::App& app);
Action defineStats(CLI::App& app);
Action defineWatch(CLI::App& app);
Action defineHelp(CLI::App& app);

}  // namespace evmicro::tool
