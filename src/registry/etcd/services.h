#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::detail {

/// The text that etcd keeps for `node` of `service`.
std::string etcdValue(const ServiceInfo& service, const Node& node);

/// What is kept for one node, if it belongs to the service `name`: keys of different services may
/// begin alike, because of the slashes. Nothing for what cannot be read, too.
std::optional<ServiceInfo> readEtcdValue(std::string_view value, std::string_view name);
/// The name of the service it belongs to.
std::optional<std::string> readEtcdName(std::string_view value);

/// What there is under several keys: one entry for each version, in order, with all its nodes,
/// in order of their ids.
std::vector<ServiceInfo> groupByVersion(const std::map<std::string, ServiceInfo>& services);
/// The names that occur, each once, in order.
std::vector<std::string> namesOf(const std::map<std::string, std::string>& names);

}  // namespace evmicro::detail
