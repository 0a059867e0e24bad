#include "repaired_json.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

namespace web {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::size_t kEscape = 6;  // \uXXXX

// Of the first character, 0: it is not UTF-8.
std::size_t lengthOfLetter(std::string_view text) {
  const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool outside = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
  return overlong || outside ? 0 : size;
}

// Of `\uXXXX`; -1: it is none.
int unitOf(std::string_view text) {
  if (text.size() < kEscape || text.substr(0, 2) != "\\u") return -1;
  int unit = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + kEscape, unit, 16);
  return error == std::errc() && end == text.data() + kEscape ? unit : -1;
}

bool isHigh(int unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool isLow(int unit) { return unit >= 0xdc00 && unit < 0xe000; }

bool isInRange(std::string_view number) {
  const char* const end = number.data() + number.size();
  if (number.find_first_of(".eE") != std::string_view::npos) {
    double real = 0;
    return std::from_chars(number.data(), end, real).ec != std::errc::result_out_of_range;
  }
  std::int64_t integer = 0;
  return std::from_chars(number.data(), end, integer).ec != std::errc::result_out_of_range;
}

// Takes what it writes from `in`.
class Repairer {
 public:
  explicit Repairer(std::string_view in) : in_(in) {
    if (in_.substr(0, 3) == "\xef\xbb\xbf") in_.remove_prefix(3);  // byte order mark
  }

  std::string all() {
    while (!in_.empty()) {
      if (in_.front() == '"') {
        inString_ = !inString_;
        copy(1);
      } else if (inString_) {
        letter();
      } else {
        outside();
      }
    }
    return std::move(out_);
  }

 private:
  void copy(std::size_t size) {
    out_ += in_.substr(0, size);
    skip(size);
  }
  void skip(std::size_t size) { in_.remove_prefix(std::min(size, in_.size())); }
  void replace(std::size_t size) {
    out_ += kReplacement;
    skip(size);
  }

  void letter() {
    const int unit = unitOf(in_);
    if (unit >= 0) {
      if (isHigh(unit) && isLow(unitOf(in_.substr(kEscape)))) return copy(2 * kEscape);
      const bool alone = unit == 0 || isHigh(unit) || isLow(unit);
      return alone ? replace(kEscape) : copy(kEscape);
    }
    if (in_.front() == '\\') return copy(2);
    const std::size_t size = lengthOfLetter(in_);
    size > 0 ? copy(size) : replace(1);
  }

  void outside() {
    constexpr std::string_view kInNumbers = "+-.0123456789eE";
    const char first = in_.front();
    if (first != '-' && (first < '0' || first > '9')) return copy(1);
    const std::string_view number = in_.substr(0, in_.find_first_not_of(kInNumbers));
    if (isInRange(number)) return copy(number.size());
    out_.append("\"").append(number).append("\"");
    skip(number.size());
  }

  std::string_view in_;
  std::string out_;
  bool inString_ = false;
};

}  // namespace

std::string repaired(std::string_view json) { return Repairer(json).all(); }

}  // namespace web
