#pragma once

#include <string>
#include <vector>

#include "tool/command.h"

namespace evmicro::tool {

/// `evmicro [global flags] COMMAND [arguments and flags]`: reads it, runs it, returns what main()
/// returns. Global flags are those of a service that concern a client, by the same rules.
int runCommandLine(int argc, const char* const* argv);

/// Prints the help of the command that `words` name, or of the program without any.
ExitCode showHelp(const std::vector<std::string>& words);

}  // namespace evmicro::tool
