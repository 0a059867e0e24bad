#pragma once

#include <cstdint>
#include <string>

#include <evmicro/web_server.h>

namespace evmicro::detail {

/// What a line of the access log says.
struct AccessLogEntry {
  explicit AccessLogEntry(const WebRequest& request, int minorVersion);

  std::string host;  ///< of the peer, without its port
  std::string line;  ///< `GET /a HTTP/1.1`
  std::string referer;
  std::string userAgent;
};

/// In Apache's combined log format. Quotes, backslashes and what is no printable ASCII are escaped.
std::string accessLogLine(const AccessLogEntry& entry, std::int64_t unixTime, int status,
                          std::uint64_t bodyBytes);

}  // namespace evmicro::detail
