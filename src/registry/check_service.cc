#include <evmicro/check_service.h>

#include <algorithm>

#include "http/url.h"
#include "net/unix_address.h"

namespace evmicro {

namespace {

// Consul registers from a body, but renews, deregisters and looks up by paths. So a registration of
// a name that is lost there could be made but never removed.
Status checkPath(const std::string& what, std::string_view text) {
  const char* const problem = detail::problemInPath(text);
  if (!problem) return {};
  return Status::invalid(what + " " + problem + ": a registry could not remove it");
}

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
  if (Status bad = checkPath(quoted(service.name), service.name); !bad.ok()) return bad;
  for (const Node& node : service.nodes) {
    if (Status bad = checkPath("node id \"" + node.id + "\"", node.id); !bad.ok()) return bad;
    const bool onSocket = detail::isUnixAddress(node.address);
    if (node.address.empty() || (node.port == 0) != onSocket) {
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

}  // namespace evmicro
