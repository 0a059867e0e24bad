#include "net/http_address.h"

#include <charconv>

namespace evmicro::detail {

namespace {

bool isHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool isHost(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const std::string_view inner = bracketed ? text.substr(1, text.size() - 2) : text;
  for (const char c : inner) {
    if (!isHostCharacter(c) && !(bracketed && (c == ':' || c == '%'))) return false;
  }
  return !inner.empty();
}

bool isPort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port <= 65'535;
}

}  // namespace

Result<HttpAddress> HttpAddress::parse(std::string_view what, std::string_view text,
                                       std::string_view defaultPort) {
  const std::string_view whole = text;
  std::string_view scheme = "http";
  if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
    scheme = text.substr(0, end);
    text.remove_prefix(end + 3);
  }
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = text.substr(0, colon);
  const std::string_view port =
      colon == std::string_view::npos ? defaultPort : text.substr(colon + 1);
  if ((scheme != "http" && scheme != "https") || !isHost(host) || !isPort(port)) {
    return Status::invalid(std::string(what) + " address \"" + std::string(whole) +
                           "\": expected host:port or http(s)://host:port, IPv6 in brackets");
  }
  const std::string authority = std::string(host) + ":" + std::string(port);
  return HttpAddress{authority, std::string(scheme) + "://" + authority};
}

}  // namespace evmicro::detail
