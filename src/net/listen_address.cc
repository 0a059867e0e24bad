#include "net/listen_address.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace evmicro::detail {

namespace {

Status malformed(std::string_view text, std::string_view what) {
  return Status::invalid("listen address \"" + std::string(text) + "\": " + std::string(what));
}

bool parsePort(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// Splits at the colon before the port; brackets are removed. Returns what is wrong, or nothing.
std::string_view splitHost(std::string_view text, std::string_view& host, std::string_view& port) {
  if (text.substr(0, 1) == "[") {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return "the bracket is not closed";
    if (text.substr(close + 1, 1) != ":") return "no port after the bracket";
    host = text.substr(1, close - 1);
    port = text.substr(close + 2);
    return host.find(':') == std::string_view::npos ? "no IPv6 address in the brackets" : "";
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return "no port; use host:port, or :0 for any";
  host = text.substr(0, colon);
  port = text.substr(colon + 1);
  return host.find(':') != std::string_view::npos ? "an IPv6 address goes in brackets" : "";
}

}  // namespace

Result<ListenAddress> parseListenAddress(std::string_view text) {
  std::string_view host;
  std::string_view port;
  if (const auto wrong = splitHost(text, host, port); !wrong.empty()) return malformed(text, wrong);

  ListenAddress address;
  address.host = host;
  const std::size_t dash = port.find('-');
  if (!parsePort(port.substr(0, dash), address.firstPort)) {
    return malformed(text, "the port is not a number from 0 to 65535");
  }
  address.lastPort = address.firstPort;
  if (dash == std::string_view::npos) return address;
  if (!parsePort(port.substr(dash + 1), address.lastPort)) {
    return malformed(text, "the end of the port range is not a number from 1 to 65535");
  }
  if (address.firstPort == 0 || address.lastPort < address.firstPort) {
    return malformed(text, "the port range is empty or begins at 0");
  }
  return address;
}

namespace {

struct ReleaseAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, ReleaseAddresses>;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  bool set(int level, int option, int value) const noexcept {
    return setsockopt(fd_, level, option, &value, sizeof value) == 0;
  }

 private:
  int fd_;
};

Status failed(const std::string& where, int error) {
  return Status::unavailable("listen on " + where + ": " + std::strerror(error));
}

std::string displayed(const std::string& host, const std::string& port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

// Where `host` can be bound; every address is the IPv6 one, which takes IPv4 as well.
Result<Addresses> lookUp(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_family = address.host.empty() ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  const char* const host = address.host.empty() ? "::" : address.host.c_str();
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host, "0", &hints, &found);
  if (error != 0) {
    return Status::unavailable("listen on " + displayed(address.host, "...") + ": " +
                               (error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error)));
  }
  return Addresses(found);
}

// The descriptor, or the negated errno.
int listenOn(const addrinfo& where, std::uint16_t port) {
  Socket socket(::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return -errno;
  sockaddr_storage bound{};
  std::memcpy(&bound, where.ai_addr, where.ai_addrlen);
  if (where.ai_family == AF_INET6) {
    if (!socket.set(IPPROTO_IPV6, IPV6_V6ONLY, 0)) return -errno;
    reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(&bound)->sin_port = htons(port);
  }
  socket.set(SOL_SOCKET, SO_REUSEADDR, 1);
  socket.set(IPPROTO_TCP, TCP_NODELAY, 1);
  const auto* address = reinterpret_cast<const sockaddr*>(&bound);
  if (::bind(socket.get(), address, where.ai_addrlen) != 0) return -errno;
  if (::listen(socket.get(), SOMAXCONN) != 0) return -errno;
  return socket.release();
}

std::string boundAddress(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  auto* address = reinterpret_cast<sockaddr*>(&bound);
  if (getsockname(fd, address, &size) != 0 ||
      getnameinfo(address, size, host.data(), host.size(), port.data(), port.size(),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  return displayed(host.data(), port.data());
}

Result<ListeningSocket> openRange(const addrinfo& where, const ListenAddress& address) {
  int error = 0;
  for (unsigned port = address.firstPort; port <= address.lastPort; ++port) {
    const int fd = listenOn(where, static_cast<std::uint16_t>(port));
    if (fd >= 0) return ListeningSocket{fd, boundAddress(fd)};
    error = -fd;
    // Another port of the range can only help when this one is taken.
    if (error != EADDRINUSE && error != EACCES) break;
  }
  const std::string ports = std::to_string(address.firstPort);
  const bool range = address.lastPort != address.firstPort;
  return failed(
      displayed(address.host, range ? ports + "-" + std::to_string(address.lastPort) : ports),
      error);
}

bool ipv6Missing(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL; }

}  // namespace

Result<ListeningSocket> openListeningSocket(std::string_view text) {
  Result<ListenAddress> parsed = parseListenAddress(text);
  if (!parsed.ok()) return std::move(parsed).status();
  ListenAddress& address = *parsed;
  if (address.host.empty()) {
    const Socket probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (probe.get() < 0 && ipv6Missing(errno)) address.host = "0.0.0.0";
  }
  Result<Addresses> found = lookUp(address);
  if (!found.ok()) return std::move(found).status();
  Result<ListeningSocket> opened = failed(std::string(text), EADDRNOTAVAIL);
  for (const addrinfo* where = found->get(); where && !opened.ok(); where = where->ai_next) {
    opened = openRange(*where, address);
  }
  return opened;
}

}  // namespace evmicro::detail
