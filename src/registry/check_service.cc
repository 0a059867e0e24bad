#include "registry/check_service.h"

#include <algorithm>

namespace evmicro::detail {

namespace {

std::string quoted(std::string_view name) { return "service \"" + std::string(name) + "\""; }

}  // namespace

Status checkNodes(const ServiceInfo& service) {
  if (service.nodes.empty()) return Status::invalid(quoted(service.name) + " has no node");
  for (const Node& node : service.nodes) {
    if (node.id.empty()) return Status::invalid(quoted(service.name) + ": a node has no id");
  }
  return {};
}

Status checkAnnouncement(const ServiceInfo& service) {
  if (service.name.empty()) return Status::invalid("a service needs a name");
  if (Status status = checkNodes(service); !status.ok()) return status;
  for (const Node& node : service.nodes) {
    if (node.address.empty() || node.port == 0) {
      return Status::invalid(quoted(service.name) + ": node " + node.id +
                             " needs an address and a port");
    }
  }
  return {};
}

Status serviceNotFound(std::string_view name) {
  return Status::notFound(quoted(name) + " not found: no healthy node registered");
}

void sortVersions(std::vector<ServiceInfo>& versions) {
  std::sort(versions.begin(), versions.end(),
            [](const ServiceInfo& a, const ServiceInfo& b) { return a.version < b.version; });
  for (ServiceInfo& version : versions) {
    std::sort(version.nodes.begin(), version.nodes.end(),
              [](const Node& a, const Node& b) { return a.id < b.id; });
  }
}

}  // namespace evmicro::detail
