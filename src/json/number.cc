#include "json/number.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <type_traits>

#include "base/digits.h"
#include "json/scanner.h"

namespace evmicro::detail {

namespace {

// The value is 0.d1d2d3... * 10^exponent; neither the first nor the last digit is 0.
struct Decimal {
  std::string digits;
  std::int64_t exponent = 0;
};

bool isPlainInteger(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), isDigit);
}

bool isJsonNumber(std::string_view text) {
  if (text.empty() || !(isDigit(text[0]) || text[0] == '-')) return false;
  JsonScanner scanner(text);
  return scanner.value().size() == text.size();
}

// The exponent of a JSON number, clamped far beyond any type's range.
std::int64_t parseExponent(std::string_view text) {
  constexpr std::int64_t kFar = std::int64_t{1} << 60;
  if (text[0] == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc()) value = text[0] == '-' ? -kFar : kFar;
  return std::clamp(value, -kFar, kFar);
}

Decimal decimalOf(std::string_view number) {
  if (number[0] == '-') number.remove_prefix(1);
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  Decimal result;
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  result.digits.append(mantissa.substr(0, point));
  if (point < mantissa.size()) result.digits.append(mantissa.substr(point + 1));
  const std::size_t leading = result.digits.find_first_not_of('0');
  if (leading == std::string::npos) return {};
  result.digits.erase(result.digits.find_last_not_of('0') + 1);
  result.digits.erase(0, leading);
  result.exponent = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(leading);
  if (e < number.size()) result.exponent += parseExponent(number.substr(e + 1));
  return result;
}

// `text` has only digits, and possibly a sign in front.
template <typename T>
NumberFit parseDigits(std::string_view text, T& out) {
  if (std::is_unsigned_v<T> && text[0] == '-') {
    const bool isZero = text.find_first_not_of("-0") == std::string_view::npos;
    if (isZero) out = 0;
    return isZero ? NumberFit::kFits : NumberFit::kOutOfRange;
  }
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
  return end.ec == std::errc() ? NumberFit::kFits : NumberFit::kOutOfRange;
}

}  // namespace

template <typename T>
NumberFit parseInteger(std::string_view text, T& out) {
  if (isPlainInteger(text)) return parseDigits(text, out);
  if (!isJsonNumber(text)) return NumberFit::kNotANumber;
  const Decimal decimal = decimalOf(text);
  if (decimal.exponent < static_cast<std::int64_t>(decimal.digits.size())) {
    return NumberFit::kNotANumber;
  }
  constexpr std::int64_t kMostDigits = 20;  // of 64 bits
  if (decimal.exponent > kMostDigits) return NumberFit::kOutOfRange;
  std::string digits = decimal.digits;
  digits.resize(static_cast<std::size_t>(decimal.exponent), '0');
  if (digits.empty()) digits = "0";
  return parseDigits(text[0] == '-' ? '-' + digits : digits, out);
}

template <typename T>
NumberFit parseReal(std::string_view text, T& out) {
  if (!isJsonNumber(text)) return NumberFit::kNotANumber;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end.ec == std::errc()) return NumberFit::kFits;
  // Too large, or so small that it is zero: from_chars() does not say which.
  if (decimalOf(text).exponent > 0) return NumberFit::kOutOfRange;
  out = text[0] == '-' ? -T(0) : T(0);
  return NumberFit::kFits;
}

template NumberFit parseInteger(std::string_view, std::int32_t&);
template NumberFit parseInteger(std::string_view, std::int64_t&);
template NumberFit parseInteger(std::string_view, std::uint32_t&);
template NumberFit parseInteger(std::string_view, std::uint64_t&);
template NumberFit parseReal(std::string_view, float&);
template NumberFit parseReal(std::string_view, double&);

}  // namespace evmicro::detail
