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

// Names of gRPC that programs write and read: details of errors, traces.
bool isOfPrograms(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kNames = {"Grpc-Status-Details-Bin",
                                                             "Grpc-Tags-Bin", "Grpc-Trace-Bin"};
  return isOneOf(kNames.data(), kNames.size(), name);
}

bool hasOtherForm(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "Content-Type", "Content-Encoding", "Stream-For", "Timeout",
      "Timeout-For",  "Trailer",          "User-Agent"};
  if (name.substr(0, 5) == "Grpc-") return !isOfPrograms(name);
  return isOneOf(kNames.data(), kNames.size(), name);
}

bool isSent(std::string_view name, MetadataFields::Of of) {
  if (of == MetadataFields::Of::kGrpc && hasOtherForm(name)) return false;
  return !name.empty() && name[0] != ':' && !isOfConnection(name);
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

std::size_t MetadataFields::sizeOf(const Metadata& metadata, Of of) {
  std::size_t size = 0;
  for (const Metadata::Entry& entry : metadata) {
    if (!isSent(entry.name, of)) continue;
    size += entry.name.size() + entry.value.size() + Http2Fields::kOverhead;
  }
  return size;
}

void MetadataFields::add(const Metadata& metadata) {
  for (const Metadata::Entry& entry : metadata) {
    if (!isSent(entry.name, of_)) continue;
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
