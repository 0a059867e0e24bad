#pragma once

#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

struct AdvertisedAddress {
  std::string host;  ///< IPv6 in brackets
  int port = 0;
};

/// What peers are told to dial. `bound` is where the server listens; `wanted` (`host`, `host:port`,
/// or empty) goes first; then the bound host; when that means every address, the local address of
/// the route to `registry` (`host:port`, may be empty), else a private, else a public address of
/// this machine, else loopback with a warning. Never a refusal to start, unless `wanted` is
/// malformed. `flag` is what a user sets `wanted` with, for the messages.
Result<AdvertisedAddress> advertisedAddress(std::string_view bound, std::string_view wanted,
                                            std::string_view registry, std::string_view flag);

}  // namespace evmicro::detail
