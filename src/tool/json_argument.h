#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/codec.h>
#include <evmicro/status.h>

#include "tool/command.h"

namespace evmicro::tool {

/// An argument that may stand for what comes from stdin: all of that when it is `-`, else itself.
Result<std::string> readArgument(const std::string& argument);

/// The JSON values in `text`, one after the other. The error says what is wrong where.
Result<std::vector<JsonDocument>> splitDocuments(std::string_view text);

/// The JSON values that an argument, or stdin in its place, is made of.
Result<std::vector<JsonDocument>> readDocuments(const std::string& argument);
/// The same when it has to be exactly one.
Result<JsonDocument> readDocument(const std::string& argument);

/// Says why one of these has failed with `what`. Wrong usage, unless stdin could not be read.
ExitCode refuse(const char* what, const Status& why);

}  // namespace evmicro::tool
