#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace evmicro::tool {

/// How the program ends.
enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

/// What a command line has asked for: runs it and tells how it ended.
using Action = std::function<ExitCode()>;

/// Adds one command, or a group of commands that have a file in common, to `app`. When one is
/// chosen on the command line, `action` is set; it is not run yet. Both outlive the parsing.
using AddCommand = void (*)(CLI::App& app, Action& action);

/// All commands, in the order of the help text.
const std::vector<AddCommand>& commands();

void addAgentCommand(CLI::App& app, Action& action);

}  // namespace evmicro::tool
