#pragma once

#include <string>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::tool {

/// What `get service` prints: the nodes of each version, then the endpoints of the first, laid out
/// as the `micro` tool does. @pre !versions.empty()
std::string describeServices(const std::vector<ServiceInfo>& versions);

}  // namespace evmicro::tool
