#include "web/cors.h"

#include <algorithm>

namespace evmicro::detail {

bool isAllowedOrigin(const std::vector<std::string>& allowed, std::string_view origin) {
  return std::any_of(allowed.begin(), allowed.end(),
                     [origin](const std::string& each) { return each == "*" || each == origin; });
}

bool isOriginOf(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  origin.remove_prefix(scheme + 3);
  return std::equal(origin.begin(), origin.end(), host.begin(), host.end(),
                    [lower](char a, char b) { return lower(a) == lower(b); });
}

WebFields corsHeaders(const std::vector<std::string>& allowed,
                      std::optional<std::string_view> origin) {
  WebFields headers;
  if (allowed.empty()) return headers;
  if (origin && !origin->empty() && isAllowedOrigin(allowed, *origin)) {
    headers.emplace_back("Access-Control-Allow-Origin", *origin);
  }
  headers.emplace_back("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE");
  headers.emplace_back(
      "Access-Control-Allow-Headers",
      "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization");
  headers.emplace_back("Access-Control-Allow-Credentials", "true");
  headers.emplace_back("Vary", "Origin");
  return headers;
}

}  // namespace evmicro::detail
