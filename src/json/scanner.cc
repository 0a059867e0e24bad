#include "json/scanner.h"

#include <array>
#include <cassert>

#include "base/digits.h"

namespace evmicro::detail {

namespace {

bool isBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// The bytes that a string may contain outside of escapes, up to its closing quote, including each
// byte of UTF-8.
constexpr std::array<bool, 256> charactersOfStrings() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < table.size(); ++c) table[c] = c != '"' && c != '\\';
  return table;
}
constexpr std::array<bool, 256> kStandsForItself = charactersOfStrings();

constexpr char kTooDeep[] = "too deep";
constexpr char kStopped[] = "nothing more";

}  // namespace

std::string_view JsonScanner::value() {
  peek();
  const char* const start = at_;
  skipValue();
  return since(start);
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
  for (const char* at = at_ + 1;; at = at_ + 1) {
    while (at != end_ && kStandsForItself[static_cast<unsigned char>(*at)]) ++at;
    at_ = at;
    if (at == end_) return fail("a closing quote");
    if (*at == '"') {
      ++at_;
      return;
    }
    if (*at != '\\') return fail("no control characters in strings");
    skipEscape();
    if (!ok()) return;
  }
}

// Leaves at_ on the last character of the escape.
void JsonScanner::skipEscape() {
  ++at_;
  if (current() != 'u') {
    constexpr std::string_view kSimple = "\"\\/bfnrt";
    if (at_ == end_ || kSimple.find(*at_) == std::string_view::npos) {
      fail("an escape such as \\n or \\u0041");
    }
    return;
  }
  for (int i = 0; i < 4; ++i) {
    ++at_;
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
  if (!isDigit(current())) return fail("a digit");
  while (isDigit(current())) ++at_;
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

// The escaped form of the character that `text` starts with, and its length.
std::size_t appendEscaped(std::string& out, std::string_view text) {
  switch (text[0]) {
    case '<': out += "\\u003c"; return 1;
    case '>': out += "\\u003e"; return 1;
    case '&': out += "\\u0026"; return 1;
    default: break;
  }
  const std::string_view sequence = text.substr(0, 3);
  if (sequence == "\xE2\x80\xA8") {
    out += "\\u2028";
  } else if (sequence == "\xE2\x80\xA9") {
    out += "\\u2029";
  } else {
    out += text[0];
    return 1;
  }
  return 3;
}

}  // namespace

void appendCompactJson(std::string& out, std::string_view json) {
  bool inString = false;
  std::size_t kept = 0;  // start of what is not yet copied
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    const bool dropped = !inString && isBlank(c);
    const bool escaped = c == '<' || c == '>' || c == '&' || c == '\xE2';
    if (dropped || escaped) {
      out.append(json.substr(kept, i - kept));
      i += dropped ? 1 : appendEscaped(out, json.substr(i));
      kept = i;
      continue;
    }
    if (c == '"') inString = !inString;
    i += inString && c == '\\' ? 2 : 1;
  }
  out.append(json.substr(kept));
}

}  // namespace evmicro::detail
