#include "registry/advertise.h"

#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/host_port.h"
#include "net/unix_address.h"

namespace evmicro::detail {

namespace {

struct Split {
  std::string host;  // IPv6 in brackets
  std::optional<int> port;
};

// `host`, `host:port`, `[v6]`, `[v6]:port`.
std::optional<Split> split(std::string_view text) {
  const auto parts = splitHostPort(text);
  if (!parts.ok()) return std::nullopt;
  Split result;
  result.host = bracketed(parts->host);
  if (!parts->hasPort) return result;
  const auto port = parsePort(parts->port);
  if (!port) return std::nullopt;
  result.port = *port;
  return result;
}

bool isWildcard(std::string_view host) {
  return host.empty() || host == "0.0.0.0" || host == "[::]" || host == "::";
}

// The local address that packets to `target` would be sent from. Sends nothing.
std::optional<std::string> routeTo(std::string_view target) {
  const auto where = split(target);
  if (!where) return std::nullopt;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(where->port.value_or(8500)));
  const std::string host = where->host == "localhost" ? "127.0.0.1" : where->host;
  // Names are not looked up: that could block.
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return std::nullopt;
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  std::optional<std::string> result;
  sockaddr_in local{};
  socklen_t size = sizeof local;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0) {
    std::array<char, INET_ADDRSTRLEN> text{};
    result = inet_ntop(AF_INET, &local.sin_addr, text.data(), text.size());
  }
  ::close(fd);
  return result;
}

bool isPrivate(std::uint32_t address) {
  return (address >> 24) == 10 || (address >> 20) == 0xAC1 || (address >> 16) == 0xC0A8;
}

// A private IPv4 address of this machine, otherwise a public one.
std::optional<std::string> ownAddress() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  std::optional<std::string> result;
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET) continue;
    if ((entry->ifa_flags & IFF_UP) == 0 || (entry->ifa_flags & IFF_LOOPBACK) != 0) continue;
    sockaddr_in address{};
    std::memcpy(&address, entry->ifa_addr, sizeof address);
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    if (isPrivate(ntohl(address.sin_addr.s_addr))) return text.data();
    if (!result) result = text.data();
  }
  return result;
}

std::string chooseHost(std::string_view registry, std::string_view flag) {
  if (auto host = routeTo(registry)) return *host;
  if (auto host = ownAddress()) return *host;
  EVMICRO_LOG_WARN("registry",
                   "No address but loopback found to advertise: other machines cannot reach this "
                   "service; set "
                       << flag);
  return "127.0.0.1";
}

Status malformed(std::string_view flag, std::string_view wanted, std::string_view why) {
  return Status::invalid(std::string(flag) + ": advertised address \"" + std::string(wanted) +
                         "\": " + std::string(why));
}

Result<AdvertisedAddress> unixSocket(std::string_view text, std::string_view flag) {
  const auto path = parseUnixPath(text);
  if (!path.ok()) return malformed(flag, text, path.status().detail());
  return AdvertisedAddress{unixAddressText(*path), 0};
}

}  // namespace

Result<AdvertisedAddress> advertisedAddress(std::string_view bound, std::string_view wanted,
                                            std::string_view registry, std::string_view flag) {
  if (isUnixAddress(wanted)) return unixSocket(wanted, flag);
  if (isUnixAddress(bound) && wanted.empty()) return unixSocket(bound, flag);
  if (isUnixAddress(bound)) {
    const auto proxy = split(wanted);
    if (proxy && !isWildcard(proxy->host) && proxy->port.value_or(0) != 0) {
      return AdvertisedAddress{proxy->host, *proxy->port};
    }
    return malformed(flag, wanted,
                     "a server on a Unix socket needs host:port or unix:///path here");
  }
  const auto listening = split(bound);
  const auto asked = split(wanted);
  if (!listening || !listening->port) {
    return Status::internal("registry: cannot parse the address that was bound: " +
                            std::string(bound));
  }
  if (!asked) {
    return malformed(flag, wanted, "expected host or host:port (IPv6 in brackets) or unix:///path");
  }
  AdvertisedAddress result;
  result.port = asked->port.value_or(0) != 0 ? *asked->port : *listening->port;
  if (!isWildcard(asked->host)) {
    result.host = asked->host;
  } else if (!isWildcard(listening->host)) {
    result.host = listening->host;
  } else {
    result.host = chooseHost(registry, flag);
  }
  return result;
}

}  // namespace evmicro::detail
