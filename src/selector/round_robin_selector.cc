#include <map>

#include "selector/view_selector.h"

namespace evmicro {

namespace {

class RoundRobinSelector final : public detail::ViewSelector {
 public:
  RoundRobinSelector(ServiceView& view, const SelectorOptions& options)
      : ViewSelector(view), random_(detail::randomOf(options)) {}

  std::string_view name() const override { return "roundrobin"; }

 private:
  std::optional<std::size_t> pick(std::string_view service, const ServiceView::Snapshot&,
                                  const detail::Candidates& candidates) override {
    auto turn = turns_.find(service);
    // Starts at a random node, so that clients started together do not all begin with the same one.
    if (turn == turns_.end()) turn = turns_.emplace(service, random_()).first;
    const std::size_t size = candidates.size();
    for (std::size_t step = 0; step < size; ++step) {
      const std::size_t place = (turn->second + step) % size;
      if (!candidates.allows(place)) continue;
      turn->second = place + 1;
      return place;
    }
    return std::nullopt;
  }

  std::minstd_rand random_;
  std::map<std::string, std::size_t, std::less<>> turns_;  // by service
};

}  // namespace

std::unique_ptr<Selector> makeRoundRobinSelector(ServiceView& view, SelectorOptions options) {
  return std::make_unique<RoundRobinSelector>(view, options);
}

}  // namespace evmicro
