#pragma once

#include <string>
#include <string_view>

#include "base/printable.h"

namespace evmicro::tool {

using detail::printable;

/// Checked JSON for reading: a line for each member and element, indented by tabs, as Go's
/// json.Indent writes. Order and the texts of numbers stay as they are; in strings, what
/// printable() escapes is escaped, bytes that are not UTF-8 become U+FFFD. No newline at the end.
std::string indentJson(std::string_view json);

/// The same in one line, without blanks.
std::string flatJson(std::string_view json);

}  // namespace evmicro::tool
