#pragma once

#include <chrono>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// Reads a duration as Go's time.ParseDuration does: `500ms`, `1h15m30.5s`, `-2us`, `0`. The error
/// is kInvalid with Go's own text: `time: missing unit in duration "30"`.
Result<std::chrono::nanoseconds> parseGoDuration(std::string_view text);

}  // namespace evmicro::detail
