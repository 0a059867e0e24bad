#pragma once

#include <cstddef>
#include <string_view>

namespace evmicro::detail {

/// The length in bytes of the character at the front of `text`; 0 if it is not valid UTF-8 (nor are
/// overlong forms, surrogates and values above U+10FFFF). @pre !text.empty()
std::size_t utf8Length(std::string_view text) noexcept;

/// Whether all of `text` is valid UTF-8.
bool isUtf8(std::string_view text) noexcept;

/// The code point of one valid character, all of `character`.
char32_t decodeUtf8(std::string_view character) noexcept;

}  // namespace evmicro::detail
