#pragma once

#include <string_view>

#include <evmicro/status.h>

#include "tool/command.h"

namespace evmicro::tool {

/// Writes all of `text` to stdout before it returns. The error says why it cannot: a closed pipe, a
/// full disk.
Status print(std::string_view text);

/// The error of print() by its number.
Status brokenStdout(int error);

/// As print(), for a command that ends with it.
ExitCode show(std::string_view text);

/// Prints why a command failed, on stderr, as a line of its own.
ExitCode fail(const Status& why);

/// Prints something to mind, on stderr, as a line of its own.
void warn(std::string_view what);

}  // namespace evmicro::tool
