#pragma once

namespace evmicro::tool {

/// `evmicro [global flags] COMMAND [arguments and flags]`: reads it, runs it, returns what main()
/// returns. Global flags are those of a service that concern a client, by the same rules.
int runCommandLine(int argc, const char* const* argv);

}  // namespace evmicro::tool
