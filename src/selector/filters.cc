#include <algorithm>

#include <evmicro/selector.h>

namespace evmicro {

NodeFilter versionFilter(std::string version) {
  return [version = std::move(version)](const ServiceInfo& service, const Node&) {
    return service.version == version;
  };
}

NodeFilter endpointFilter(std::string endpoint) {
  return [endpoint = std::move(endpoint)](const ServiceInfo& service, const Node&) {
    return std::any_of(service.endpoints.begin(), service.endpoints.end(),
                       [&](const Endpoint& each) { return each.name == endpoint; });
  };
}

NodeFilter labelFilter(std::string key, std::string value) {
  return [key = std::move(key), value = std::move(value)](const ServiceInfo&, const Node& node) {
    const auto found = node.metadata.find(key);
    return found != node.metadata.end() && found->second == value;
  };
}

}  // namespace evmicro
