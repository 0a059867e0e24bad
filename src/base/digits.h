#pragma once

namespace evmicro::detail {

/// Whether `c` is an ASCII digit, whatever the locale.
constexpr bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The value of a hexadecimal digit, or -1.
constexpr int hexDigit(char c) noexcept {
  if (isDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace evmicro::detail
