#pragma once

#include <vector>

#include <evmicro/registry.h>

namespace evmicro::detail {

/// Sets of nodes as lists of versions. Nodes are the same when their ids are.

/// The nodes of `all` that `others` has not, with their versions.
std::vector<ServiceInfo> nodesWithout(const std::vector<ServiceInfo>& all,
                                      const std::vector<ServiceInfo>& others);
/// Adds the nodes of `more` to `all`, in order.
void addNodes(std::vector<ServiceInfo>& all, const std::vector<ServiceInfo>& more);
std::size_t countNodes(const std::vector<ServiceInfo>& versions);

}  // namespace evmicro::detail
