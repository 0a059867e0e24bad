#pragma once

#include <string>
#include <string_view>

namespace evmicro::tool {

/// `text` from outside as something that is safe to show, on one line: control characters, marks
/// that change the direction of writing, line separators and bytes that are no UTF-8 are escaped
/// (`\n`, `\x1b`, `\u202e`).
std::string printable(std::string_view text);

/// Checked JSON for reading: a line for each member and element, indented by tabs, as Go's
/// json.Indent writes. Order and the texts of numbers stay as they are; in strings, what
/// printable() escapes is escaped, bytes that are no UTF-8 become U+FFFD. No newline at the end.
std::string indentJson(std::string_view json);

}  // namespace evmicro::tool
