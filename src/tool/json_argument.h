#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/codec.h>
#include <evmicro/status.h>

namespace evmicro::tool {

/// An argument that may stand for what comes from stdin: all of that when it is `-`, else itself.
Result<std::string> readArgument(const std::string& argument);

/// The JSON values in `text`, one after the other. The error says what is wrong where.
Result<std::vector<JsonDocument>> readDocuments(std::string_view text);

}  // namespace evmicro::tool
