#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace evmicro::detail {

/// The address of a socket: IPv4 or IPv6, and a port.
class SocketAddress {
 public:
  SocketAddress() = default;
  /// Copies `size` bytes of a C address.
  SocketAddress(const sockaddr* address, socklen_t size);

  /// The address of a numeric IPv4 or IPv6 `host` (without brackets; a scope such as `%eth0` is
  /// allowed), or of the path of a Unix socket; nullopt if `host` is a name.
  static std::optional<SocketAddress> ofLiteral(const std::string& host, std::uint16_t port);
  /// @pre no longer than kLongestSocketPath
  static SocketAddress ofUnixPath(std::string_view path) noexcept;

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  int family() const noexcept { return storage_.ss_family; }
  void setPort(std::uint16_t port) noexcept;
  std::uint16_t port() const noexcept;

  /// `127.0.0.1` or `fe80::1%eth0`: no brackets, no port. Empty if it is neither IPv4 nor IPv6.
  std::string host() const;
  /// `host:port`, IPv6 in brackets, IPv4-mapped addresses as IPv4; `unix:///path`, or `unix:` for
  /// an unnamed Unix socket, as clients have. Empty if it is none of these.
  std::string text() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept;

/// The address that a socket is bound or connected to; nullopt if there is none.
std::optional<SocketAddress> localSocketAddress(int fd);
std::optional<SocketAddress> peerSocketAddress(int fd);

}  // namespace evmicro::detail
