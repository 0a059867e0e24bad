#include "gateway/media_type.h"

#include <algorithm>
#include <string_view>

namespace evmicro::gateway {

std::string mediaTypeOf(const WebRequest& request) {
  std::string_view type = findField(request.headers, "Content-Type").value_or("");
  type = type.substr(0, type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  std::string lower(type);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace evmicro::gateway
