#include "json/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/digits.h"
#include "base/utf8.h"
#include "json/in_blocks.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kWord = 8;

// What Go writes for a character of ASCII.
struct Written {
  char bytes[kWord] = {};
  std::uint8_t size = 0;
};

constexpr Written writtenFor(unsigned char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': return {{'\\', '"'}, 2};
    case '\\': return {{'\\', '\\'}, 2};
    case '\n': return {{'\\', 'n'}, 2};
    case '\r': return {{'\\', 'r'}, 2};
    case '\t': return {{'\\', 't'}, 2};
    default: break;
  }
  if (c >= 0x20 && c != '<' && c != '>' && c != '&') return {{static_cast<char>(c)}, 1};
  return {{'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]}, 6};
}

constexpr std::array<Written, 128> allWritten() {
  std::array<Written, 128> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    table[c] = writtenFor(static_cast<unsigned char>(c));
  }
  return table;
}
constexpr std::array<Written, 128> kWritten = allWritten();

// Eight bytes at a time, in whatever order the processor has them.
constexpr std::uint64_t inEachByte(unsigned char c) {
  return c * std::uint64_t{0x0101010101010101};
}
constexpr std::uint64_t kHighBits = inEachByte(0x80);

// These have high bits if a byte of `word` is below `limit`, or `c`.
constexpr std::uint64_t below(std::uint64_t word, unsigned char limit) {
  return (word - inEachByte(limit)) & ~word;
}
constexpr std::uint64_t has(std::uint64_t word, char c) {
  return below(word ^ inEachByte(static_cast<unsigned char>(c)), 1);
}

// Whether Go writes all of `word` unchanged: `<` differs from `>` in the bit that is set here.
constexpr bool isPlain(std::uint64_t word) {
  const std::uint64_t other = word | below(word, 0x20) | has(word, '"') | has(word, '\\') |
                              has(word, '&') | has(word | inEachByte('<' ^ '>'), '>');
  return (other & kHighBits) == 0;
}

// Whether all of `word` stands for itself in a string.
constexpr bool isLiteral(std::uint64_t word) { return ((word | has(word, '\\')) & kHighBits) == 0; }

// Copies at most eight bytes: up to the first for which `isOne` is false. `areAll` says that of
// eight at once. At least one byte is copied.
template <typename All, typename One>
void copySome(const char*& from, const char* end, char*& to, All areAll, One isOne) {
  const auto most = std::min(kWord, static_cast<std::size_t>(end - from));
  std::uint64_t word = 0;
  if (most == kWord) {
    std::memcpy(&word, from, kWord);
    if (areAll(word)) {
      std::memcpy(to, from, kWord);
      from += kWord;
      to += kWord;
      return;
    }
  }
  const char* const last = from + most;
  do {
    *to++ = *from++;
  } while (from != last && isOne(static_cast<unsigned char>(*from)));
}

std::string_view between(const char* from, const char* end) {
  return {from, static_cast<std::size_t>(end - from)};
}

// Copies the `length` bytes of a character.
inline void copyCharacter(const char*& from, const char* end, char*& to, std::size_t length) {
  constexpr std::size_t kLongest = 4;
  const auto left = static_cast<std::size_t>(end - from);
  if (left >= kLongest) {
    std::memcpy(to, from, kLongest);  // a fixed number is fast
  } else {
    std::memcpy(to, from, length);
  }
  from += length;
  to += length;
}

// A character that is not ASCII, or a byte that is not of one.
inline void writeOther(const char*& from, const char* end, char*& to) {
  const std::uint32_t four = firstFour(between(from, end));
  const std::size_t length = utf8LengthOf(four);
  if (length == 0) {
    put("\\ufffd", to);
    ++from;
  } else if ((four & 0xFFFFFE00) == 0xE280A800) {
    put(four & 0x100 ? "\\u2029" : "\\u2028", to);
    from += length;
  } else {
    copyCharacter(from, end, to, length);
  }
}

// One step of writing a string.
inline void writeSome(const char*& from, const char* end, char*& to) {
  const auto c = static_cast<unsigned char>(*from);
  if (c >= 0x80) return writeOther(from, end, to);
  const Written& written = kWritten[c];
  if (written.size == 1) {
    return copySome(from, end, to, isPlain,
                    [](unsigned char next) { return next < 0x80 && kWritten[next].size == 1; });
  }
  std::memcpy(to, written.bytes, kWord);
  to += written.size;
  ++from;
}

// The value of four hexadecimal digits.
unsigned hexValue(const char* digits) {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i) value = value << 4 | static_cast<unsigned>(hexDigit(digits[i]));
  return value;
}

void putUtf8(unsigned code, char*& to) {
  const auto append = [&to](unsigned byte) { *to++ = static_cast<char>(byte); };
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

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool isSurrogate(unsigned code) { return code >= 0xD800 && code < 0xE000; }

// Decodes the \uXXXX that `from` points to, and a second one when the two are a pair.
void decodeUnicodeEscape(const char*& from, const char* end, char*& to) {
  constexpr std::ptrdiff_t kLength = 6;
  const unsigned first = hexValue(from + 2);
  from += kLength;
  if (!isSurrogate(first)) return putUtf8(first, to);
  if (first < 0xDC00 && end - from >= kLength && from[0] == '\\' && from[1] == 'u') {
    const unsigned second = hexValue(from + 2);
    if (second >= 0xDC00 && second < 0xE000) {
      from += kLength;
      return putUtf8(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), to);
    }
  }
  put(kReplacement, to);
}

void decodeEscape(const char*& from, const char* end, char*& to) {
  const char c = from[1];
  if (c == 'u') return decodeUnicodeEscape(from, end, to);
  from += 2;
  switch (c) {
    case 'b': *to++ = '\b'; break;
    case 'f': *to++ = '\f'; break;
    case 'n': *to++ = '\n'; break;
    case 'r': *to++ = '\r'; break;
    case 't': *to++ = '\t'; break;
    default: *to++ = c;  // a quote, a slash or a backslash
  }
}

// One step of decoding a string.
inline void decodeSome(const char*& from, const char* end, char*& to) {
  if (*from == '\\') return decodeEscape(from, end, to);
  if (static_cast<unsigned char>(*from) < 0x80) {
    return copySome(from, end, to, isLiteral,
                    [](unsigned char next) { return next < 0x80 && next != '\\'; });
  }
  const std::size_t length = utf8Length(between(from, end));
  if (length > 0) return copyCharacter(from, end, to, length);
  put(kReplacement, to);
  ++from;
}

// The length of the front of `text` that needs no decoding.
std::size_t literalLength(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end && *at != '\\') {
    std::uint64_t word = kHighBits;
    if (end - at >= static_cast<std::ptrdiff_t>(kWord)) std::memcpy(&word, at, kWord);
    if (isLiteral(word)) {
      at += kWord;
      continue;
    }
    const std::size_t length = utf8Length(between(at, end));
    if (length == 0) break;
    at += length;
  }
  return static_cast<std::size_t>(at - text.data());
}

}  // namespace

std::string_view decodeJsonString(std::string_view token, std::string& scratch) {
  const std::string_view text = token.substr(1, token.size() - 2);
  const std::size_t literal = literalLength(text);
  if (literal == text.size()) return text;
  scratch.clear();
  scratch.reserve(text.size());
  scratch.append(text.substr(0, literal));
  appendInBlocks(
      scratch, text.substr(literal),
      [](const char*& from, const char* textEnd, char*& to) { decodeSome(from, textEnd, to); });
  return scratch;
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
  appendInBlocks(out, text,
                 [](const char*& from, const char* end, char*& to) { writeSome(from, end, to); });
  out += '"';
}

std::string jsonString(std::string_view text) {
  std::string out;
  appendJsonString(out, text);
  return out;
}

}  // namespace evmicro::detail
