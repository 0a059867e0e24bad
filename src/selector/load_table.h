#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <evmicro/service_view.h>

namespace evmicro::detail {

/// Counts the calls in progress of each node of one service. Keeps a list of nodes for each number
/// of calls, so that the nodes with the fewest are found in constant time.
class LoadTable {
 public:
  /// Sets the nodes to those of `known`; free if the snapshot has not changed. Calls to nodes that
  /// have disappeared are remembered until they end, because a node may reappear.
  void update(const ServiceView::Snapshot& known);

  /// The number of lists, one for each number of calls; they hold indexes into the snapshot.
  std::size_t lists() const noexcept { return lists_.size(); }
  const std::vector<std::size_t>& list(std::size_t calls) const { return lists_[calls]; }
  /// The index of the first list that is not empty. @pre there are nodes
  std::size_t least() const noexcept { return least_; }

  void begin(std::size_t place);
  void end(const std::string& id);

 private:
  static constexpr std::size_t kGone = static_cast<std::size_t>(-1);
  struct Load {
    std::size_t calls = 0;
    std::size_t place = kGone;  // index in the snapshot
    std::size_t position = 0;   // index in its list
  };

  void enter(Load& load);
  void leave(const Load& load);

  std::weak_ptr<const ServiceSnapshot> known_;   // to recognise another snapshot
  std::unordered_map<std::string, Load> loads_;  // by the node's id
  std::vector<Load*> byPlace_;
  std::vector<std::vector<std::size_t>> lists_;
  std::size_t least_ = 0;
};

}  // namespace evmicro::detail
