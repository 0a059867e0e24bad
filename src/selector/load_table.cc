#include "selector/load_table.h"

namespace evmicro::detail {

void LoadTable::update(const ServiceView::Snapshot& known) {
  if (!known_.owner_before(known) && !known.owner_before(known_)) return;
  known_ = known;
  for (auto& [id, load] : loads_) load.place = kGone;
  byPlace_.clear();
  lists_.clear();
  for (std::size_t place = 0; place < known->nodes.size(); ++place) {
    Load& load = loads_[known->nodes[place].node->id];
    byPlace_.push_back(&load);
    if (load.place != kGone) continue;  // ids may not be unique: one of the nodes is enough
    load.place = place;
    enter(load);
  }
  for (auto each = loads_.begin(); each != loads_.end();) {
    const bool over = each->second.place == kGone && each->second.calls == 0;
    each = over ? loads_.erase(each) : std::next(each);
  }
  least_ = 0;
  while (least_ < lists_.size() && lists_[least_].empty()) ++least_;
}

void LoadTable::enter(Load& load) {
  if (lists_.size() <= load.calls) lists_.resize(load.calls + 1);
  auto& list = lists_[load.calls];
  load.position = list.size();
  list.push_back(load.place);
}

void LoadTable::leave(const Load& load) {
  auto& list = lists_[load.calls];
  const std::size_t last = list.back();
  list[load.position] = last;
  byPlace_[last]->position = load.position;
  list.pop_back();
}

void LoadTable::begin(std::size_t place) {
  Load& load = *byPlace_[place];
  leave(load);
  ++load.calls;
  enter(load);
  if (lists_[least_].empty()) ++least_;  // this node is in the next list, if no other is below
}

void LoadTable::end(const std::string& id) {
  const auto found = loads_.find(id);
  if (found == loads_.end() || found->second.calls == 0) return;
  Load& load = found->second;
  if (load.place == kGone) {
    --load.calls;  // the next update() forgets it after the last
    return;
  }
  leave(load);
  --load.calls;
  enter(load);
  if (load.calls < least_) least_ = load.calls;
}

}  // namespace evmicro::detail
