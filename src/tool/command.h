#pragma once

#include <functional>
#include <string>
#include <vector>

#include <evmicro/service.h>

namespace CLI {
class App;
}

namespace evmicro::tool {

/// How the program ends.
enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

/// What a command line has asked for: runs it under the global flags and tells how it ended.
using Action = std::function<ExitCode(const ServiceOptions& options)>;

struct Command {
  std::string name;     ///< as it is typed, one word or two: `query`, `get service`
  std::string summary;  ///< one line of the help
  /// Tells `app` the command's arguments and flags. The action runs after they have been parsed,
  /// and after `app` has gone.
  Action (*define)(CLI::App& app);
};

/// All commands, in the order of the help text.
const std::vector<Command>& commands();

Action defineAgent(CLI::App& app);
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
