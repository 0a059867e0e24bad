#include "net/host_port.h"

#include <algorithm>
#include <charconv>

#include "net/unix_address.h"

namespace evmicro::detail {

namespace {

bool isLetterOrDigit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool isNameCharacter(char c) noexcept {
  return isLetterOrDigit(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool isIpv6Character(char c) noexcept {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.';
}

Result<HostPort> splitBracketed(std::string_view text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return Status::invalid("the bracket is not closed");
  HostPort parts;
  parts.host = text.substr(1, close - 1);
  if (parts.host.find(':') == std::string_view::npos) {
    return Status::invalid("no IPv6 address in the brackets");
  }
  const std::string_view rest = text.substr(close + 1);
  if (rest.empty()) return parts;
  if (rest.front() != ':') return Status::invalid("no port after the bracket");
  parts.port = rest.substr(1);
  parts.hasPort = true;
  return parts;
}

}  // namespace

Result<HostPort> splitHostPort(std::string_view text) {
  if (text.find("://") != std::string_view::npos) {
    return Status::invalid("no scheme is allowed here, only host:port");
  }
  if (text.substr(0, 1) == "[") return splitBracketed(text);
  HostPort parts;
  const std::size_t colon = text.rfind(':');
  parts.host = text.substr(0, colon);
  if (colon == std::string_view::npos) return parts;
  if (parts.host.find(':') != std::string_view::npos) {
    return Status::invalid("an IPv6 address must be in brackets");
  }
  parts.port = text.substr(colon + 1);
  parts.hasPort = true;
  return parts;
}

std::optional<std::uint16_t> parsePort(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return port;
}

std::string bracketed(std::string_view host) {
  std::string text;
  text.reserve(host.size() + sizeof "[]:65535");
  const bool bare =
      host.find(':') != std::string_view::npos && host.front() != '[' && !isUnixAddress(host);
  if (bare) text += '[';
  text += host;
  if (bare) text += ']';
  return text;
}

std::string joinHostPort(std::string_view host, std::string_view port) {
  return bracketed(host).append(":").append(port);
}

std::string joinHostPort(std::string_view host, std::uint16_t port) {
  return joinHostPort(host, std::string_view(std::to_string(port)));
}

bool isHostName(std::string_view host) noexcept {
  if (host.empty()) return false;
  if (host.find(':') == std::string_view::npos) {
    return std::all_of(host.begin(), host.end(), isNameCharacter);
  }
  const std::size_t percent = host.find('%');
  const std::string_view address = host.substr(0, percent);
  if (!std::all_of(address.begin(), address.end(), isIpv6Character)) return false;
  if (percent == std::string_view::npos) return true;
  const std::string_view zone = host.substr(percent + 1);
  return !zone.empty() && std::all_of(zone.begin(), zone.end(), isNameCharacter);
}

Scheme splitScheme(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return {{}, text};
  std::string name(text.substr(0, end));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return {std::move(name), text.substr(end + 3)};
}

std::string_view trimBlanks(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace evmicro::detail
