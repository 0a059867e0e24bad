#pragma once

#include <string>
#include <vector>

#include "tool/nodes.h"

namespace evmicro::tool {

/// How the replies to Debug.Stats are shown: the columns of the `micro` tool (started, uptime,
/// memory, threads, gc), then those that evmicro's servers have besides, when a node tells one of
/// them, then whatever other numbers there are. What is not told is 0, because json-rpc leaves
/// zeros out.
class StatsColumns {
 public:
  explicit StatsColumns(const std::vector<NodeAnswer>& answers);

  /// Separated by tabs.
  std::string names() const;
  /// The same for one node; why it did not answer, if so.
  std::string cells(const NodeAnswer& answer) const;

 private:
  std::vector<std::string> further_;
};

}  // namespace evmicro::tool
