#include "json/time_text.h"

#include <cstddef>

namespace evmicro::detail {

namespace {

constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86'400;
constexpr std::int64_t kFirstSecond = -62'135'596'800;  // of the year 1
constexpr std::int64_t kLastSecond = 253'402'300'799;   // of the year 9999
constexpr std::int64_t kLongestDuration = 315'576'000'000;

// Parses a text from the front. After the first mismatch everything fails.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : rest_(text) {}

  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok_ = take(c) && ok_; }

  // Exactly `digits` digits, with a value from `least` to `most`.
  std::int64_t number(std::size_t digits, std::int64_t least, std::int64_t most) {
    const std::int64_t value = number(digits, digits);
    ok_ = ok_ && value >= least && value <= most;
    return value;
  }
  std::int64_t number(std::size_t fewest, std::size_t mostDigits) {
    std::int64_t value = 0;
    std::size_t count = 0;
    for (; count < mostDigits && atDigit(); ++count, rest_.remove_prefix(1)) {
      value = value * 10 + (rest_[0] - '0');
    }
    ok_ = ok_ && count >= fewest;
    return value;
  }

  // `.` and one to nine digits, when there is a `.`.
  std::int32_t nanos() {
    if (!take('.')) return 0;
    std::int32_t value = 0;
    std::int32_t unit = 1'000'000'000;
    for (; unit > 1 && atDigit(); rest_.remove_prefix(1)) {
      unit /= 10;
      value += (rest_[0] - '0') * unit;
    }
    ok_ = ok_ && unit < 1'000'000'000;
    return value;
  }

  bool ok() const { return ok_; }
  bool atEnd() const { return ok_ && rest_.empty(); }

 private:
  bool atDigit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }

  std::string_view rest_;
  bool ok_ = true;
};

bool isLeap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

std::int64_t daysIn(std::int64_t year, std::int64_t month) {
  constexpr std::int64_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && isLeap(year) ? 29 : kDays[month - 1];
}

// Days from 1970-01-01 to the first of a year.
std::int64_t daysBefore(std::int64_t year) {
  const std::int64_t past = year - 1;
  return past * 365 + past / 4 - past / 100 + past / 400 - 719'162;
}

// Seconds to add to a local time with the offset at the cursor.
std::int64_t takeOffset(Cursor& cursor) {
  if (cursor.take('Z')) return 0;
  const std::int64_t sign = cursor.take('-') ? 1 : -1;
  if (sign < 0) cursor.expect('+');
  const std::int64_t hours = cursor.number(2, 0, 23);
  cursor.expect(':');
  return sign * (hours * kHour + cursor.number(2, 0, 59) * kMinute);
}

}  // namespace

bool parseTimestamp(std::string_view text, TimeParts& out) {
  Cursor cursor(text);
  const std::int64_t year = cursor.number(4, 1, 9999);
  cursor.expect('-');
  const std::int64_t month = cursor.number(2, 1, 12);
  cursor.expect('-');
  if (!cursor.ok()) return false;
  std::int64_t days = daysBefore(year) + cursor.number(2, 1, daysIn(year, month)) - 1;
  for (std::int64_t before = 1; before < month; ++before) days += daysIn(year, before);
  cursor.expect('T');
  const std::int64_t hours = cursor.number(2, 0, 23);
  cursor.expect(':');
  const std::int64_t minutes = cursor.number(2, 0, 59);
  cursor.expect(':');
  out.seconds = days * kDay + hours * kHour + minutes * kMinute + cursor.number(2, 0, 59);
  out.nanos = cursor.nanos();
  out.seconds += takeOffset(cursor);
  return cursor.atEnd() && out.seconds >= kFirstSecond && out.seconds <= kLastSecond;
}

bool parseDuration(std::string_view text, TimeParts& out) {
  Cursor cursor(text);
  const bool negative = cursor.take('-');
  out.seconds = cursor.number(1, 12);
  out.nanos = cursor.nanos();
  cursor.expect('s');
  if (!cursor.atEnd() || out.seconds > kLongestDuration) return false;
  if (out.seconds == kLongestDuration && out.nanos > 0) return false;
  if (negative) out = {-out.seconds, -out.nanos};
  return true;
}

}  // namespace evmicro::detail
