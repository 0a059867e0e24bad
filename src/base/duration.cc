#include "base/duration.h"

#include <array>
#include <cmath>
#include <cstdlib>

namespace evmicro::detail {

namespace {

using std::chrono::nanoseconds;

constexpr double kLongest = 3.15e18;  // nanoseconds; below 2^63

struct Unit {
  std::string_view name;
  double nanos;
};
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1e3},
                                         {"\u00b5s", 1e3},
                                         {"\u03bcs", 1e3},
                                         {"ms", 1e6},
                                         {"s", 1e9},
                                         {"m", 60e9},
                                         {"h", 3600e9}}};

Status bad(std::string_view text) {
  return Status::invalid("invalid duration \"" + std::string(text) +
                         "\": expected for example 500ms, 5s, 1m30s, or seconds");
}

bool isNumberPart(char c) { return (c >= '0' && c <= '9') || c == '.'; }

// Removes a decimal number from the front of `rest`; negative if there is none.
double takeNumber(std::string_view& rest) {
  std::size_t size = 0;
  while (size < rest.size() && isNumberPart(rest[size])) ++size;
  const std::string digits(rest.substr(0, size));
  rest.remove_prefix(size);
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  return digits.empty() || digits == "." || *end != '\0' ? -1 : value;
}

// Removes a unit from the front of `rest`; null if there is none.
const Unit* takeUnit(std::string_view& rest) {
  std::size_t size = 0;
  while (size < rest.size() && !isNumberPart(rest[size])) ++size;
  const std::string_view name = rest.substr(0, size);
  rest.remove_prefix(size);
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

}  // namespace

Result<nanoseconds> parseDuration(std::string_view text) {
  std::string_view rest = text;
  double total = 0;
  bool first = true;
  do {
    const double value = takeNumber(rest);
    if (value < 0) return bad(text);
    if (rest.empty() && first) {  // plain seconds
      total = value * 1e9;
      break;
    }
    const Unit* unit = takeUnit(rest);
    if (!unit) return bad(text);
    total += value * unit->nanos;
    first = false;
  } while (!rest.empty());
  if (total > kLongest) return bad(text);
  return nanoseconds(std::llround(total));
}

namespace {

// `value` as a decimal number in units of `unit`, without trailing zeros.
std::string decimal(std::int64_t value, std::int64_t unit) {
  std::string text = std::to_string(value / unit);
  std::int64_t fraction = value % unit;
  if (fraction == 0) return text;
  text += '.';
  while (fraction > 0) {
    unit /= 10;
    text += static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
  return text;
}

}  // namespace

std::string formatDuration(nanoseconds duration) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t nanos = duration.count();
  if (nanos == 0) return "0s";
  if (nanos < 1'000) return decimal(nanos, 1) + "ns";
  if (nanos < 1'000'000) return decimal(nanos, 1'000) + "\u00b5s";
  if (nanos < kSecond) return decimal(nanos, 1'000'000) + "ms";
  std::string text;
  const std::int64_t minutes = nanos / (60 * kSecond);
  if (minutes >= 60) text += std::to_string(minutes / 60) + "h";
  if (minutes > 0) text += std::to_string(minutes % 60) + "m";
  return text + decimal(nanos % (60 * kSecond), kSecond) + "s";
}

}  // namespace evmicro::detail
