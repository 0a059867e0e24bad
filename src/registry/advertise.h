#pragma once

#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

struct AdvertisedAddress {
  std::string host;  ///< IPv6 in brackets; `unix:///path`, with the port 0
  int port = 0;
};

/// The address that peers should dial. `bound` is where the server listens. In order of precedence:
/// `wanted` (`host`, `host:port`, `unix:///path`; may be empty); the bound host or Unix socket; if
/// that is a wildcard, the local address that packets to `registry` (`host:port`, may be empty) are
/// sent from, with a warning if that is loopback; a private, then a public IPv4 address of this
/// machine, then one of IPv6; loopback, with a warning. Fails only if `wanted` is malformed, or
/// names a host without a port while `bound` is a Unix socket. `flag` is the name of the flag that
/// sets `wanted`, for error messages.
Result<AdvertisedAddress> advertisedAddress(std::string_view bound, std::string_view wanted,
                                            std::string_view registry, std::string_view flag);

}  // namespace evmicro::detail
