#include "json/scanner.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "base/digits.h"
#include "json/in_blocks.h"

namespace evmicro::detail {

namespace {

// The bytes that a string may contain outside of escapes, up to its closing quote, including each
// byte of UTF-8.
constexpr std::array<bool, 256> charactersOfStrings() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < table.size(); ++c) table[c] = c != '"' && c != '\\';
  return table;
}
constexpr std::array<bool, 256> kStandsForItself = charactersOfStrings();

constexpr std::array<bool, 256> charactersOfEscapes() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("\"\\/bfnrt")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kEscaped = charactersOfEscapes();

constexpr char kTooDeep[] = "too deep";
constexpr char kStopped[] = "nothing more";

}  // namespace

std::string_view JsonScanner::value() {
  const char first = peek();
  const char* const start = at_;
  if (first == '{' || first == '[') {
    skipValue();
  } else if (ok()) {
    skipScalar(first);
  }
  return since(start);
}

bool JsonScanner::smallInteger(std::uint32_t& number) noexcept {
  constexpr std::ptrdiff_t kMostDigits = 9;
  const char first = peek();
  if (!isDigit(first) || !ok()) return false;
  const char* at = at_;
  number = 0;
  while (at != end_ && isDigit(*at) && at - at_ < kMostDigits) {
    number = 10 * number + static_cast<std::uint32_t>(*at++ - '0');
  }
  const bool leadingZero = first == '0' && at - at_ > 1;
  // What follows would be part of another number, or is left to others to complain of.
  const bool ended = at != end_ && (*at == ',' || *at == ']');
  if (leadingZero || !ended) return false;
  at_ = at;
  return true;
}

bool JsonScanner::atEnd() {
  peek();
  if (at_ != end_) fail("the end");
  return ok();
}

bool JsonScanner::open(char bracket) {
  if (!take(bracket)) return false;
  if (++depth_ > kMaxDepth) fail(kTooDeep);
  return ok();
}

// For a bracket right after the opening one: an empty object or array.
bool JsonScanner::close(char bracket) noexcept {
  if (peek() != bracket || !ok()) return false;
  ++at_;
  --depth_;
  return true;
}

bool JsonScanner::failTo(char take) noexcept {
  switch (take) {
    case '{': fail("an object"); break;
    case '[': fail("an array"); break;
    default: fail("a colon"); break;
  }
  return false;
}

bool JsonScanner::another(char bracket) {
  if (!ok()) return false;
  if (peek() == ',') {
    ++at_;
    return true;
  }
  if (!close(bracket)) fail(bracket == '}' ? "a comma or }" : "a comma or ]");
  return false;
}

std::string_view JsonScanner::takeKey() {
  if (peek() != '"') fail("a key in quotes");
  const char* const start = at_;
  if (ok()) skipString();
  return since(start);
}

// Without recursion: a text of brackets costs hardly more than any other.
void JsonScanner::skipValue() {
  std::array<char, kMaxDepth> brackets;  // that close what has been entered here; uninitialised
  std::size_t entered = 0;
  do {
    const char first = ok() ? peek() : '\0';
    if (first == '{' || first == '[') {
      const char bracket = first == '{' ? '}' : ']';
      if (!open(first)) return;
      if (!close(bracket)) {
        brackets[entered++] = bracket;
        if (bracket == '}') skipKey();
        continue;
      }
    } else {
      skipScalar(first);
    }
    while (entered > 0 && !another(brackets[entered - 1])) --entered;
    if (entered > 0 && brackets[entered - 1] == '}') skipKey();
  } while (entered > 0 && ok());
}

void JsonScanner::skipKey() {
  takeKey();
  take(':');
}

void JsonScanner::skipScalar(char first) {
  switch (first) {
    case '"': return skipString();
    case 't': return skipLiteral("true");
    case 'f': return skipLiteral("false");
    case 'n': return skipLiteral("null");
    default: return skipNumber();
  }
}

void JsonScanner::skipString() {
  // Not at_: it would be stored for each character.
  const char* at = at_ + 1;
  for (;;) {
    while (at != end_ && kStandsForItself[static_cast<unsigned char>(*at)]) ++at;
    if (at == end_ || *at != '\\') break;
    if (end_ - at > 1 && kEscaped[static_cast<unsigned char>(at[1])]) {
      at += 2;
      continue;
    }
    at_ = at;
    skipUnicodeEscape();
    if (!ok()) return;
    at = at_;
  }
  at_ = at;
  if (at == end_) return fail("a closing quote");
  if (*at != '"') return fail("no control characters in strings");
  ++at_;
}

void JsonScanner::skipUnicodeEscape() {
  ++at_;
  if (current() != 'u') return fail("an escape such as \\n or \\u0041");
  ++at_;
  for (int i = 0; i < 4; ++i, ++at_) {
    if (hexDigit(current()) < 0) return fail("four hexadecimal digits");
  }
}

void JsonScanner::skipNumber() {
  if (current() == '-') {
    ++at_;
  } else if (!isDigit(current())) {
    return fail("a value");
  }
  if (current() == '0') {
    ++at_;
  } else {
    skipDigits();
  }
  if (ok() && current() == '.') {
    ++at_;
    skipDigits();
  }
  if (ok() && (current() == 'e' || current() == 'E')) {
    ++at_;
    if (current() == '+' || current() == '-') ++at_;
    skipDigits();
  }
}

void JsonScanner::skipDigits() {
  const char* at = at_;
  while (at != end_ && isDigit(*at)) ++at;
  if (at == at_) return fail("a digit");
  at_ = at;
}

void JsonScanner::skipLiteral(std::string_view literal) {
  for (const char c : literal) {
    if (current() != c) return fail("true, false or null");
    ++at_;
  }
}

std::string_view JsonScanner::firstKey() {
  if (!open('{') || close('}')) return {};
  const std::string_view key = takeKey();
  return take(':') ? key : std::string_view();
}

void JsonScanner::stop() noexcept { fail(kStopped); }

void JsonScanner::fail(const char* expected) noexcept {
  if (!expected_) expected_ = expected;
}

std::string JsonScanner::problem() const {
  assert(!ok());
  const std::string where = " at byte " + std::to_string(at_ - begin_);
  if (expected_ == kTooDeep) {
    return "nested deeper than " + std::to_string(kMaxDepth) + " levels" + where;
  }
  if (at_ == end_) return std::string("the text ends early: expected ") + expected_ + where;
  const auto c = static_cast<unsigned char>(*at_);
  constexpr char kHex[] = "0123456789abcdef";
  const std::string found = c >= 0x20 && c < 0x7F
                                ? std::string{'\'', *at_, '\''}
                                : std::string{'0', 'x', kHex[c >> 4], kHex[c & 15]};
  return "unexpected " + found + where + ": expected " + expected_;
}

namespace {

// Characters that compacting changes.
constexpr std::array<bool, 256> charactersToChange() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view(" \n\t\r<>&\xE2\"\\")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kChanges = charactersToChange();

// Compacts step by step, see appendInBlocks().
class Compactor {
 public:
  void operator()(const char*& from, const char* end, char*& to) {
    constexpr std::ptrdiff_t kMost = kLongestStep - kLongestEscape;
    const char* const last = from + std::min(end - from, kMost);
    while (from != last && !kChanges[static_cast<unsigned char>(*from)]) *to++ = *from++;
    if (from != end && kChanges[static_cast<unsigned char>(*from)]) change(from, end, to);
  }

 private:
  static constexpr std::ptrdiff_t kLongestEscape = 6;

  void change(const char*& from, const char* end, char*& to) {
    const char c = *from++;
    switch (c) {
      case '<': return put("\\u003c", to);
      case '>': return put("\\u003e", to);
      case '&': return put("\\u0026", to);
      case '\xE2': return separator(from, end, to);
      case '"': inString_ = !inString_; break;
      case '\\': *to++ = c; return put({from++, 1}, to);  // only strings have escapes
      default:
        if (!inString_) return;  // a blank
    }
    *to++ = c;
  }

  // Behind an E2: the first byte of U+2028, U+2029 or another character.
  static void separator(const char*& from, const char* end, char*& to) {
    const bool either =
        end - from >= 2 && from[0] == '\x80' && (from[1] == '\xA8' || from[1] == '\xA9');
    if (!either) return put("\xE2", to);
    put(from[1] == '\xA8' ? "\\u2028" : "\\u2029", to);
    from += 2;
  }

  bool inString_ = false;
};

}  // namespace

void appendCompactJson(std::string& out, std::string_view json) {
  appendInBlocks(out, json, Compactor());
}

}  // namespace evmicro::detail
