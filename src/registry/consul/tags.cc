#include "registry/consul/tags.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <zlib.h>

#include "json/jansson.h"
#include "registry/service_json.h"

namespace evmicro::detail {

namespace {

constexpr char kPlain = '=';
constexpr char kCompressed = '-';

int digitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> bytesOf(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digitOf(hex[i]);
    const int low = digitOf(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

// The content of a tag without its two-character prefix, unless it cannot be decoded.
std::optional<std::string> contentOf(std::string_view tag, std::size_t& budget) {
  const std::string_view rest = tag.substr(2);
  return tag[1] == kPlain ? std::string(rest) : inflateHex(rest, budget);
}

// If a kind of tag occurs in both forms, the first counts: a node that was registered twice could
// have both, and readers of 2016 know only one of them.
class Form {
 public:
  bool accepts(std::string_view tag) {
    if (form_ == '\0') form_ = tag[1];
    return form_ == tag[1];
  }

 private:
  char form_ = '\0';
};

void readMetadata(std::string_view text, std::map<std::string, std::string>& into) {
  const Result<Json> object = readJson(text);
  if (!object.ok()) return;
  const char* key = nullptr;
  json_t* value = nullptr;
  json_object_foreach(object->get(), key, value) {
    if (json_is_string(value)) into[key] = jsonText(value);
  }
}

void readEndpoint(std::string_view text, std::vector<Endpoint>& into) {
  const Result<Json> object = readJson(text);
  if (!object.ok()) return;
  Result<Endpoint> endpoint = endpointFromJson(object->get());
  if (endpoint.ok()) into.push_back(std::move(*endpoint));
}

}  // namespace

std::vector<std::string> encodeTags(const ServiceInfo& service, const Node& node) {
  std::vector<std::string> tags;
  for (const auto& pair : node.metadata) {
    tags.emplace_back("t=");
    tags.back() += toJson(std::map<std::string, std::string>{pair});
  }
  for (const Endpoint& endpoint : service.endpoints) {
    tags.emplace_back("e=");
    tags.back() += toJson(endpoint);
  }
  tags.push_back("v=" + service.version);
  return tags;
}

DecodedTags decodeTags(const std::vector<std::string>& tags, std::size_t& budget) {
  DecodedTags result;
  const std::size_t most = std::min(budget, kInflatedPerNode);
  std::size_t left = most;
  Form metadata;
  Form endpoints;
  for (const std::string& tag : tags) {
    if (tag.size() < 2 || (tag[1] != kPlain && tag[1] != kCompressed)) continue;
    const bool wanted = tag[0] == 't'   ? metadata.accepts(tag)
                        : tag[0] == 'e' ? endpoints.accepts(tag)
                                        : tag[0] == 'v' && !result.version;
    if (!wanted) continue;
    std::optional<std::string> content = contentOf(tag, left);
    if (!content) continue;
    if (tag[0] == 't') readMetadata(*content, result.metadata);
    if (tag[0] == 'e') readEndpoint(*content, result.endpoints);
    if (tag[0] == 'v') result.version = std::move(content);
  }
  budget -= most - left;
  return result;
}

std::optional<std::string> inflateHex(std::string_view hex, std::size_t& budget) {
  const std::optional<std::string> packed = bytesOf(hex);
  if (!packed) return std::nullopt;
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed->data()));
  stream.avail_in = static_cast<uInt>(packed->size());
  const std::size_t most = std::exchange(budget, 0);
  std::string content;
  std::array<char, 4096> block{};
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = inflate(&stream, Z_NO_FLUSH);
    content.append(block.data(), block.size() - stream.avail_out);
    if (content.size() > most) return std::nullopt;
  }
  budget = most - content.size();
  // Z_BUF_ERROR: the stream is truncated.
  if (state != Z_STREAM_END) return std::nullopt;
  return content;
}

}  // namespace evmicro::detail
