#pragma once

#include <string>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::tool {

/// The output of `get service`: the nodes of each version, then the endpoints of the first, in the
/// layout of the `micro` tool. @pre !versions.empty()
std::string describeServices(const std::vector<ServiceInfo>& versions);

}  // namespace evmicro::tool
