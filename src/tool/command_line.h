#pragma once

#include <string>
#include <vector>

#include "tool/command.h"

namespace evmicro::tool {

/// `evmicro [global flags] COMMAND [arguments and flags]`: parses and runs it, and returns the exit
/// code for main(). The global flags are the client flags of a service, with the same rules.
int runCommandLine(int argc, const char* const* argv);

/// Prints the help of the command named by `words`, or of the program if there are none.
ExitCode showHelp(const std::vector<std::string>& words);

}  // namespace evmicro::tool
