#include "net/dial_address.h"

#include <algorithm>
#include <charconv>

namespace evmicro::detail {

namespace {

bool isHostCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte != 0x7f &&
         std::string_view("/\\@?#[]\"<>").find(c) == std::string::npos;
}

Status malformed(std::string_view text, const char* why) {
  return Status::invalid("transport: cannot dial \"" + std::string(text) + "\": " + why);
}

}  // namespace

Result<DialAddress> parseDialAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed(text, "expected host:port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  DialAddress address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || address.port == 0) {
    return malformed(text, "the port is not a number from 1 to 65535");
  }
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) {
      return malformed(text, "no IPv6 address in the brackets");
    }
  } else if (host.find(':') != std::string_view::npos) {
    return malformed(text, "IPv6 hosts go in brackets");
  }
  if (!std::all_of(host.begin(), host.end(), isHostCharacter)) {
    return malformed(text, "the host has characters that no host name has");
  }
  address.host = host.empty() ? "127.0.0.1" : std::string(host);
  return address;
}

}  // namespace evmicro::detail
