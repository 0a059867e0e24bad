#pragma once

#include <functional>
#include <string>
#include <vector>

#include <evmicro/service.h>

namespace evmicro::tool {

class Arguments;

/// The exit code of the program.
enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

/// Runs a parsed command with the global flags, and returns the exit code.
using Action = std::function<ExitCode(const ServiceOptions& options)>;

struct Command {
  std::string name;     ///< one word or two: `query`, `get service`
  std::string summary;  ///< one line for the help
  /// Adds the command's arguments and flags. The returned action runs after parsing, when
  /// `arguments` has been destroyed.
  Action (*define)(Arguments& arguments);
};

/// All commands, in the order of the help text.
const std::vector<Command>& commands();

Action defineAgent(Arguments& arguments);
Action defineApi(Arguments& arguments);
Action defineSidecar(Arguments& arguments);
Action defineListServices(Arguments& arguments);
Action defineGetService(Arguments& arguments);
Action defineRegisterService(Arguments& arguments);
Action defineDeregisterService(Arguments& arguments);
Action defineQuery(Arguments& arguments);
Action defineStream(Arguments& arguments);
Action definePublish(Arguments& arguments);
Action defineSubscribe(Arguments& arguments);
Action defineHealth(Arguments& arguments);
Action defineStats(Arguments& arguments);
Action defineWatch(Arguments& arguments);
Action defineWeb(Arguments& arguments);
Action defineHelp(Arguments& arguments);

}  // namespace evmicro::tool
