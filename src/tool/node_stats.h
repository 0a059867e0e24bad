#pragma once

#include <string>
#include <vector>

#include "tool/nodes.h"

namespace evmicro::tool {

/// The table of replies to Debug.Stats: the columns of the `micro` tool (started, uptime, memory,
/// threads, gc), then the additional ones of evmicro's servers, if a node has any of them, then all
/// other numbers. A missing number is 0, because json-rpc leaves zeros out.
class StatsColumns {
 public:
  explicit StatsColumns(const std::vector<NodeAnswer>& answers);

  /// Separated by tabs.
  std::string names() const;
  /// The cells of one node, or the reason why it did not answer.
  std::string cells(const NodeAnswer& answer) const;

 private:
  std::vector<std::string> further_;
};

}  // namespace evmicro::tool
