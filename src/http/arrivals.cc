#include "http/arrivals.h"

#include <algorithm>

namespace evmicro::detail {

void Arrivals::add(std::size_t size, Time now) {
  if (size == 0) return;
  size_ += size;
  if (pieces_.size() == kMost) {
    pieces_.back().size += size;
    pieces_.back().at = now;
  } else {
    pieces_.push_back({size, now});
  }
}

std::optional<Arrivals::Time> Arrivals::of(std::size_t following) const noexcept {
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    if (following < piece->size) return piece->at;
    following -= piece->size;
  }
  return std::nullopt;
}

void Arrivals::trim(std::size_t left) {
  while (size_ > left) {
    const std::size_t less = std::min(pieces_.front().size, size_ - left);
    pieces_.front().size -= less;
    size_ -= less;
    if (pieces_.front().size == 0) pieces_.pop_front();
  }
}

}  // namespace evmicro::detail
