#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <evmicro/service_view.h>

namespace evmicro::detail {

/// How many calls each node of one service has in progress, kept so that the nodes with the least
/// are at hand whatever the number of nodes: in one list for each number of calls.
class LoadTable {
 public:
  /// Makes `known` the nodes that there are. Costs nothing when they are the same as before. Calls
  /// to nodes that have gone are remembered until they end: a node may come back.
  void update(const ServiceView::Snapshot& known);

  /// The lists by number of calls; they hold places in the snapshot.
  std::size_t lists() const noexcept { return lists_.size(); }
  const std::vector<std::size_t>& list(std::size_t calls) const { return lists_[calls]; }
  /// The first list that is not empty. @pre there are nodes
  std::size_t least() const noexcept { return least_; }

  void begin(std::size_t place);
  void end(const std::string& id);

 private:
  static constexpr std::size_t kGone = static_cast<std::size_t>(-1);
  struct Load {
    std::size_t calls = 0;
    std::size_t place = kGone;  // in the snapshot
    std::size_t position = 0;   // in its list
  };

  void enter(Load& load);
  void leave(const Load& load);

  std::weak_ptr<const ServiceSnapshot> known_;   // tells one snapshot from another
  std::unordered_map<std::string, Load> loads_;  // by the node's id
  std::vector<Load*> byPlace_;
  std::vector<std::vector<std::size_t>> lists_;
  std::size_t least_ = 0;
};

}  // namespace evmicro::detail
