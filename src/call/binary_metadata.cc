#include <evmicro/binary_metadata.h>

#include "json/base64.h"

namespace evmicro {

void setBinary(Metadata& metadata, std::string_view name, std::string_view bytes) {
  std::string text;
  detail::appendBase64(text, bytes);
  metadata.set(name, text);
}

std::optional<std::string> getBinary(const Metadata& metadata, std::string_view name) {
  const auto text = metadata.get(name);
  if (!text) return std::nullopt;
  const std::string_view first = std::string_view(*text).substr(0, text->find(','));
  std::string bytes;
  if (!detail::decodeBase64(first, bytes, detail::Base64::kAnyForm)) return std::nullopt;
  return bytes;
}

}  // namespace evmicro
