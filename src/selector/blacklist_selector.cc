#include <algorithm>
#include <unordered_map>

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
      if (avoided_.empty()) firstEnd_ = until;
      avoided_[node.id] = until;
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
    if (avoided_.empty()) return;
    const auto now = EventLoop::now();
    if (now < firstEnd_) return;
    firstEnd_ = Clock::time_point::max();
    for (auto each = avoided_.begin(); each != avoided_.end();) {
      if (each->second <= now) {
        each = avoided_.erase(each);
      } else {
        firstEnd_ = std::min(firstEnd_, each->second);
        ++each;
      }
    }
  }

  const std::chrono::milliseconds avoidFor_;
  std::minstd_rand random_;
  std::unordered_map<std::string, Clock::time_point> avoided_;  // by the node's id
  // No node's time ends before; one that failed again ends later.
  Clock::time_point firstEnd_;
};

}  // namespace

std::unique_ptr<Selector> makeBlacklistSelector(ServiceView& view, SelectorOptions options) {
  return std::make_unique<BlacklistSelector>(view, options);
}

}  // namespace evmicro
