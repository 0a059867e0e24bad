#include "registry/advertise.h"

#include <cstdint>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/descriptor.h"
#include "net/host_port.h"
#include "net/socket_address.h"
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

// Whether peers of this address can be those of another machine: it is neither a loopback address
// nor one that needs the name of an interface.
bool isReachable(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(four.sin_addr.s_addr) >> 24) != 127;
  }
  if (address.sa_family != AF_INET6) return false;
  const in6_addr& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return !IN6_IS_ADDR_LOOPBACK(&six) && !IN6_IS_ADDR_LINKLOCAL(&six);
}

// Whether a peer on the local network has this address. Otherwise it may still be one.
bool isPrivate(const sockaddr& address) {
  if (address.sa_family != AF_INET) return false;
  const std::uint32_t four = ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr);
  return (four >> 24) == 10 || (four >> 20) == 0xAC1 || (four >> 16) == 0xC0A8;
}

// What a listener on all addresses is bound to: 0.0.0.0, or [::], which takes IPv4 as well.
enum class Bound { kFour, kBoth };

bool takes(Bound bound, int family) {
  return family == AF_INET || (family == AF_INET6 && bound == Bound::kBoth);
}

// The local address that packets to `target` would be sent from: loopback, if that is on this
// machine. Sends nothing.
std::optional<SocketAddress> routeTo(std::string_view target, Bound bound) {
  constexpr std::uint16_t kAnyPort = 8500;
  const auto where = splitHostPort(target);
  if (!where.ok()) return std::nullopt;
  // Names are not looked up: that could block.
  const std::string host(where->host == "localhost" ? "127.0.0.1" : where->host);
  const auto registry = SocketAddress::ofLiteral(host, kAnyPort);
  if (!registry || !takes(bound, registry->family())) return std::nullopt;
  const Descriptor socket(::socket(registry->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0 || ::connect(socket.get(), registry->get(), registry->size()) != 0) {
    return std::nullopt;
  }
  return localSocketAddress(socket.get());
}

// An address of this machine: a private one of IPv4, otherwise a public one, otherwise one of IPv6.
std::optional<std::string> ownAddress(Bound bound) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  std::optional<std::string> publicFour;
  std::optional<std::string> six;
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    const sockaddr* const address = entry->ifa_addr;
    if (!address || (entry->ifa_flags & IFF_UP) == 0) continue;
    if ((entry->ifa_flags & IFF_LOOPBACK) != 0 || !isReachable(*address)) continue;
    if (!takes(bound, address->sa_family)) continue;
    const bool isFour = address->sa_family == AF_INET;
    const SocketAddress own(address, isFour ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    if (isPrivate(*address)) return own.host();
    auto& kept = isFour ? publicFour : six;
    if (!kept) kept = bracketed(own.host());
  }
  return publicFour ? publicFour : six;
}

std::string chooseHost(std::string_view registry, std::string_view flag, Bound bound) {
  if (const auto route = routeTo(registry, bound)) {
    std::string host = bracketed(route->host());
    if (!isReachable(*route->get())) {
      EVMICRO_LOG_WARN("registry", "The registry is on this machine: the service registers "
                                       << host << ", which other machines cannot reach; set "
                                       << flag << " if they are to call it");
    }
    return host;
  }
  if (auto host = ownAddress(bound)) return *host;
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
    result.host =
        chooseHost(registry, flag, listening->host == "0.0.0.0" ? Bound::kFour : Bound::kBoth);
  }
  return result;
}

}  // namespace evmicro::detail
