#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::detail {

/// What is said to a consul agent and what it says, as text: nothing here sends anything.

/// Go's text for a duration, as consul's JSON has it: `500ms`, `1.5s`, `30s`, `1m0s`, `1h0m0s`.
std::string goDuration(std::chrono::milliseconds duration);

std::string registerPath();
std::string deregisterPath(std::string_view nodeId);
/// Passes the TTL check that came with the registration of `nodeId`.
std::string passPath(std::string_view nodeId);
std::string healthPath(std::string_view service);
/// What the catalogue has of `service`, whatever its health; with `id` only that instance, where
/// the agent understands it: old ones ignore the filter.
std::string instancePath(std::string_view service, std::string_view id);
std::string catalogPath();
/// `path`, to be answered when the answer has another index, or after `wait`.
std::string blockingPath(const std::string& path, std::uint64_t index,
                         std::chrono::milliseconds wait);

/// Body of a registration: one of `service.nodes`. With a `ttl` it asks for a TTL check, and that
/// consul forgets the node when it has been critical for as long (consul: not below a minute).
std::string registerBody(const ServiceInfo& service, const Node& node,
                         std::chrono::milliseconds ttl);

/// Reads the reply to healthPath(): the nodes of `name`, one ServiceInfo per version in order of
/// appearance; empty when there are none. Entries of other services and malformed ones are skipped.
/// An error when the reply is no JSON array.
Result<std::vector<ServiceInfo>> readHealth(std::string_view body, std::string_view name);

/// Reads the reply to instancePath(): whether the instance `id` is in it. An error when the reply
/// is no JSON array.
Result<bool> readInstance(std::string_view body, std::string_view id);

/// Reads the reply to catalogPath(): the names, sorted. An error when it is no JSON object.
Result<std::vector<std::string>> readCatalog(std::string_view body);

}  // namespace evmicro::detail
