#include "http/memory_budget.h"

#include <algorithm>

#include <malloc.h>

#include "base/counted.h"
#include "base/log.h"

namespace evmicro::detail {

namespace {

// Below this the allocator may keep what was freed.
constexpr std::size_t kWorthTrimming = 32U << 20;

}  // namespace

void MemoryBudget::count(Holder& holder, std::size_t bytes) {
  held_ += bytes - holder.counted_;
  if (holder.counted_ == 0 && bytes > 0) {
    holder.place_ = holders_.size();
    holders_.push_back(&holder);
  } else if (holder.counted_ > 0 && bytes == 0) {
    holders_.back()->place_ = holder.place_;
    holders_[holder.place_] = holders_.back();
    holders_.pop_back();
  }
  const bool less = bytes < holder.counted_;
  holder.counted_ = bytes;
  if (less) return trimWhenMuchIsFree();
  peak_ = std::max(peak_, held_);
  if (most_ == 0 || held_ <= most_ || mustEnforce_) return;
  mustEnforce_ = true;
  enforcing_ = loop_.defer([this] { enforce(); });
}

void MemoryBudget::enforce() {
  mustEnforce_ = false;
  // Replies are counted when they are queued, and may have been sent since.
  for (Holder* const holder : std::vector<Holder*>(holders_)) update(*holder);
  const auto alive = lifetime_.watch();
  while (held_ > most_) {
    Holder& holder = largest();
    ++givenUp_;
    EVMICRO_LOG_DEBUG("http", "gave up a connection that holds " << counted(holder.counted_, "byte")
                                                                 << ": all together hold "
                                                                 << held_);
    forget(holder);
    holder.giveUp();
    if (alive.expired()) return;
  }
}

MemoryBudget::Holder& MemoryBudget::largest() {
  return **std::max_element(holders_.begin(), holders_.end(),
                            [](const auto* a, const auto* b) { return a->counted_ < b->counted_; });
}

// Many small blocks that were freed stay with the allocator, scattered among others.
void MemoryBudget::trimWhenMuchIsFree() {
  if (peak_ < kWorthTrimming || held_ > peak_ / 4) return;
  peak_ = held_;
  enforcing_ = loop_.defer([this] {
    ::malloc_trim(0);
    if (mustEnforce_) enforce();
  });
}

}  // namespace evmicro::detail
