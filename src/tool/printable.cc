#include "tool/printable.h"

#include <utility>

#include "base/utf8.h"

namespace evmicro::tool {

namespace {

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// A string token of checked JSON; gives what follows it.
std::string_view appendToken(std::string& out, std::string_view json) {
  bool escaped = false;
  bool within = false;
  while (!json.empty()) {
    const std::size_t length = detail::utf8Length(json);
    const std::string_view character = json.substr(0, length == 0 ? 1 : length);
    const char32_t code = length == 0 ? 0xFFFD : detail::decodeUtf8(character);
    json.remove_prefix(character.size());
    if (length == 0 || !detail::isSafeToShow(code)) {
      detail::appendUnicodeEscape(out, code);
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

std::string indentJson(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool justOpened = false;  // the line of what comes first is begun when something comes
  const auto newLine = [&] { out.append("\n").append(depth, '\t'); };
  while (!json.empty()) {
    const char c = json[0];
    if (isBlank(c)) {
      json.remove_prefix(1);
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (closes) --depth;
    if (closes != std::exchange(justOpened, false)) newLine();
    if (c == '"') {
      json = appendToken(out, json);
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

std::string flatJson(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    if (json[0] == '"') {
      json = appendToken(out, json);
      continue;
    }
    if (!isBlank(json[0])) out += json[0];
    json.remove_prefix(1);
  }
  return out;
}

}  // namespace evmicro::tool
