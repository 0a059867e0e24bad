#include "call/known_nodes.h"

#include <algorithm>
#include <iterator>

namespace evmicro::detail {

KnownNode& KnownNodes::of(const Selector::NodePtr& node) {
  auto found = nodes_.find(node.get());
  if (found == nodes_.end()) {
    if (nodes_.size() >= dropAt_) dropExpired();
    found = nodes_.try_emplace(node.get()).first;
  }
  KnownNode& known = found->second;
  if (known.node.expired()) known = {node, node->dialAddress()};
  return known;
}

void KnownNodes::dropExpired() {
  for (auto entry = nodes_.begin(); entry != nodes_.end();) {
    entry = entry->second.node.expired() ? nodes_.erase(entry) : std::next(entry);
  }
  dropAt_ = std::max<std::size_t>(64, 2 * nodes_.size());
}

}  // namespace evmicro::detail
