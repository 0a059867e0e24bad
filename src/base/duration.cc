#include "base/duration.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace evmicro::detail {

namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr nanoseconds kLongest{3'150'000'000 * kSecond};

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<Unit, 8> kUnits = {{
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000},  // the micro sign
    {"\u03bcs", 1'000},  // the Greek letter
    {"ms", 1'000'000},
    {"s", kSecond},
    {"m", 60 * kSecond},
    {"h", 3'600 * kSecond},
}};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNumberPart(char c) { return isDigit(c) || c == '.'; }

// Takes what `belongs` off the front of `text`.
template <typename Belongs>
std::string_view take(std::string_view& text, Belongs belongs) {
  const auto end = std::find_if_not(text.begin(), text.end(), belongs);
  const std::string_view front = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(front.size());
  return front;
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

// Takes a number with its unit off the front of `rest`.
bool takePart(std::string_view& rest, std::int64_t& total, DurationError& error) {
  error = {};
  const std::string_view digits = take(rest, isDigit);
  std::string_view fraction;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    fraction = take(rest, isDigit);
  }
  if (digits.empty() && fraction.empty()) return false;
  error.unit = take(rest, [](char c) { return !isNumberPart(c); });
  error.what = DurationError::What::kMissingUnit;
  if (error.unit.empty()) return false;
  error.what = DurationError::What::kUnknownUnit;
  for (const Unit& unit : kUnits) {
    if (unit.name != error.unit) continue;
    error = {};
    return addProduct(total, digits, fraction, unit.nanoseconds);
  }
  return false;
}

// `value` as a decimal number in units of `unit`, without trailing zeros.
std::string decimal(std::uint64_t value, std::uint64_t unit) {
  std::string text = std::to_string(value / unit);
  std::uint64_t fraction = value % unit;
  if (fraction == 0) return text;
  text += '.';
  while (fraction > 0) {
    unit /= 10;
    text += static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
  return text;
}

std::string format(std::uint64_t nanos) {
  if (nanos == 0) return "0s";
  if (nanos < 1'000) return decimal(nanos, 1) + "ns";
  if (nanos < 1'000'000) return decimal(nanos, 1'000) + "\u00b5s";
  if (nanos < kSecond) return decimal(nanos, 1'000'000) + "ms";
  std::string text;
  const std::uint64_t minutes = nanos / (60 * kSecond);
  if (minutes >= 60) text += std::to_string(minutes / 60) + "h";
  if (minutes > 0) text += std::to_string(minutes % 60) + "m";
  return text + decimal(nanos % (60 * kSecond), kSecond) + "s";
}

}  // namespace

std::optional<nanoseconds> parseGoDuration(std::string_view text, DurationError& error) {
  error = {};
  const bool negative = text.substr(0, 1) == "-";
  if (negative || text.substr(0, 1) == "+") text.remove_prefix(1);
  if (text == "0") return nanoseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    if (!takePart(text, total, error)) return std::nullopt;
  }
  return nanoseconds(negative ? -total : total);
}

Result<nanoseconds> parseDuration(std::string_view text) {
  std::string withUnit(text);
  if (std::all_of(text.begin(), text.end(), isNumberPart)) withUnit += 's';
  DurationError error;
  const bool sign = text.substr(0, 1) == "-" || text.substr(0, 1) == "+";
  const auto duration = sign ? std::nullopt : parseGoDuration(withUnit, error);
  if (duration && *duration <= kLongest) return *duration;
  return Status::invalid("invalid duration \"" + std::string(text) +
                         "\": expected for example 500ms, 5s, 1m30s, or seconds");
}

std::string formatDuration(nanoseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  return duration.count() < 0 ? "-" + format(-count) : format(count);
}

}  // namespace evmicro::detail
