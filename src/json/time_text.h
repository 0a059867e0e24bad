#pragma once

#include <cstdint>
#include <string_view>

namespace evmicro::detail {

/// A time or a duration, as google.protobuf.Timestamp and Duration hold it.
struct TimeParts {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;  ///< of the sign of `seconds`; never negative in a Timestamp
};

/// Reads RFC 3339, `2006-01-02T15:04:05.999999999Z` or with an offset such as `+01:00`, for the
/// years 1 to 9999. False, with `out` undefined, when `text` is anything else.
bool parseTimestamp(std::string_view text, TimeParts& out);

/// Reads seconds with up to nine decimal places, `-1.5s`, for up to 10,000 years. False, with `out`
/// undefined, when `text` is anything else.
bool parseDuration(std::string_view text, TimeParts& out);

}  // namespace evmicro::detail
