#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::detail {

/// The decoded tags of a node in Consul, as go-micro uses them: `t` tags are metadata, `e` tags
/// endpoints, the `v` tag is the version.
struct DecodedTags {
  std::map<std::string, std::string> metadata;
  std::vector<Endpoint> endpoints;
  std::optional<std::string> version;  ///< nullopt if there is no such tag
};

/// Encodes the tags of `node`: its metadata sorted by key, one tag each, then the service's
/// endpoints, then exactly one version. Deterministic, so that registering the same data again
/// changes nothing in Consul and wakes no watcher.
std::vector<std::string> encodeTags(const ServiceInfo& service, const Node& node);

/// Decodes both forms that go-micro has used: `t=` and plain JSON, or `t-` and the hexadecimal
/// digits of zlib-compressed JSON. If a node has both, the form that comes first is used. Other
/// tags and malformed ones are skipped, because anybody may tag a service, and so are compressed
/// ones above kInflatedPerNode bytes of a node. `budget` is what the tags of all nodes of an answer
/// may decompress to, kInflatedPerAnswer at first; it is reduced by those of this node.
DecodedTags decodeTags(const std::vector<std::string>& tags, std::size_t& budget);

inline constexpr std::size_t kInflatedPerNode = 1U << 20;
inline constexpr std::size_t kInflatedPerAnswer = 8U << 20;

/// Decompresses `hex`, the lower- or upper-case hexadecimal digits of a zlib stream. nullopt if it
/// is malformed, or decompresses to more than `budget` bytes. Reduces the budget by what it has
/// decompressed, whatever the outcome.
std::optional<std::string> inflateHex(std::string_view hex, std::size_t& budget);

}  // namespace evmicro::detail
