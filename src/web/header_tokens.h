#pragma once

#include <string_view>
#include <vector>

#include <evmicro/web_server.h>

#include "base/ascii.h"

namespace evmicro::detail {

/// The members of all comma-separated lists that are values of `name`, without blanks. Views into
/// `headers`.
std::vector<std::string_view> headerTokens(const WebFields& headers, std::string_view name);

/// Whether `token` is one of them, compared without case.
bool hasHeaderToken(const WebFields& headers, std::string_view name, std::string_view token);

}  // namespace evmicro::detail
