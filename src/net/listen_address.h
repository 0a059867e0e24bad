#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/status.h>

#include "net/socket_file.h"

namespace evmicro::detail {

/// A parsed `host:port`. Host "" means all addresses; IPv6 hosts are stored without brackets. The
/// host of a Unix socket is its path (see isSocketPath()), and the port is 0. An inherited socket
/// has neither.
struct ListenAddress {
  std::string host;
  std::uint16_t firstPort = 0;  ///< 0: the system chooses
  std::uint16_t lastPort = 0;
  std::optional<unsigned> mode;   ///< of a Unix socket, see UnixAddress
  std::optional<int> descriptor;  ///< of an inherited socket
};

/// Parses `host:port`, `:port`, `[v6]:port`, `host:min-max`, `unix:///path`,
/// `unix:///path?mode=660` and `fd:number`. Errors (kInvalid) say what is wrong.
Result<ListenAddress> parseListenAddress(std::string_view text);

/// A listening socket and its address.
struct ListeningSocket {
  int fd = -1;  ///< non-blocking, close-on-exec; the caller must close it
  /// As bound: numeric `host:port`, IPv6 in brackets, `[::]`: all; `unix:///path`.
  std::string address;
  SocketFile file;  ///< of a Unix socket; to be removed before `fd` is closed
};

/// Binds and listens on all addresses of the host that this machine has, with one socket for each,
/// IPv4 first, on the first port of the range that is free on all of them. A numeric host or
/// `:port` makes one socket. Sets SO_REUSEADDR and the maximum backlog; connections inherit
/// TCP_NODELAY and findDeadPeers(). A Unix socket: see listenOnUnixSocket(); an inherited one: see
/// duplicateListeningSocket(). Looking up a name (see
/// Resolver) may block for some seconds. Errors quote the address: kInvalid if it is malformed,
/// otherwise kUnavailable. The result is never empty.
Result<std::vector<ListeningSocket>> openListeningSockets(std::string_view address);

/// The same for the first address only.
Result<ListeningSocket> openListeningSocket(std::string_view address);

}  // namespace evmicro::detail
