#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// `host:port` taken apart. IPv6 hosts are kept without brackets.
struct DialAddress {
  std::string host;
  std::uint16_t port = 0;
};

/// Reads `host:port`, `[v6]:port`, and `:port`, which Go dials at 127.0.0.1. Errors (kInvalid) say
/// what is wrong.
Result<DialAddress> parseDialAddress(std::string_view text);

}  // namespace evmicro::detail
