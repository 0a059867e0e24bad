#include "base/printable.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace evmicro::detail {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};
// Characters that move the cursor, change colours, or change the direction of text. All have at
// most four hexadecimal digits.
constexpr std::array<Range, 6> kUnsafe = {{
    {0x00, 0x1F},
    {0x7F, 0x9F},
    {0x061C, 0x061C},
    {0x200E, 0x200F},
    {0x2028, 0x202E},
    {0x2066, 0x2069},
}};

// General categories Cc, Cf, Co and Z, less the blank, and what is no character, as far as it is
// not so by the rules in isGraphic(). Sorted.
constexpr std::array<Range, 26> kNotGraphic = {{
    {0x00, 0x1F},       {0x7F, 0xA0},        {0xAD, 0xAD},       {0x0600, 0x0605},
    {0x061C, 0x061C},   {0x06DD, 0x06DD},    {0x070F, 0x070F},   {0x0890, 0x0891},
    {0x08E2, 0x08E2},   {0x1680, 0x1680},    {0x180E, 0x180E},   {0x2000, 0x200F},
    {0x2028, 0x202F},   {0x205F, 0x206F},    {0x3000, 0x3000},   {0xD800, 0xF8FF},
    {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},    {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD},
    {0x110CD, 0x110CD}, {0x13430, 0x1343F},  {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0x323B0, 0xE00FF}, {0xE01F0, 0x10FFFF},
}};

template <std::size_t N>
bool isIn(const std::array<Range, N>& ranges, char32_t code) noexcept {
  return std::any_of(ranges.begin(), ranges.end(), [code](const Range& range) {
    return code >= range.first && code <= range.last;
  });
}

void appendHex(std::string& out, char32_t value, int digits) {
  constexpr char kHex[] = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += kHex[value >> shift & 15];
}

void appendEscape(std::string& out, char32_t code) {
  switch (code) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (code >= 0x80) return appendUnicodeEscape(out, code);
  out += "\\x";
  appendHex(out, code, 2);
}

}  // namespace

std::string firstLine(std::string_view text, std::size_t most) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  text = text.substr(0, text.find('\n'));
  text = text.substr(0, text.find_last_not_of(" \t\r") + 1);
  return printable(text, most);
}

bool isSafeToShow(char32_t code) noexcept { return !isIn(kUnsafe, code); }

// The last two of each plane are no characters.
bool isGraphic(char32_t code) noexcept {
  return (code & 0xFFFE) != 0xFFFE && !isIn(kNotGraphic, code);
}

void appendUnicodeEscape(std::string& out, char32_t code) {
  out += "\\u";
  appendHex(out, code, 4);
}

std::string printable(std::string_view text, std::size_t most) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= most) return out + "...";
    const std::size_t length = utf8Length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(character.size());
    if (length == 0) {
      out += "\\x";
      appendHex(out, static_cast<unsigned char>(character[0]), 2);
    } else if (const char32_t code = decodeUtf8(character); !isSafeToShow(code)) {
      appendEscape(out, code);
    } else {
      out.append(character);
    }
  }
  return out;
}

}  // namespace evmicro::detail
