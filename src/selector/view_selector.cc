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
  ServiceView::Snapshot known = view_.known(service);
  if (!known || known->nodes.empty()) return std::nullopt;
  auto place = pick(service, known, {*known, criteria, Candidates::Tried::kExcluded});
  if (!place && !criteria.tried.empty()) {
    place = pick(service, known, {*known, criteria, Candidates::Tried::kAllowed});
  }
  if (!place) {
    return Status::notFound("selector: service \"" + std::string(service) +
                            "\": no node passes the filters");
  }
  const Node* const node = known->nodes[*place].node;
  return NodePtr(std::move(known), node);
}

Call ViewSelector::prepare(std::string_view service, std::function<void(Status)> ready) {
  return view_.get(service, [ready = std::move(ready)](const Result<ServiceView::Snapshot>& found) {
    ready(found.status());
  });
}

}  // namespace evmicro::detail
