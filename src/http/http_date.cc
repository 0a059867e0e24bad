#include "http/http_date.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/digits.h"

namespace evmicro::detail {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr std::size_t kMostWords = 6;

// The words between blanks, commas and hyphens; more than kMostWords: none.
struct Words {
  explicit Words(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of(" ,-"), text.size());
      if (end > 0 && count++ < kMostWords) words[count - 1] = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (count > kMostWords) count = 0;
  }
  std::array<std::string_view, kMostWords> words;
  std::size_t count = 0;
};

// -1: not a number of at most four digits.
int numberOf(std::string_view text) {
  if (text.empty() || text.size() > 4) return -1;
  int value = 0;
  for (const char c : text) {
    if (!isDigit(c)) return -1;
    value = 10 * value + (c - '0');
  }
  return value;
}

// -1: not `hh:mm:ss`.
int secondsOfDay(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return -1;
  const int hours = numberOf(text.substr(0, 2));
  const int minutes = numberOf(text.substr(3, 2));
  const int seconds = numberOf(text.substr(6, 2));
  const bool valid = hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60 && seconds >= 0 &&
                     seconds <= 60;  // a leap second
  return valid ? (hours * 60 + minutes) * 60 + seconds : -1;
}

// Two digits are of the years 1970 to 2069.
int fullYear(std::string_view text) {
  const int year = numberOf(text);
  if (text.size() == 2 && year >= 0) return year < 70 ? 2000 + year : 1900 + year;
  return text.size() == 4 ? year : -1;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parseHttpDate(std::string_view text) {
  const Words all(text);
  const auto& w = all.words;
  const bool asctime = all.count == 5;
  if (!asctime && (all.count != 6 || w[5] != "GMT")) return std::nullopt;
  const auto month = std::find(kMonths.begin(), kMonths.end(), asctime ? w[1] : w[2]);
  const int day = numberOf(asctime ? w[2] : w[1]);
  const int year = fullYear(asctime ? w[4] : w[3]);
  const int seconds = secondsOfDay(asctime ? w[3] : w[4]);
  if (month == kMonths.end() || day < 1 || day > 31 || year < 1970 || seconds < 0) {
    return std::nullopt;
  }
  std::tm date{};
  date.tm_year = year - 1900;
  date.tm_mon = static_cast<int>(month - kMonths.begin());
  date.tm_mday = day;
  date.tm_sec = seconds;
  // The clock counts nanoseconds up to the year 2262, and servers like the year 9999.
  constexpr auto kLast =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::time_point::max());
  const std::chrono::seconds time(::timegm(&date));
  return std::min(time, kLast.time_since_epoch()) + std::chrono::system_clock::time_point();
}

}  // namespace evmicro::detail
