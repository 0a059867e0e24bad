#include "net/dial_address.h"

#include <utility>

#include "net/host_port.h"
#include "net/unix_address.h"

namespace evmicro::detail {

namespace {

Status cannotDial(std::string_view text, std::string_view why) {
  return Status::invalid("transport: cannot dial \"" + std::string(text) +
                         "\": " + std::string(why));
}

}  // namespace

Result<DialAddress> parseDialAddress(std::string_view text) {
  if (isUnixAddress(text)) {
    auto path = parseUnixPath(text);
    if (!path.ok()) return cannotDial(text, path.status().detail());
    return DialAddress{std::move(*path), 0};
  }
  const auto parts = splitHostPort(text);
  if (!parts.ok()) return cannotDial(text, parts.status().detail());
  if (!parts->hasPort) return cannotDial(text, "expected host:port");
  const auto port = parsePort(parts->port);
  if (port.value_or(0) == 0) return cannotDial(text, "the port is not a number from 1 to 65535");
  if (parts->host.empty()) return DialAddress{"127.0.0.1", *port};
  if (!isHostName(parts->host)) {
    return cannotDial(text, "the host has characters that no host name has");
  }
  return DialAddress{std::string(parts->host), *port};
}

}  // namespace evmicro::detail
