#include "selector/view_selector.h"

namespace evmicro {

namespace {

class RandomSelector final : public detail::ViewSelector {
 public:
  RandomSelector(ServiceView& view, const SelectorOptions& options)
      : ViewSelector(view), random_(detail::randomOf(options)) {}

  std::string_view name() const override { return "random"; }

 private:
  std::optional<std::size_t> pick(std::string_view, const ServiceView::Snapshot&,
                                  const detail::Candidates& candidates) override {
    return detail::anyOf(candidates.size(), random_,
                         [&](std::size_t place) { return candidates.allows(place); });
  }

  std::minstd_rand random_;
};

}  // namespace

std::unique_ptr<Selector> makeRandomSelector(ServiceView& view, SelectorOptions options) {
  return std::make_unique<RandomSelector>(view, options);
}

}  // namespace evmicro
