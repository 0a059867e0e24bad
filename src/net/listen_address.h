#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/status.h>

namespace evmicro::detail {

/// `host:port` taken apart. Host "" means every address; IPv6 hosts are kept without brackets.
struct ListenAddress {
  std::string host;
  std::uint16_t firstPort = 0;  ///< 0: the system chooses
  std::uint16_t lastPort = 0;
};

/// Reads `host:port`, `:port`, `[v6]:port`, `host:min-max`. Errors (kInvalid) say what is wrong.
Result<ListenAddress> parseListenAddress(std::string_view text);

/// A listening TCP socket and where it listens.
struct ListeningSocket {
  int fd = -1;  ///< not blocking, close-on-exec; the caller's to close
  std::string
      address;  ///< `host:port` as bound, digits, IPv6 in brackets, `[::]` for every address
};

/// Binds and listens on all addresses of the host that this machine has, one socket for each, IPv4
/// first, on the first port of the range that is free on all of them. Digits and `:port` make one
/// socket. SO_REUSEADDR, the longest backlog, TCP_NODELAY (which connections inherit). Looking up a
/// name (see Resolver) may block for some seconds. Errors name the address: kInvalid when it makes
/// no sense, else kUnavailable. Never empty.
Result<std::vector<ListeningSocket>> openListeningSockets(std::string_view address);

/// The same for the first address alone.
Result<ListeningSocket> openListeningSocket(std::string_view address);

}  // namespace evmicro::detail
