#include <evmicro/check_service.h>

#include <algorithm>

#include "net/unix_address.h"

namespace evmicro {

namespace {

// Consul registers from a body, but renews, deregisters and looks up by paths, and Go's HTTP server
// redirects a path that contains `.`, `..` or an empty part. So such a registration could be made
// but never removed.
bool survivesPathCleaning(std::string_view name) {
  while (true) {
    const std::size_t slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    if (part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;  // an empty part at the end is kept
    if (part.empty()) return false;
    name.remove_prefix(slash + 1);
  }
}

Status uncleanPath(const std::string& what) {
  return Status::invalid(what +
                         " has an empty, \".\" or \"..\" part between its slashes: a registry "
                         "could not remove it");
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
  if (service.name.find('\0') != std::string::npos) {
    return Status::invalid("the name of a service must not contain NUL");
  }
  if (Status status = checkNodes(service); !status.ok()) return status;
  if (!survivesPathCleaning(service.name)) return uncleanPath(quoted(service.name));
  for (const Node& node : service.nodes) {
    if (!survivesPathCleaning(node.id)) return uncleanPath("node id \"" + node.id + "\"");
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
