#include "net/http_address.h"

#include "net/host_port.h"
#include "net/unix_address.h"

namespace evmicro::detail {

Result<HttpAddress> HttpAddress::parse(std::string_view what, std::string_view text,
                                       std::string_view defaultPort) {
  if (const std::string_view trimmed = trimBlanks(text); isUnixAddress(trimmed)) {
    auto path = parseUnixPath(trimmed);
    if (path.ok()) return HttpAddress{unixAddressText(*path), "http://localhost", *path};
    return Status::invalid(std::string(what) + " address \"" + std::string(text) +
                           "\": " + path.status().detail());
  }
  auto [scheme, rest] = splitScheme(trimBlanks(text));
  if (scheme.empty()) scheme = "http";
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  const auto parts = splitHostPort(rest);
  const bool sound = parts.ok() && (scheme == "http" || scheme == "https") &&
                     isHostName(parts->host) &&
                     (!parts->hasPort || parsePort(parts->port).value_or(0) != 0);
  if (!sound) {
    return Status::invalid(
        std::string(what) + " address \"" + std::string(text) +
        "\": expected host:port, http(s)://host:port (IPv6 in brackets) or unix:///path");
  }
  const std::string authority =
      joinHostPort(parts->host, parts->hasPort ? parts->port : defaultPort);
  return HttpAddress{authority, scheme + "://" + authority, {}};
}

}  // namespace evmicro::detail
