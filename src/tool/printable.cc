#include "tool/printable.h"

#include <array>
#include <utility>

#include "base/utf8.h"

namespace evmicro::tool {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};
// All within four hexadecimal digits. What moves the cursor, changes colours, or lets text read in
// another order.
constexpr std::array<Range, 6> kUnsafe = {{
    {0x00, 0x1F},
    {0x7F, 0x9F},
    {0x061C, 0x061C},
    {0x200E, 0x200F},
    {0x2028, 0x202E},
    {0x2066, 0x2069},
}};

bool isUnsafe(char32_t code) {
  for (const Range& range : kUnsafe) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

char32_t decode(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead;
  char32_t code = lead & (0x7Fu >> character.size());
  for (const char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return code;
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
  out += code < 0x80 ? "\\x" : "\\u";
  appendHex(out, code, code < 0x80 ? 2 : 4);
}

// A string token of checked JSON; gives what follows it.
std::string_view appendJsonString(std::string& out, std::string_view json) {
  bool escaped = false;
  bool within = false;
  while (!json.empty()) {
    const std::size_t length = detail::utf8Length(json);
    const std::string_view character = json.substr(0, length == 0 ? 1 : length);
    const char32_t code = length == 0 ? 0xFFFD : decode(character);
    json.remove_prefix(character.size());
    if (length == 0 || isUnsafe(code)) {
      out += "\\u";
      appendHex(out, code, 4);
    } else {
      out.append(character);
    }
    const bool quote = code == '"' && !escaped;
    if (quote && within) break;
    within = true;
    escaped = code == '\\' && !escaped;
  }
  return json;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = detail::utf8Length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(character.size());
    if (length == 0) {
      out += "\\x";
      appendHex(out, static_cast<unsigned char>(character[0]), 2);
    } else if (const char32_t code = decode(character); isUnsafe(code)) {
      appendEscape(out, code);
    } else {
      out.append(character);
    }
  }
  return out;
}

std::string indentJson(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool justOpened = false;  // the line of what comes first is begun when something comes
  const auto newLine = [&] { out.append("\n").append(depth, '\t'); };
  while (!json.empty()) {
    const char c = json[0];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      json.remove_prefix(1);
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (closes) --depth;
    if (closes != std::exchange(justOpened, false)) newLine();
    if (c == '"') {
      json = appendJsonString(out, json);
      continue;
    }
    out += c;
    json.remove_prefix(1);
    if (c == '{' || c == '[') {
      ++depth;
      justOpened = true;
    } else if (c == ',') {
      newLine();
    } else if (c == ':') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace evmicro::tool
