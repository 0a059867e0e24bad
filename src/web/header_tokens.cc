#include "web/header_tokens.h"

#include <algorithm>

namespace evmicro::detail {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<std::string_view> headerTokens(const WebFields& headers, std::string_view name) {
  std::vector<std::string_view> tokens;
  for (const auto& [each, value] : headers) {
    if (each != name) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view token = trimmed(rest.substr(0, comma));
      if (!token.empty()) tokens.push_back(token);
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return tokens;
}

bool hasHeaderToken(const WebFields& headers, std::string_view name, std::string_view token) {
  const std::vector<std::string_view> tokens = headerTokens(headers, name);
  return std::any_of(tokens.begin(), tokens.end(),
                     [token](std::string_view each) { return equalsIgnoringCase(each, token); });
}

}  // namespace evmicro::detail
