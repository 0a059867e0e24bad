#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace evmicro::detail {

/// Reads a date of HTTP in any of the three forms that RFC 9110 (5.6.7) makes recipients accept:
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
/// The name of the day is not compared with the date. What is later than the clock can tell is the
/// last second that it can.
std::optional<std::chrono::system_clock::time_point> parseHttpDate(std::string_view text);

}  // namespace evmicro::detail
