#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evmicro::detail {

/// Makes text from outside safe to show on one line: control characters, bidirectional controls,
/// line separators and bytes that are not UTF-8 are escaped (`\n`, `\x1b`, `\u202e`). A text longer
/// than about `most` bytes is cut and ends in `...`.
std::string printable(std::string_view text, std::size_t most = std::string_view::npos);

/// The first line of `text` that is not blank, without blanks around it, as printable() has it.
std::string firstLine(std::string_view text, std::size_t most);

/// Whether printable() shows this character as it is.
bool isSafeToShow(char32_t code) noexcept;
/// Whether Go's unicode.IsPrint says so in every version: it is not a control, format or private
/// character, nor a blank other than U+0020. Of the characters that Unicode has not assigned, only
/// those are known that are far from others.
bool isGraphic(char32_t code) noexcept;
/// `\u202e`, for characters up to U+FFFF.
void appendUnicodeEscape(std::string& out, char32_t code);

}  // namespace evmicro::detail
