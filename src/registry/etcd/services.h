#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>

#include "registry/ignored_nodes.h"

namespace evmicro::detail {

/// The value that is stored for `node` of `service`.
std::string etcdValue(const ServiceInfo& service, const Node& node);

/// Decodes the value of one node if it belongs to the service `name`; keys of different services
/// may have the same prefix, because slashes are replaced. Also nullopt if it cannot be decoded.
/// That, and nodes without a port, are reported to `ignored`, by `key` if their id is unknown.
std::optional<ServiceInfo> readEtcdValue(std::string_view value, std::string_view name,
                                         std::string_view key = {},
                                         IgnoredNodes* ignored = nullptr);
/// The name of the service in a value.
std::optional<std::string> readEtcdName(std::string_view value);

/// Groups the values of several keys: one entry for each version, sorted, with all its nodes,
/// sorted by id.
std::vector<ServiceInfo> groupByVersion(const std::map<std::string, ServiceInfo>& services);
/// The distinct names, sorted.
std::vector<std::string> namesOf(const std::map<std::string, std::string>& names);

}  // namespace evmicro::detail
