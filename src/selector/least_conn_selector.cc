#include <map>

#include "selector/load_table.h"
#include "selector/view_selector.h"

namespace evmicro {

namespace {

class LeastConnSelector final : public detail::ViewSelector {
 public:
  LeastConnSelector(ServiceView& view, const SelectorOptions& options)
      : ViewSelector(view), random_(detail::randomOf(options)) {}

  std::string_view name() const override { return "leastconn"; }

 private:
  void ended(std::string_view service, const Node& node, const Status& /*outcome*/) override {
    const auto loads = loads_.find(service);
    if (loads != loads_.end()) loads->second.end(node.id);
  }
  std::optional<std::size_t> pick(std::string_view service, const ServiceView::Snapshot& known,
                                  const detail::Candidates& candidates) override {
    auto found = loads_.find(service);
    if (found == loads_.end()) found = loads_.try_emplace(std::string(service)).first;
    detail::LoadTable& loads = found->second;
    loads.update(known);
    for (std::size_t calls = loads.least(); calls < loads.lists(); ++calls) {
      const std::vector<std::size_t>& places = loads.list(calls);
      const auto chosen = detail::anyOf(places.size(), random_, [&](std::size_t position) {
        return candidates.allows(places[position]);
      });
      if (!chosen) continue;
      const std::size_t place = places[*chosen];
      loads.begin(place);
      return place;
    }
    return std::nullopt;
  }

  std::minstd_rand random_;
  std::map<std::string, detail::LoadTable, std::less<>> loads_;  // by service
};

}  // namespace

std::unique_ptr<Selector> makeLeastConnSelector(ServiceView& view, SelectorOptions options) {
  return std::make_unique<LeastConnSelector>(view, options);
}

}  // namespace evmicro
