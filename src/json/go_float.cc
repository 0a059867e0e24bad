#include "json/go_float.h"

#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace evmicro::detail {

namespace {

// The digits of a number d.ddd * 10^exponent.
struct Digits {
  std::string digits;
  int exponent = 0;
};

template <typename T>
Digits shortest(T value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  const std::string_view all(text, static_cast<std::size_t>(end.ptr - text));
  const std::size_t e = all.find('e');
  Digits decimal;
  for (const char c : all.substr(0, e)) {
    if (c != '.') decimal.digits += c;
  }
  const std::size_t number = e + (all[e + 1] == '+' ? 2 : 1);
  std::from_chars(text + number, end.ptr, decimal.exponent);
  return decimal;
}

void appendWithExponent(std::string& out, const Digits& decimal) {
  out += decimal.digits[0];
  if (decimal.digits.size() > 1) out.append(".").append(decimal.digits, 1);
  out.append(decimal.exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(decimal.exponent)));
}

void appendPlain(std::string& out, const Digits& decimal) {
  const auto count = static_cast<int>(decimal.digits.size());
  const int whole = decimal.exponent + 1;  // digits before the point
  if (whole <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-whole), '0').append(decimal.digits);
  } else if (whole >= count) {
    out.append(decimal.digits).append(static_cast<std::size_t>(whole - count), '0');
  } else {
    const auto point = static_cast<std::size_t>(whole);
    out.append(decimal.digits, 0, point).append(".").append(decimal.digits, point);
  }
}

// Many numbers are integers, which need no search for the shortest digits.
template <typename T>
bool appendWhole(std::string& out, T value) {
  constexpr T kExact = 1 << 24;  // all integers below have a T
  if (!(std::abs(value) < kExact)) return false;
  const auto integer = static_cast<std::int32_t>(value);
  if (static_cast<T>(integer) != value) return false;
  char text[16];
  const auto end = std::to_chars(text, text + sizeof text, integer);
  out.append(text, end.ptr);
  return true;
}

template <typename T>
void append(std::string& out, T value) {
  assert(std::isfinite(value));
  if (value == 0) return void(out += std::signbit(value) ? "-0" : "0");
  if (appendWhole(out, value)) return;
  if (std::signbit(value)) out += '-';
  const T size = std::abs(value);
  const Digits decimal = shortest(size);
  if (size < T(1e-6) || size >= T(1e21)) {
    appendWithExponent(out, decimal);
  } else {
    appendPlain(out, decimal);
  }
}

}  // namespace

void appendGoFloat(std::string& out, double value) { append(out, value); }
void appendGoFloat(std::string& out, float value) { append(out, value); }

}  // namespace evmicro::detail
