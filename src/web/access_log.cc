#include "web/access_log.h"

#include <ctime>
#include <string_view>

namespace evmicro::detail {

namespace {

std::string escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte > 0x7e) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

std::string orDash(std::string text) { return text.empty() ? "-" : text; }

std::string headerOf(const WebRequest& request, std::string_view name) {
  return std::string(findField(request.headers, name).value_or(""));
}

}  // namespace

AccessLogEntry::AccessLogEntry(const WebRequest& request, int minorVersion)
    : host(request.peerAddress.substr(0, request.peerAddress.rfind(':'))),
      line(request.method + " " + request.target + " HTTP/1." + std::to_string(minorVersion)),
      referer(headerOf(request, "Referer")),
      userAgent(headerOf(request, "User-Agent")) {}

std::string accessLogLine(const AccessLogEntry& entry, std::int64_t unixTime, int status,
                          std::uint64_t bodyBytes) {
  const auto time = static_cast<std::time_t>(unixTime);
  std::tm parts{};
  ::localtime_r(&time, &parts);
  char when[40];
  const std::size_t size = std::strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S %z", &parts);
  return orDash(entry.host) + " - - [" + std::string(when, size) + "] \"" + escaped(entry.line) +
         "\" " + std::to_string(status) + " " + std::to_string(bodyBytes) + " \"" +
         orDash(escaped(entry.referer)) + "\" \"" + orDash(escaped(entry.userAgent)) + "\"";
}

}  // namespace evmicro::detail
