#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// A parsed `host:port`. IPv6 hosts are stored without brackets. The host of a Unix socket is its
/// path (see isSocketPath()), and the port is 0.
struct DialAddress {
  std::string host;
  std::uint16_t port = 0;
};

/// Parses `host:port`, `[v6]:port`, `:port`, for which Go dials 127.0.0.1, and `unix:///path`.
/// Errors (kInvalid) say what is wrong.
Result<DialAddress> parseDialAddress(std::string_view text);

}  // namespace evmicro::detail
