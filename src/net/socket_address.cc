#include "net/socket_address.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "net/unix_address.h"

#include "net/host_port.h"

namespace evmicro::detail {

namespace {

using GetName = int (*)(int, sockaddr*, socklen_t*);

std::optional<SocketAddress> nameOf(int fd, GetName getName) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (getName(fd, address, &size) != 0) return std::nullopt;
  return SocketAddress(address, size);
}

// getaddrinfo() also accepts `127.1` and `0x7f000001`, which count as names here.
bool isIpv4(const std::string& host) {
  in_addr ignored{};
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1;
}

}  // namespace

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size)
    : size_(std::min<socklen_t>(size, sizeof storage_)) {
  std::memcpy(&storage_, address, size_);
}

SocketAddress SocketAddress::ofUnixPath(std::string_view path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, kLongestSocketPath);
  return SocketAddress(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

std::optional<SocketAddress> SocketAddress::ofLiteral(const std::string& host, std::uint16_t port) {
  if (isSocketPath(host)) return ofUnixPath(host);
  if (host.find(':') == std::string::npos && !isIpv4(host)) return std::nullopt;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  SocketAddress address(found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  address.setPort(port);
  return address;
}

void SocketAddress::setPort(std::uint16_t port) noexcept {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&storage_)->sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&storage_)->sin6_port = htons(port);
}

std::uint16_t SocketAddress::port() const noexcept {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage_).sin_port);
  if (family() != AF_INET6) return 0;
  return ntohs(reinterpret_cast<const sockaddr_in6&>(storage_).sin6_port);
}

std::string SocketAddress::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage_).sin_addr, text.data(),
                text.size());
    return text.data();
  }
  if (family() != AF_INET6) return {};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage_);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  std::string host = text.data();
  if (std::array<char, IF_NAMESIZE> scope{};
      v6.sin6_scope_id != 0 && ::if_indextoname(v6.sin6_scope_id, scope.data()) != nullptr) {
    host.append("%").append(scope.data());
  }
  return host;
}

std::string SocketAddress::text() const {
  if (family() == AF_UNIX) {
    const auto& unix = reinterpret_cast<const sockaddr_un&>(storage_);
    return unix.sun_path[0] == '\0' ? "unix:" : unixAddressText(unix.sun_path);
  }
  const std::string name = host();
  return name.empty() ? name : joinHostPort(name, port());
}

bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept {
  return a.size() == b.size() && std::memcmp(a.get(), b.get(), a.size()) == 0;
}

std::optional<SocketAddress> localSocketAddress(int fd) { return nameOf(fd, ::getsockname); }
std::optional<SocketAddress> peerSocketAddress(int fd) { return nameOf(fd, ::getpeername); }

}  // namespace evmicro::detail
