#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/codec.h>
#include <evmicro/status.h>

#include "tool/command.h"

namespace evmicro::tool {

/// The text of an argument: everything from stdin if it is `-`, otherwise the argument itself.
Result<std::string> readArgument(const std::string& argument);

/// Splits `text` into its JSON values. The error says what is wrong and where.
Result<std::vector<JsonDocument>> splitDocuments(std::string_view text);

/// The JSON values of an argument, or of stdin if it is `-`.
Result<std::vector<JsonDocument>> readDocuments(const std::string& argument);
/// The same for exactly one value.
Result<JsonDocument> readDocument(const std::string& argument);

/// Prints why one of these has failed for `what`. Returns kUsage, unless stdin could not be read.
ExitCode refuse(const char* what, const Status& why);

}  // namespace evmicro::tool
