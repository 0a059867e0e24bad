#pragma once

#include <algorithm>
#include <string_view>

namespace evmicro::detail {

/// `c` in lower case if it is an ASCII letter, whatever the locale.
constexpr char lowerAscii(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Compares ASCII text without case.
inline bool equalsIgnoringCase(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lowerAscii(x) == lowerAscii(y); });
}

}  // namespace evmicro::detail
