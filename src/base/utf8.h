#pragma once

#include <cstddef>
#include <string_view>

namespace evmicro::detail {

/// How many bytes the character at the front of `text` has; 0 when it is no UTF-8 (overlong forms,
/// surrogates and what lies beyond U+10FFFF are none). @pre !text.empty()
std::size_t utf8Length(std::string_view text) noexcept;

/// The code point of one valid character, all of `character`.
char32_t decodeUtf8(std::string_view character) noexcept;

}  // namespace evmicro::detail
