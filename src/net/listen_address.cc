#include "net/listen_address.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/dead_peers.h"
#include "net/descriptor.h"
#include "net/host_port.h"
#include "net/inherited_socket.h"
#include "net/resolver.h"
#include "net/unix_address.h"

namespace evmicro::detail {

namespace {

Status malformed(std::string_view text, std::string_view what) {
  return Status::invalid("listen address \"" + std::string(text) + "\": " + std::string(what));
}

Result<ListenAddress> parseUnix(std::string_view text) {
  auto parsed = parseUnixAddress(text);
  if (!parsed.ok()) return malformed(text, parsed.status().detail());
  ListenAddress address;
  address.host = std::move(parsed->path);
  address.mode = parsed->mode;
  return address;
}

constexpr std::string_view kInherited = "fd:";

Result<ListenAddress> parseInherited(std::string_view text) {
  const std::string_view digits = text.substr(kInherited.size());
  ListenAddress address;
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) {
    return malformed(text, "no number of a descriptor behind fd:");
  }
  address.descriptor = number;
  return address;
}

}  // namespace

Result<ListenAddress> parseListenAddress(std::string_view text) {
  if (isUnixAddress(text)) return parseUnix(text);
  if (text.substr(0, kInherited.size()) == kInherited) return parseInherited(text);
  const auto parts = splitHostPort(text);
  if (!parts.ok()) return malformed(text, parts.status().detail());
  if (!parts->hasPort) return malformed(text, "no port; use host:port, or :0 for any");
  if (!parts->host.empty() && !isHostName(parts->host)) {
    return malformed(text, "the host has characters that no host name has");
  }
  ListenAddress address;
  address.host = parts->host;
  const std::size_t dash = parts->port.find('-');
  const auto first = parsePort(parts->port.substr(0, dash));
  if (!first) return malformed(text, "the port is not a number from 0 to 65535");
  address.firstPort = *first;
  address.lastPort = address.firstPort;
  if (dash == std::string_view::npos) return address;
  const auto last = parsePort(parts->port.substr(dash + 1));
  if (!last) {
    return malformed(text, "the end of the port range is not a number from 1 to 65535");
  }
  address.lastPort = *last;
  if (address.firstPort == 0 || address.lastPort < address.firstPort) {
    return malformed(text, "the port range is empty or begins at 0");
  }
  return address;
}

namespace {

bool set(const Descriptor& socket, int level, int option, int value) noexcept {
  return ::setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
}

Status failed(const std::string& where, std::string_view why) {
  return Status::unavailable("listen on " + where + ": " + std::string(why));
}

// Whether an address of a name may be skipped: this machine does not have it.
bool notHere(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL; }

// The addresses to bind for `host`. A wildcard is the IPv6 one, which accepts IPv4 as well.
Result<ResolvedAddresses> lookUp(const ListenAddress& address) {
  if (address.host.empty()) {
    const Descriptor probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const bool ipv6 = probe.get() >= 0 || !notHere(errno);
    return ResolvedAddresses{*SocketAddress::ofLiteral(ipv6 ? "::" : "0.0.0.0", 0)};
  }
  Result<ResolvedAddresses> found = Resolver::resolveNow(address.host, 0);
  if (!found.ok()) {
    return failed(joinHostPort(address.host, "..."), found.status().detail());
  }
  std::stable_partition(found->begin(), found->end(),
                        [](const SocketAddress& one) { return one.family() == AF_INET; });
  return found;
}

// The descriptor, or the negated errno. Only the wildcard IPv6 socket accepts IPv4 as well: a name
// may have addresses of both families, each with a socket of its own.
int listenOn(SocketAddress where, std::uint16_t port, bool both) {
  Descriptor socket(::socket(where.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return -errno;
  if (where.family() == AF_INET6 && !set(socket, IPPROTO_IPV6, IPV6_V6ONLY, both ? 0 : 1)) {
    return -errno;
  }
  where.setPort(port);
  set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  findDeadPeers(socket.get());
  if (::bind(socket.get(), where.get(), where.size()) != 0) return -errno;
  if (::listen(socket.get(), SOMAXCONN) != 0) return -errno;
  return socket.release();
}

std::string boundAddress(int fd) {
  const auto bound = localSocketAddress(fd);
  return bound ? bound->text() : std::string();
}

// Opens sockets for all addresses on one port; returns an errno, or 0.
int openAll(const ResolvedAddresses& addresses, std::uint16_t port, bool both,
            std::vector<ListeningSocket>& opened) {
  std::vector<Descriptor> sockets;
  int missing = EADDRNOTAVAIL;
  for (const SocketAddress& where : addresses) {
    const int fd = listenOn(where, port, both);
    if (fd < 0 && !notHere(-fd)) return -fd;
    if (fd < 0) {
      missing = -fd;
      continue;
    }
    sockets.emplace_back(fd);
    if (port == 0) port = localSocketAddress(fd)->port();  // the others use the same port
  }
  if (sockets.empty()) return missing;
  for (Descriptor& socket : sockets) {
    const int fd = socket.release();
    opened.push_back({fd, boundAddress(fd), {}});
  }
  return 0;
}

// How often to try for a port that is free on all addresses.
constexpr int kMostTries = 16;

Result<std::vector<ListeningSocket>> openUnixSocket(const ListenAddress& address) {
  std::string text = unixAddressText(address.host);
  auto listening = listenOnUnixSocket({address.host, address.mode});
  if (!listening.ok()) {
    return failed(text, listening.status().detail());
  }
  std::vector<ListeningSocket> opened;
  opened.push_back({listening->fd, std::move(text), std::move(listening->file)});
  return opened;
}

Result<std::vector<ListeningSocket>> openInherited(std::string_view text, int number) {
  const Result<int> fd = duplicateListeningSocket(number);
  if (!fd.ok()) return failed(std::string(text), fd.status().detail());
  std::vector<ListeningSocket> opened;
  opened.push_back({*fd, boundAddress(*fd), {}});
  return opened;
}

Result<std::vector<ListeningSocket>> openSockets(std::string_view text, std::size_t most) {
  Result<ListenAddress> parsed = parseListenAddress(text);
  if (!parsed.ok()) return std::move(parsed).status();
  const ListenAddress& address = *parsed;
  if (isSocketPath(address.host)) return openUnixSocket(address);
  if (address.descriptor) return openInherited(text, *address.descriptor);
  Result<ResolvedAddresses> found = lookUp(address);
  if (!found.ok()) return std::move(found).status();
  if (found->size() > most) found->resize(most);

  std::vector<ListeningSocket> opened;
  int error = 0;
  const bool any = address.firstPort == 0;
  const unsigned last = any ? kMostTries : address.lastPort;
  for (unsigned port = any ? 1 : address.firstPort; port <= last; ++port) {
    error = openAll(*found, any ? 0 : static_cast<std::uint16_t>(port), found->size() == 1, opened);
    if (error == 0) return opened;
    // Another port only helps if this one is in use.
    if (error != EADDRINUSE && error != EACCES) break;
  }
  const std::string ports = std::to_string(address.firstPort);
  const bool range = address.lastPort != address.firstPort;
  return failed(
      joinHostPort(address.host, range ? ports + "-" + std::to_string(address.lastPort) : ports),
      std::strerror(error));
}

}  // namespace

Result<std::vector<ListeningSocket>> openListeningSockets(std::string_view address) {
  return openSockets(address, std::numeric_limits<std::size_t>::max());
}

Result<ListeningSocket> openListeningSocket(std::string_view address) {
  auto opened = openSockets(address, 1);
  if (!opened.ok()) return std::move(opened).status();
  return std::move(opened->front());
}

}  // namespace evmicro::detail
