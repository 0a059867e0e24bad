#pragma once

#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// The address of an HTTP server.
struct HttpAddress {
  std::string authority;   ///< `127.0.0.1:8500` or `unix:///path`, for messages
  std::string baseUrl;     ///< `http://127.0.0.1:8500`, nothing behind it
  std::string socketPath;  ///< of a Unix socket; empty: TCP

  /// Parses `host`, `host:port`, `http://host:port`, `https://host:port`, IPv6 in brackets, and
  /// `unix:///path`. The port defaults to `defaultPort`; surrounding blanks and the case of the
  /// scheme are ignored. The error says whose address it is (`what`), and quotes the text and what
  /// was expected.
  static Result<HttpAddress> parse(std::string_view what, std::string_view text,
                                   std::string_view defaultPort);
};

}  // namespace evmicro::detail
