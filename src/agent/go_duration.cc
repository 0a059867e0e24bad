#include "agent/go_duration.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "json/text.h"

namespace evmicro::detail {

namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 8> kUnits = {{
    {"ns", 1},
    {"us", 1'000},
    {"\xC2\xB5s", 1'000},  // the micro sign
    {"\xCE\xBCs", 1'000},  // the Greek letter
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// The part of `text` up to the next digit or dot: a unit.
std::string_view takeUnit(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && !isDigit(text[size]) && text[size] != '.') ++size;
  const std::string_view unit = text.substr(0, size);
  text.remove_prefix(size);
  return unit;
}

std::string_view takeDigits(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && isDigit(text[size])) ++size;
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

// total += digits.fraction * unit; false when that is more than an int64 holds.
bool addProduct(std::int64_t& total, std::string_view digits, std::string_view fraction,
                std::int64_t unit) {
  std::int64_t value = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(value, 10, &value)) return false;
    if (__builtin_add_overflow(value, c - '0', &value)) return false;
  }
  if (__builtin_mul_overflow(value, unit, &value)) return false;
  double scale = static_cast<double>(unit);
  double part = 0;
  for (const char c : fraction) part += (scale /= 10) * (c - '0');
  if (__builtin_add_overflow(value, static_cast<std::int64_t>(part), &value)) return false;
  return !__builtin_add_overflow(total, value, &total);
}

}  // namespace

Result<std::chrono::nanoseconds> parseGoDuration(std::string_view text) {
  const auto invalid = [&] {
    return Status::invalid("time: invalid duration " + jsonString(text));
  };
  std::string_view rest = text;
  const bool negative = !rest.empty() && rest[0] == '-';
  if (negative || (!rest.empty() && rest[0] == '+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) return invalid();
  std::int64_t total = 0;
  while (!rest.empty()) {
    const std::string_view digits = takeDigits(rest);
    std::string_view fraction;
    if (!rest.empty() && rest[0] == '.') {
      rest.remove_prefix(1);
      fraction = takeDigits(rest);
    }
    if (digits.empty() && fraction.empty()) return invalid();
    const std::string_view name = takeUnit(rest);
    if (name.empty()) return Status::invalid("time: missing unit in duration " + jsonString(text));
    std::int64_t unit = 0;
    for (const auto& [known, nanoseconds] : kUnits) {
      if (known == name) unit = nanoseconds;
    }
    if (unit == 0) {
      return Status::invalid("time: unknown unit " + jsonString(name) + " in duration " +
                             jsonString(text));
    }
    if (!addProduct(total, digits, fraction, unit)) return invalid();
  }
  return std::chrono::nanoseconds(negative ? -total : total);
}

}  // namespace evmicro::detail
