#include <deque>
#include <unordered_map>
#include <utility>

#include <evmicro/event_loop.h>

#include "selector/view_selector.h"

namespace evmicro {

namespace {

using Clock = EventLoop::Clock;

// Whether the outcome is probably the node's fault.
bool isFailure(const Status& outcome) {
  switch (outcome.kind()) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
    case ErrorKind::kInternal: return true;
    default: return false;
  }
}

class BlacklistSelector final : public detail::ViewSelector {
 public:
  BlacklistSelector(ServiceView& view, const SelectorOptions& options)
      : ViewSelector(view), avoidFor_(options.avoidFor), random_(detail::randomOf(options)) {}

  std::string_view name() const override { return "blacklist"; }

 private:
  void ended(std::string_view, const Node& node, const Status& outcome) override {
    if (isFailure(outcome)) {
      const auto until = EventLoop::now() + avoidFor_;
      avoided_[node.id] = until;
      ends_.emplace_back(until, node.id);
    } else if (!avoided_.empty() && outcome.kind() != ErrorKind::kCancelled) {
      avoided_.erase(node.id);
    }
  }
  std::optional<std::size_t> pick(std::string_view, const ServiceView::Snapshot&,
                                  const detail::Candidates& candidates) override {
    const auto allowed = [&](std::size_t place) { return candidates.allows(place); };
    endAvoiding();
    if (avoided_.empty()) return detail::anyOf(candidates.size(), random_, allowed);
    const auto good = detail::anyOf(candidates.size(), random_, [&](std::size_t place) {
      return avoided_.count(candidates.node(place).id) == 0 && candidates.allows(place);
    });
    return good ? good : detail::anyOf(candidates.size(), random_, allowed);
  }

  void endAvoiding() {
    if (ends_.empty()) return;
    const auto now = EventLoop::now();
    while (!ends_.empty() && ends_.front().first <= now) {
      const auto avoided = avoided_.find(ends_.front().second);
      // A later failure may have extended it.
      if (avoided != avoided_.end() && avoided->second <= now) avoided_.erase(avoided);
      ends_.pop_front();
    }
  }

  const std::chrono::milliseconds avoidFor_;
  std::minstd_rand random_;
  std::unordered_map<std::string, Clock::time_point> avoided_;  // by the node's id
  std::deque<std::pair<Clock::time_point, std::string>> ends_;  // the earliest first
};

}  // namespace

std::unique_ptr<Selector> makeBlacklistSelector(ServiceView& view, SelectorOptions options) {
  return std::make_unique<BlacklistSelector>(view, options);
}

}  // namespace evmicro
