#include "http2/metadata_fields.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <evmicro/carried_headers.h>

#include "http/head.h"

namespace evmicro::detail {

namespace {

bool isOneOf(const std::string_view* names, std::size_t count, std::string_view name) {
  return std::find(names, names + count, name) != names + count;
}

bool isOfConnection(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "Connection", "Content-Length",   "Host",    "Keep-Alive",
      "Te",         "Proxy-Connection", "Upgrade", "Transfer-Encoding"};
  return isOneOf(kNames.data(), kNames.size(), name);
}

bool hasOtherForm(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "Content-Type", "Content-Encoding", "Stream-For", "Timeout",
      "Timeout-For",  "Trailer",          "User-Agent"};
  return name.substr(0, 5) == "Grpc-" || isOneOf(kNames.data(), kNames.size(), name);
}

std::string lowered(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

const std::uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

void MetadataFields::add(const Metadata& metadata) {
  for (const Metadata::Entry& entry : metadata) {
    if (of_ == Of::kGrpc && hasOtherForm(entry.name)) continue;
    if (entry.name.empty() || entry.name[0] == ':' || isOfConnection(entry.name)) continue;
    std::string name = lowered(entry.name);
    if (nghttp2_check_header_name(bytes(name), name.size()) == 0) continue;
    const std::string_view key = texts_.emplace_front(std::move(name));
    std::string_view value = entry.value;
    // The peer resets a stream for a value that begins or ends with a blank.
    if (!isCleanHttpFieldValue(value)) {
      std::string& clean = texts_.emplace_front();
      appendHeaderValue(clean, value);
      value = clean;
    }
    fields_.addCopied(key, value);
  }
}

}  // namespace evmicro::detail
