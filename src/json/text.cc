#include "json/text.h"

#include <array>
#include <charconv>
#include <cstring>

#include "base/utf8.h"

namespace evmicro::detail {

namespace {

void appendEscape(std::string& out, unsigned char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

// Bytes that Go writes unchanged in a string; other UTF-8 is checked byte by byte.
constexpr std::array<bool, 256> plainCharacters() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x80; ++c) {
    table[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
  }
  return table;
}
constexpr std::array<bool, 256> kPlain = plainCharacters();

// The value of four hexadecimal digits.
unsigned hexValue(std::string_view digits) {
  unsigned value = 0;
  std::from_chars(digits.data(), digits.data() + 4, value, 16);
  return value;
}

void appendUtf8(std::string& out, unsigned code) {
  const auto append = [&out](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return append(code);
  if (code < 0x800) {
    append(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      append(0xE0 | code >> 12);
    } else {
      append(0xF0 | code >> 18);
      append(0x80 | (code >> 12 & 0x3F));
    }
    append(0x80 | (code >> 6 & 0x3F));
  }
  append(0x80 | (code & 0x3F));
}

constexpr char kReplacement[] = "\xEF\xBF\xBD";

bool isSurrogate(unsigned code) { return code >= 0xD800 && code < 0xE000; }

// Decodes the \uXXXX that `text` starts with, and a second one when the two are a pair. Returns the
// length of what it has read.
std::size_t decodeUnicodeEscape(std::string_view text, std::string& out) {
  constexpr std::size_t kLength = 6;
  const unsigned first = hexValue(text.substr(2));
  if (!isSurrogate(first)) {
    appendUtf8(out, first);
    return kLength;
  }
  if (first < 0xDC00 && text.substr(kLength, 2) == "\\u") {
    const unsigned second = hexValue(text.substr(kLength + 2));
    if (second >= 0xDC00 && second < 0xE000) {
      appendUtf8(out, 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
      return 2 * kLength;
    }
  }
  out += kReplacement;
  return kLength;
}

// Decodes the escape that `text` starts with; returns its length.
std::size_t decodeEscape(std::string_view text, std::string& out) {
  switch (text[1]) {
    case 'u': return decodeUnicodeEscape(text, out);
    case 'b': out += '\b'; break;
    case 'f': out += '\f'; break;
    case 'n': out += '\n'; break;
    case 'r': out += '\r'; break;
    case 't': out += '\t'; break;
    default: out += text[1];  // a quote, a slash or a backslash
  }
  return 2;
}

// The length of the front of `text` that needs no decoding.
std::size_t literalLength(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end && *at != '\\') {
    if (static_cast<unsigned char>(*at) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = utf8Length({at, static_cast<std::size_t>(end - at)});
    if (length == 0) break;
    at += length;
  }
  return static_cast<std::size_t>(at - text.data());
}

// `text` begins with bytes that are not UTF-8: returns how many, and appends a replacement for
// each.
std::size_t replaceBadBytes(std::string_view text, std::string& out) {
  std::size_t count = 1;
  while (count < text.size() && static_cast<unsigned char>(text[count]) >= 0x80 &&
         utf8Length(text.substr(count)) == 0) {
    ++count;
  }
  constexpr std::size_t kSize = sizeof kReplacement - 1;
  const std::size_t before = out.size();
  out.resize(before + count * kSize);
  for (char* to = out.data() + before; to != out.data() + out.size(); to += kSize) {
    std::memcpy(to, kReplacement, kSize);
  }
  return count;
}

}  // namespace

std::string_view decodeJsonString(std::string_view token, std::string& scratch) {
  std::string_view text = token.substr(1, token.size() - 2);
  std::size_t literal = literalLength(text);
  if (literal == text.size()) return text;
  scratch.clear();
  scratch.reserve(text.size());
  for (;;) {
    scratch.append(text.substr(0, literal));
    text.remove_prefix(literal);
    if (text.empty()) return scratch;
    if (text[0] == '\\') {
      text.remove_prefix(decodeEscape(text, scratch));
    } else {
      text.remove_prefix(replaceBadBytes(text, scratch));
    }
    literal = literalLength(text);
  }
}

std::string quoteForError(std::string_view text) {
  constexpr std::size_t kLongestQuote = 40;
  const bool cut = text.size() > kLongestQuote;
  if (cut) {
    std::size_t length = kLongestQuote;
    // Cutting within a character would make it a replacement character.
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    text = text.substr(0, length);
  }
  std::string quoted;
  appendJsonString(quoted, text);
  return cut ? quoted + "..." : quoted;
}

void appendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end && kPlain[static_cast<unsigned char>(*at)]) ++at;
    const auto plain = static_cast<std::size_t>(at - text.data());
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text[0]);
    if (c < 0x80) {
      appendEscape(out, c);
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = utf8Length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    if (length == 0) {
      out += "\\ufffd";
    } else if (sequence == "\xE2\x80\xA8") {
      out += "\\u2028";
    } else if (sequence == "\xE2\x80\xA9") {
      out += "\\u2029";
    } else {
      out.append(sequence);
    }
    text.remove_prefix(sequence.size());
  }
  out += '"';
}

std::string jsonString(std::string_view text) {
  std::string out;
  appendJsonString(out, text);
  return out;
}

}  // namespace evmicro::detail
