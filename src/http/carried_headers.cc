#include <evmicro/carried_headers.h>

#include <algorithm>

#include "http/head.h"

namespace evmicro {

using detail::isHttpFieldValue;
using detail::isHttpToken;

bool isCarriedHeader(std::string_view name) noexcept {
  switch (name.size()) {
    case 4: return name != "Host" && isHttpToken(name);
    case 7: return name != "Trailer" && isHttpToken(name);
    case 10: return name != "Keep-Alive" && isHttpToken(name);
    case 14: return name != "Content-Length" && isHttpToken(name);
    case 17: return name != "Transfer-Encoding" && isHttpToken(name);
    default: return isHttpToken(name);
  }
}

void appendHeaderValue(std::string& out, std::string_view value) {
  const auto isBlank = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && isBlank(value.front())) value.remove_prefix(1);
  while (!value.empty() && isBlank(value.back())) value.remove_suffix(1);
  const std::size_t start = out.size();
  out.append(value);
  if (isHttpFieldValue(value)) return;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) {
        return !isHttpFieldValue({&c, 1});
      },
      ' ');
}

}  // namespace evmicro
