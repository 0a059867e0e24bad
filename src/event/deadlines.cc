#include "event/deadlines.h"

#include <algorithm>

namespace evmicro::detail {

namespace {

using Clock = EventLoop::Clock;

// The shortest time between two sweeps, which grows with the number of deadlines.
Clock::duration pauseFor(std::size_t deadlines) {
  return std::chrono::milliseconds(1 + deadlines / 1'000);
}

}  // namespace

Deadlines::Deadlines(EventLoop& loop) : timer_(loop, [this] { onTimer(); }) {}

void Deadlines::Entry::startDeadline(Clock::time_point when) {
  // A deadline that is already overdue must not run in the current sweep.
  when = std::max(when, all_.lastSweep_ + Clock::duration(1));
  if (place_ == kNowhere) {
    place_ = all_.slots_.size();
    all_.slots_.push_back({when, this});
  } else {
    all_.slots_[place_].when = when;
  }
  all_.wakeAt(when);
}

void Deadlines::Entry::stopDeadline() noexcept {
  if (place_ == kNowhere) return;
  const Slot last = all_.slots_.back();
  all_.slots_[place_] = last;
  last.entry->place_ = place_;
  all_.slots_.pop_back();
  place_ = kNowhere;
}

void Deadlines::wakeAt(Clock::time_point when) {
  if (timer_.running() && armed_ <= when) return;  // the sweep will set it again
  armed_ = when;
  timer_.start(when - EventLoop::now());
}

void Deadlines::onTimer() {
  const auto now = lastSweep_ = EventLoop::now();
  const auto alive = lifetime_.watch();
  // A callback may start and stop other entries: one that is skipped is found by the next sweep.
  for (std::size_t i = 0; i < slots_.size();) {
    if (slots_[i].when > now) {
      ++i;
      continue;
    }
    Entry* const entry = slots_[i].entry;
    entry->stopDeadline();
    entry->onDeadline();
    if (alive.expired()) return;
  }
  if (slots_.empty()) return;
  const auto first = std::min_element(slots_.begin(), slots_.end(),
                                      [](const auto& a, const auto& b) { return a.when < b.when; });
  wakeAt(std::max(first->when, now + pauseFor(slots_.size())));
}

}  // namespace evmicro::detail
