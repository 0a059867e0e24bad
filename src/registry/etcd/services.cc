#include "registry/etcd/services.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <evmicro/check_service.h>
#include <evmicro/service_json.h>

#include "net/host_port.h"
#include "net/unix_address.h"

namespace evmicro::detail {

namespace {

// go-micro has the port within the address since 1.8. It may have written an IPv6 address without
// brackets, so the last colon counts.
bool splitPort(Node& node) {
  if (isUnixAddress(node.address)) return true;
  if (node.port != 0) return true;  // written by an older one
  const std::size_t colon = node.address.rfind(':');
  if (colon == std::string::npos) return false;
  node.port = parsePort(std::string_view(node.address).substr(colon + 1)).value_or(0);
  node.address = bracketed(std::string_view(node.address).substr(0, colon));
  return node.port != 0;
}

}  // namespace

std::string etcdValue(const ServiceInfo& service, const Node& node) {
  ServiceInfo alone = service;
  alone.nodes = {node};
  alone.nodes[0].address = node.dialAddress();
  alone.nodes[0].port = 0;
  return toJson(alone);
}

std::optional<ServiceInfo> readEtcdValue(std::string_view value, std::string_view name,
                                         std::string_view key, IgnoredNodes* ignored) {
  Result<ServiceInfo> service = serviceFromJson(value);
  if (!service.ok() && ignored) ignored->add(name, key, service.status().detail());
  if (!service.ok() || service->name != name) return std::nullopt;
  const auto isUnusable = [&](Node& node) {
    if (splitPort(node)) return false;
    if (ignored) ignored->add(name, node.id, "address: expected host:port");
    return true;
  };
  auto& nodes = service->nodes;
  nodes.erase(std::remove_if(nodes.begin(), nodes.end(), isUnusable), nodes.end());
  return std::move(*service);
}

std::optional<std::string> readEtcdName(std::string_view value) {
  Result<ServiceInfo> service = serviceFromJson(value);
  if (!service.ok() || service->name.empty()) return std::nullopt;
  return std::move(service->name);
}

std::vector<ServiceInfo> groupByVersion(const std::map<std::string, ServiceInfo>& services) {
  std::map<std::string, ServiceInfo> versions;
  for (const auto& [key, service] : services) {
    if (service.nodes.empty()) continue;
    const auto [group, isNew] = versions.try_emplace(service.version);
    if (isNew) {
      group->second = service;
    } else {
      auto& nodes = group->second.nodes;
      nodes.insert(nodes.end(), service.nodes.begin(), service.nodes.end());
    }
  }
  std::vector<ServiceInfo> result;
  for (auto& [version, service] : versions) result.push_back(std::move(service));
  sortVersions(result);
  return result;
}

std::vector<std::string> namesOf(const std::map<std::string, std::string>& names) {
  std::set<std::string> result;
  for (const auto& [key, name] : names) result.insert(name);
  return {result.begin(), result.end()};
}

}  // namespace evmicro::detail
