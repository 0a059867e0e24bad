#pragma once

#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// Where an agent is.
struct ConsulAddress {
  std::string authority;  ///< `127.0.0.1:8500`, for messages and for dialling
  std::string baseUrl;    ///< `http://127.0.0.1:8500`, nothing behind it

  /// Reads `host`, `host:port`, `http://host:port` and `https://host:port`, IPv6 in brackets; the
  /// port is 8500 unless it is told. The error names the text and what was expected.
  static Result<ConsulAddress> parse(std::string_view text);
};

}  // namespace evmicro::detail
