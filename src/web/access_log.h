#pragma once

#include <cstdint>
#include <string>

#include <evmicro/web_server.h>

namespace evmicro::detail {

/// The content of a line of the access log.
struct AccessLogEntry {
  explicit AccessLogEntry(const WebRequest& request, int minorVersion);

  std::string host;  ///< of the peer, without its port
  std::string line;  ///< `GET /a HTTP/1.1`
  std::string referer;
  std::string userAgent;
};

/// Formats an entry in Apache's combined log format. Quotes, backslashes and everything but
/// printable ASCII are escaped.
std::string accessLogLine(const AccessLogEntry& entry, std::int64_t unixTime, int status,
                          std::uint64_t bodyBytes);

}  // namespace evmicro::detail
