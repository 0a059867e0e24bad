#pragma once

#include <cstdint>
#include <string_view>

namespace evmicro::detail {

/// A time or duration as in google.protobuf.Timestamp and Duration.
struct TimeParts {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;  ///< same sign as `seconds`; never negative in a Timestamp
};

/// Parses RFC 3339, `2006-01-02T15:04:05.999999999Z` or with an offset such as `+01:00`, for the
/// years 1 to 9999. False, with `out` unspecified, for any other text.
bool parseTimestamp(std::string_view text, TimeParts& out);

/// Parses seconds with up to nine decimal places, `-1.5s`, up to 10,000 years. False, with `out`
/// unspecified, for any other text.
bool parseDuration(std::string_view text, TimeParts& out);

}  // namespace evmicro::detail
