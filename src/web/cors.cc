#include "web/cors.h"

#include <algorithm>

namespace evmicro::detail {

bool isAllowedOrigin(const std::vector<std::string>& allowed, std::string_view origin) {
  return std::any_of(allowed.begin(), allowed.end(),
                     [origin](const std::string& each) { return each == "*" || each == origin; });
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
