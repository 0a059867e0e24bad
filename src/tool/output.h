#pragma once

#include <string_view>

#include <evmicro/status.h>

#include "tool/command.h"

namespace evmicro::tool {

/// Writes all of `text` to stdout before it returns. The error gives the reason: a closed pipe, a
/// full disk.
Status print(std::string_view text);

/// The error of print() for an errno.
Status brokenStdout(int error);

/// As print(), as the last action of a command.
ExitCode show(std::string_view text);

/// Prints why a command failed, as a line on stderr.
ExitCode fail(const Status& why);

/// Prints a warning, as a line on stderr.
void warn(std::string_view what);

}  // namespace evmicro::tool
