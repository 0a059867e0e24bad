#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>

#include "registry/ignored_nodes.h"

namespace evmicro::detail {

/// Encodes requests to a Consul agent and decodes its replies; sends nothing.

std::string registerPath();
std::string deregisterPath(std::string_view nodeId);
/// Marks the TTL check of the registration of `nodeId` as passing.
std::string passPath(std::string_view nodeId);
std::string healthPath(std::string_view service);
/// Queries the catalogue for `service`, regardless of health; with `id` only for that instance. Old
/// agents ignore the filter.
std::string instancePath(std::string_view service, std::string_view id);
std::string catalogPath();
/// `path` as a blocking query: answered when the index differs from `index`, or after `wait`.
std::string blockingPath(const std::string& path, std::uint64_t index,
                         std::chrono::milliseconds wait);

/// The body of a registration of one of `service.nodes`. With a `ttl` it includes a TTL check, and
/// asks Consul to remove the node after it has been critical for as long (Consul: at least a
/// minute).
std::string registerBody(const ServiceInfo& service, const Node& node,
                         std::chrono::milliseconds ttl);

/// Decodes the reply to healthPath(): the nodes of `name`, one ServiceInfo per version in order of
/// appearance; empty if there are none. Entries of other services and malformed ones are skipped,
/// the latter reported to `ignored`. Fails if the reply is not a JSON array.
Result<std::vector<ServiceInfo>> readHealth(std::string_view body, std::string_view name,
                                            IgnoredNodes* ignored = nullptr);

/// Decodes the reply to instancePath(): whether it contains the instance `id`. Fails if the reply
/// is not a JSON array.
Result<bool> readInstance(std::string_view body, std::string_view id);

/// Decodes the reply to catalogPath(): the names, sorted. Fails if it is not a JSON object.
Result<std::vector<std::string>> readCatalog(std::string_view body);

}  // namespace evmicro::detail
