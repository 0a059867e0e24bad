#pragma once

#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// Where an HTTP server is.
struct HttpAddress {
  std::string authority;   ///< `127.0.0.1:8500` or `unix:///path`, for messages
  std::string baseUrl;     ///< `http://127.0.0.1:8500`, nothing behind it
  std::string socketPath;  ///< of a Unix socket; empty: TCP

  /// Reads `host`, `host:port`, `http://host:port`, `https://host:port`, IPv6 in brackets, and
  /// `unix:///path`; the port is `defaultPort` unless it is given; blanks around it and the case of
  /// the scheme do not matter. The error names whose address it is (`what`), the text and what was
  /// expected.
  static Result<HttpAddress> parse(std::string_view what, std::string_view text,
                                   std::string_view defaultPort);
};

}  // namespace evmicro::detail
