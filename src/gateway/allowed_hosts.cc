#include "gateway/allowed_hosts.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <arpa/inet.h>

#include "web/header_tokens.h"

namespace evmicro::gateway {

namespace {

// `host:port`, of the target if that is absolute: the Host header does not count then (RFC 9112,
// 3.2.2).
std::optional<std::string_view> authorityOf(const WebRequest& request) {
  const std::string_view target = request.target;
  const std::size_t scheme = target.find("://");
  if (target.substr(0, 1) == "/" || scheme == std::string_view::npos) {
    return findField(request.headers, "Host");
  }
  const std::string_view rest = target.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

// The host of a Host header: without the port, the dot at the end, and the brackets of IPv6.
std::string_view hostOf(std::string_view header) {
  if (!header.empty() && header.front() == '[') return header.substr(1, header.find(']') - 1);
  header = header.substr(0, header.rfind(':'));
  if (!header.empty() && header.back() == '.') header.remove_suffix(1);
  return header;
}

bool isAddress(const std::string& host) {
  in6_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         detail::equalsIgnoringCase(text.substr(text.size() - end.size()), end);
}

// `pattern`: a name, or `.name` for it and all below it.
bool matches(std::string_view host, std::string_view pattern) {
  if (pattern == "*") return true;
  if (pattern.empty() || pattern.front() != '.') return detail::equalsIgnoringCase(host, pattern);
  return endsWith(host, pattern) || detail::equalsIgnoringCase(host, pattern.substr(1));
}

}  // namespace

Status checkHost(const WebRequest& request, const std::vector<std::string>& allowed,
                 std::string_view id) {
  const auto authority = authorityOf(request);
  if (!authority) return {};
  const std::string host(hostOf(*authority));
  if (matches(host, ".localhost") || isAddress(host)) return {};
  const bool known = std::any_of(allowed.begin(), allowed.end(),
                                 [&host](const auto& pattern) { return matches(host, pattern); });
  if (known) return {};
  return Status::error(403, std::string(id), "the host " + host + " is not allowed");
}

}  // namespace evmicro::gateway
