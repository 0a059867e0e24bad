#include "http/url.h"

#include <algorithm>
#include <cstddef>

#include "base/digits.h"
#include "base/printable.h"
#include "base/utf8.h"

namespace evmicro::detail {

namespace {

// @pre UTF-8
bool isAllGraphic(std::string_view text) {
  while (!text.empty()) {
    const std::string_view character = text.substr(0, utf8Length(text));
    if (!isGraphic(decodeUtf8(character))) return false;
    text.remove_prefix(character.size());
  }
  return true;
}

enum class Plus { kIsBlank, kIsPlus };

std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::kIsBlank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hexDigit(text[i + 1]);
      const int low = hexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> decodePath(std::string_view path) { return decode(path, Plus::kIsPlus); }

std::string pathSegment(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  static constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:";
  std::string result;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return result;
}

const char* problemInPath(std::string_view text) {
  constexpr std::size_t kLongest = 8'000;
  if (text.size() > kLongest) return "is longer than 8000 bytes";
  const auto isControl = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), isControl)) return "has a control character";
  if (!isUtf8(text)) return "is not UTF-8";
  if (!isAllGraphic(text)) return "has a character that cannot be printed";
  while (true) {
    const std::size_t slash = text.find('/');
    const std::string_view part = text.substr(0, slash);
    const bool isLast = slash == std::string_view::npos;
    if (part == "." || part == ".." || (part.empty() && !isLast)) {
      return "has an empty, \".\" or \"..\" part between its slashes";
    }
    if (isLast) return nullptr;
    text.remove_prefix(slash + 1);
  }
}

std::optional<UrlQuery> UrlQuery::parse(std::string_view text) {
  UrlQuery query;
  if (std::count(text.begin(), text.end(), '&') >= std::ptrdiff_t{kMostParameters}) {
    return std::nullopt;
  }
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = decode(pair.substr(0, equals), Plus::kIsBlank);
    auto value = equals == std::string_view::npos ? std::string()
                                                  : decode(pair.substr(equals + 1), Plus::kIsBlank);
    if (!name || !value) return std::nullopt;
    query.entries_.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

bool UrlQuery::has(std::string_view name) const {
  for (const auto& [key, value] : entries_) {
    if (key == name) return true;
  }
  return false;
}

std::string UrlQuery::get(std::string_view name) const {
  for (const auto& [key, value] : entries_) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string> UrlQuery::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : entries_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

}  // namespace evmicro::detail
