#include "newest_selector.h"

#include <algorithm>

using namespace evmicro;

namespace {

class NewestSelector final : public Selector {
 public:
  explicit NewestSelector(ServiceView& view) : view_(view) {}

  std::string_view name() const override { return "newest"; }

  std::optional<Result<NodePtr>> choose(std::string_view service,
                                        const SelectCriteria& criteria) override {
    const ServiceView::Snapshot known = view_.known(service);
    if (!known || (known->nodes.empty() && !known->lastResort)) return std::nullopt;
    // A node that was tried before is better than none.
    for (const bool again : {false, true}) {
      for (const ServiceView::Snapshot& from : {known, known->lastResort}) {
        if (const Node* node = from ? newest(*from, criteria, again) : nullptr) {
          return NodePtr(from, node);
        }
      }
    }
    return Status::notFound("selector: no node of " + std::string(service) + " may be chosen");
  }

  Call prepare(std::string_view service, std::function<void(Status)> ready) override {
    return view_.get(service, [ready](const auto& found) { ready(found.status()); });
  }

  // Decides how long the last resort is kept.
  void mark(std::string_view service, const Node& node, const Status& outcome) override {
    view_.mark(service, node, outcome);
  }

 private:
  static const Node* newest(const ServiceSnapshot& known, const SelectCriteria& criteria,
                            bool again) {
    // The nodes are sorted by version.
    for (auto entry = known.nodes.rbegin(); entry != known.nodes.rend(); ++entry) {
      if (allowed(*entry, criteria) && tried(*entry->node, criteria) == again) return entry->node;
    }
    return nullptr;
  }
  static bool allowed(const ServiceSnapshot::Entry& entry, const SelectCriteria& criteria) {
    return std::all_of(
        criteria.filters.begin(), criteria.filters.end(),
        [&](const NodeFilter& filter) { return filter(*entry.version, *entry.node); });
  }
  static bool tried(const Node& node, const SelectCriteria& criteria) {
    const auto& ids = criteria.tried;
    return std::find(ids.begin(), ids.end(), node.id) != ids.end();
  }

  ServiceView& view_;
};

}  // namespace

std::unique_ptr<Selector> makeNewestSelector(ServiceView& view) {
  return std::make_unique<NewestSelector>(view);
}
