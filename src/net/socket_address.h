#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/socket.h>

namespace evmicro::detail {

/// Where a socket can be bound or connected.
class SocketAddress {
 public:
  SocketAddress() = default;
  /// Copies `size` bytes of a C address.
  SocketAddress(const sockaddr* address, socklen_t size);

  /// That of `host` when it is an IPv4 or IPv6 address in digits (without brackets, a scope such as
  /// `%eth0` allowed), nothing when it is a name.
  static std::optional<SocketAddress> ofDigits(const std::string& host, std::uint16_t port);

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  int family() const noexcept { return storage_.ss_family; }
  void setPort(std::uint16_t port) noexcept;
  std::uint16_t port() const noexcept;

  /// `127.0.0.1` or `fe80::1%eth0`: no brackets, no port. Empty when it is neither IPv4 nor IPv6.
  std::string host() const;
  /// `host:port`, IPv6 in brackets, IPv4 within IPv6 as IPv4. Empty as above.
  std::string text() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept;

/// What a socket is bound to or connected with; nothing when it is neither.
std::optional<SocketAddress> localSocketAddress(int fd);
std::optional<SocketAddress> peerSocketAddress(int fd);

}  // namespace evmicro::detail
