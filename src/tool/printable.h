#pragma once

#include <string>
#include <string_view>

#include "base/printable.h"

namespace evmicro::tool {

using detail::printable;

/// Formats checked JSON for people: a line for each member and element, indented by tabs, like Go's
/// json.Indent. Keeps the order and the texts of numbers; in strings, characters that printable()
/// escapes are escaped, and bytes that are not UTF-8 become U+FFFD. No newline at the end.
std::string indentJson(std::string_view json);

/// The same on one line, without blanks.
std::string flatJson(std::string_view json);

}  // namespace evmicro::tool
