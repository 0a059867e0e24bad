#include "call/call_deadlines.h"

#include <algorithm>

namespace evmicro::detail {

namespace {

// Not more often than this are all entries looked through.
constexpr std::chrono::milliseconds kPause{1};

}  // namespace

CallDeadlines::CallDeadlines(EventLoop& loop) : timer_(loop, [this] { onTimer(); }) {}

void CallDeadlines::Entry::startDeadline(EventLoop::Clock::time_point when) {
  when_ = when;
  place_ = all_.entries_.size();
  all_.entries_.push_back(this);
  if (all_.timer_.running() && all_.armed_ <= when) return;  // it looks again when it fires
  all_.armed_ = when;
  all_.timer_.start(when - EventLoop::now());
}

void CallDeadlines::Entry::stopDeadline() noexcept {
  if (place_ == kNowhere) return;
  Entry* const last = all_.entries_.back();
  all_.entries_[place_] = last;
  last->place_ = place_;
  all_.entries_.pop_back();
  place_ = kNowhere;
}

void CallDeadlines::onTimer() {
  const auto now = EventLoop::now();
  const auto alive = lifetime_.watch();
  // What is called may start and stop others: one that is passed over is found the next time.
  for (std::size_t i = 0; i < entries_.size();) {
    Entry* const entry = entries_[i];
    if (entry->when_ > now) {
      ++i;
      continue;
    }
    entry->stopDeadline();
    entry->onDeadline();
    if (alive.expired()) return;
  }
  if (entries_.empty()) return;
  const Entry* const first = *std::min_element(
      entries_.begin(), entries_.end(), [](auto* a, auto* b) { return a->when_ < b->when_; });
  armed_ = std::max(first->when_, now + kPause);
  timer_.start(armed_ - now);
}

}  // namespace evmicro::detail
