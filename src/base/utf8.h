#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace evmicro::detail {

/// The first four bytes of `text`, the first one uppermost; zeros if there are not so many.
inline std::uint32_t firstFour(std::string_view text) noexcept {
  const auto byte = [&text](std::size_t i) -> std::uint32_t {
    return static_cast<unsigned char>(text[i]);
  };
  if (text.size() >= 4) return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
  std::uint32_t four = 0;
  for (std::size_t i = 0; i < text.size(); ++i) four |= byte(i) << (24 - 8 * i);
  return four;
}

/// The length in bytes of the character that `four` (see firstFour) begins with; 0 if it is not
/// valid UTF-8 (nor are overlong forms, surrogates and values above U+10FFFF).
inline std::size_t utf8LengthOf(std::uint32_t four) noexcept {
  if (four < 0x80000000) return 1;
  if ((four & 0xE0C00000) == 0xC0800000) return four >= 0xC2000000 ? 2 : 0;
  if ((four & 0xF0C0C000) == 0xE0808000) {
    const std::uint32_t upper = four & 0x0F200000;  // of the code point
    return upper == 0 || upper == 0x0D200000 ? 0 : 3;
  }
  const bool isFour = (four & 0xF8C0C0C0) == 0xF0808080;
  return isFour && four >= 0xF0900000 && four < 0xF4900000 ? 4 : 0;
}

/// The length in bytes of the character at the front of `text`; 0 as above. @pre !text.empty()
inline std::size_t utf8Length(std::string_view text) noexcept {
  return utf8LengthOf(firstFour(text));
}

/// Whether all of `text` is valid UTF-8.
bool isUtf8(std::string_view text) noexcept;

/// The code point of one valid character, all of `character`.
char32_t decodeUtf8(std::string_view character) noexcept;

}  // namespace evmicro::detail
