#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::detail {

/// What a node's tags in consul say, as go-micro keeps it there: `t` tags are metadata, `e` tags
/// endpoints, the `v` tag is the version.
struct DecodedTags {
  std::map<std::string, std::string> metadata;
  std::vector<Endpoint> endpoints;
  std::optional<std::string> version;  ///< empty when no tag tells it
};

/// The tags of `node`: its metadata sorted by key, one tag each, then the service's endpoints, then
/// exactly one version. Always the same for the same data, so that announcing it again changes
/// nothing in consul and wakes no watcher.
std::vector<std::string> encodeTags(const ServiceInfo& service, const Node& node);

/// Reads both forms that go-micro has used: `t=` and plain JSON, or `t-` and the hexadecimal digits
/// of zlib-compressed JSON. Of a node that has both, the form that comes first counts. Tags that
/// are none of these, or malformed, are skipped: anybody may tag a service.
DecodedTags decodeTags(const std::vector<std::string>& tags);

/// Takes `hex`, the lower- or upper-case hexadecimal digits of a zlib stream, apart. Nothing when
/// it is malformed, or when it holds more than 1 MiB.
std::optional<std::string> inflateHex(std::string_view hex);

}  // namespace evmicro::detail
