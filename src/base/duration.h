#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// Reads a duration in Go's syntax (`500ms`, `5s`, `1m30s`, `1.5h`) or as plain seconds (`30`,
/// `0.5`). Not negative, at most about 100 years.
Result<std::chrono::nanoseconds> parseDuration(std::string_view text);

/// As Go prints it: `30s`, `1m0s`, `1h0m0s`, `500ms`, `0s`.
std::string formatDuration(std::chrono::nanoseconds duration);

}  // namespace evmicro::detail
