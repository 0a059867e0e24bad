#include "discovery/lost_nodes.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <evmicro/check_service.h>

namespace evmicro::detail {

std::vector<ServiceInfo> nodesWithout(const std::vector<ServiceInfo>& all,
                                      const std::vector<ServiceInfo>& others) {
  std::set<std::string_view> known;
  for (const ServiceInfo& version : others) {
    for (const Node& node : version.nodes) known.insert(node.id);
  }
  std::vector<ServiceInfo> result;
  for (const ServiceInfo& version : all) {
    ServiceInfo rest{version.name, version.version, version.metadata, version.endpoints, {}};
    std::copy_if(version.nodes.begin(), version.nodes.end(), std::back_inserter(rest.nodes),
                 [&](const Node& node) { return known.count(node.id) == 0; });
    if (!rest.nodes.empty()) result.push_back(std::move(rest));
  }
  return result;
}

void addNodes(std::vector<ServiceInfo>& all, const std::vector<ServiceInfo>& more) {
  for (const ServiceInfo& version : more) {
    const auto same = std::find_if(all.begin(), all.end(), [&](const ServiceInfo& known) {
      return known.version == version.version;
    });
    if (same == all.end()) {
      all.push_back(version);
    } else {
      same->nodes.insert(same->nodes.end(), version.nodes.begin(), version.nodes.end());
    }
  }
  sortVersions(all);
}

std::size_t countNodes(const std::vector<ServiceInfo>& versions) {
  std::size_t count = 0;
  for (const ServiceInfo& version : versions) count += version.nodes.size();
  return count;
}

}  // namespace evmicro::detail
