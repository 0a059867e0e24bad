#include "transport/message_headers.h"

#include "event/http_head.h"

namespace evmicro::detail {

bool isCarriedHeader(std::string_view name) noexcept {
  if (name == "Content-Length" || name == "Host" || name == "Transfer-Encoding" ||
      name == "Trailer" || name == "Keep-Alive") {
    return false;
  }
  return isHttpToken(name);
}

void appendHeaderValue(std::string& out, std::string_view value) {
  const auto isBlank = [](char c) { return c == ' ' || c == '\t'; };
  const auto isControl = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
  };
  while (!value.empty() && isBlank(value.front())) value.remove_prefix(1);
  while (!value.empty() && isBlank(value.back())) value.remove_suffix(1);
  for (const char c : value) out += isControl(c) ? ' ' : c;
}

}  // namespace evmicro::detail
