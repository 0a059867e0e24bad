#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// Why a text is not a duration in Go's syntax.
struct DurationError {
  enum class What { kMalformed, kMissingUnit, kUnknownUnit };
  What what = What::kMalformed;
  std::string_view unit;  ///< the unknown one, a view of the text
};

/// Reads a duration as Go's time.ParseDuration does: `500ms`, `1h15m30.5s`, `-2us`, `0`. What does
/// not fit into 64 bits is malformed, too. Fills `error` and returns nothing when it is not one.
std::optional<std::chrono::nanoseconds> parseGoDuration(std::string_view text,
                                                        DurationError& error);

/// Reads a duration as people give it: in Go's syntax or as plain seconds (`30`, `0.5`), without a
/// sign, about 100 years at most.
Result<std::chrono::nanoseconds> parseDuration(std::string_view text);

/// As Go prints it: `30s`, `1m0s`, `1h0m0s`, `500ms`, `-1.5s`, `0s`.
std::string formatDuration(std::chrono::nanoseconds duration);

}  // namespace evmicro::detail
