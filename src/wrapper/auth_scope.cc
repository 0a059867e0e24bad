#include "wrapper/auth_scope.h"

#include <algorithm>
#include <string>
#include <utility>

#include <strings.h>

namespace evmicro::detail {

namespace {

constexpr std::string_view kScheme = "Bearer ";

// `Service.*` stands for all methods of a service.
bool covers(std::string_view pattern, std::string_view method) {
  const bool whole = pattern.size() > 2 && pattern.substr(pattern.size() - 2) == ".*";
  if (!whole) return pattern == method;
  pattern.remove_suffix(1);
  return method.substr(0, pattern.size()) == pattern;
}

}  // namespace

bool isExempt(const AuthScope& scope, const CallInfo& call) {
  if (!call.topic.empty()) return true;
  return std::any_of(scope.exempt.begin(), scope.exempt.end(),
                     [&](const std::string& pattern) { return covers(pattern, call.method); });
}

std::optional<std::string_view> bearerToken(const Metadata& metadata) {
  const auto value = metadata.get("Authorization");
  if (!value || value->size() <= kScheme.size() ||
      ::strncasecmp(value->data(), kScheme.data(), kScheme.size()) != 0) {
    return std::nullopt;
  }
  std::string_view token = value->substr(kScheme.size());
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  if (token.empty()) return std::nullopt;
  return token;
}

Status unauthorized(const CallInfo& call, std::string detail) {
  return Status::error(401, std::string(call.service), std::move(detail));
}
Status forbidden(const CallInfo& call, std::string detail) {
  return Status::error(403, std::string(call.service), std::move(detail));
}

}  // namespace evmicro::detail
