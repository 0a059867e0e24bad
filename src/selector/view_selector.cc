#include "selector/view_selector.h"

#include <algorithm>
#include <utility>

namespace evmicro::detail {

bool Candidates::allows(std::size_t place) const {
  const ServiceSnapshot::Entry& entry = known_.nodes[place];
  const auto& tried = criteria_.tried;
  if (tried_ == Tried::kExcluded &&
      std::find(tried.begin(), tried.end(), entry.node->id) != tried.end()) {
    return false;
  }
  return std::all_of(criteria_.filters.begin(), criteria_.filters.end(),
                     [&](const NodeFilter& filter) { return filter(*entry.version, *entry.node); });
}

std::optional<Result<Selector::NodePtr>> ViewSelector::choose(std::string_view service,
                                                              const SelectCriteria& criteria) {
  const ServiceView::Snapshot known = view_.known(service);
  if (!known || (known->nodes.empty() && !known->lastResort)) return std::nullopt;
  using Tried = Candidates::Tried;
  if (auto node = pickFrom(service, known, criteria, Tried::kExcluded)) return node;
  if (auto node = pickFrom(service, known->lastResort, criteria, Tried::kExcluded)) return node;
  if (!criteria.tried.empty()) {
    if (auto node = pickFrom(service, known, criteria, Tried::kAllowed)) return node;
    if (auto node = pickFrom(service, known->lastResort, criteria, Tried::kAllowed)) return node;
  }
  return Status::notFound("selector: service \"" + std::string(service) +
                          "\": no node passes the filters");
}

std::optional<Result<Selector::NodePtr>> ViewSelector::pickFrom(std::string_view service,
                                                                ServiceView::Snapshot known,
                                                                const SelectCriteria& criteria,
                                                                Candidates::Tried tried) {
  if (!known || known->nodes.empty()) return std::nullopt;
  const auto place = pick(service, known, {*known, criteria, tried});
  if (!place) return std::nullopt;
  const Node* const node = known->nodes[*place].node;
  return NodePtr(std::move(known), node);
}

void ViewSelector::mark(std::string_view service, const Node& node, const Status& outcome) {
  ended(service, node, outcome);
  view_.mark(service, node, outcome);
}

Call ViewSelector::prepare(std::string_view service, std::function<void(Status)> ready) {
  return view_.get(service, [ready = std::move(ready)](const Result<ServiceView::Snapshot>& found) {
    ready(found.status());
  });
}

}  // namespace evmicro::detail
