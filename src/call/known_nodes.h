#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include <evmicro/selector.h>

#include "call/connection_pool.h"
#include "call/outliers.h"

namespace evmicro::detail {

/// What a client knows of a node besides what the registry says.
struct KnownNode {
  std::weak_ptr<const Node> node;
  std::string address;  ///< to dial
  Outliers::Place outlier{};
  ConnectionPool::Place idle{};
};

/// The nodes that were called, found by the object that the selector returns: so a call neither
/// makes the text of an address nor searches for it.
class KnownNodes {
 public:
  /// Valid as long as `node` is shared.
  KnownNode& of(const Selector::NodePtr& node);
  std::size_t size() const noexcept { return nodes_.size(); }

 private:
  void dropExpired();

  // Another node may be at the same place once one has expired.
  std::unordered_map<const Node*, KnownNode> nodes_;
  std::size_t dropAt_ = 64;  // at this many nodes, expired ones are removed
};

}  // namespace evmicro::detail
