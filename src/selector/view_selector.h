#pragma once

#include <evmicro/selector.h>
#include <evmicro/service_view.h>

#include "selector/candidates.h"

namespace evmicro::detail {

/// The common part of the selectors on a ServiceView: everything but the choice itself.
class ViewSelector : public Selector {
 public:
  explicit ViewSelector(ServiceView& view) : view_(view) {}

  std::optional<Result<NodePtr>> choose(std::string_view service,
                                        const SelectCriteria& criteria) final;
  Call prepare(std::string_view service, std::function<void(Status)> ready) final;
  void mark(std::string_view service, const Node& node, const Status& outcome) final;

 protected:
  /// A call to a node that pick() chose has ended.
  virtual void ended(std::string_view /*service*/, const Node& /*node*/, const Status& /*how*/) {}
  /// Chooses one of `candidates` in `known`, which has nodes; returns its index, or nullopt if none
  /// is allowed.
  virtual std::optional<std::size_t> pick(std::string_view service,
                                          const ServiceView::Snapshot& known,
                                          const Candidates& candidates) = 0;

 private:
  std::optional<Result<NodePtr>> pickFrom(std::string_view service, ServiceView::Snapshot known,
                                          const SelectCriteria& criteria, Candidates::Tried tried);

  ServiceView& view_;
};

}  // namespace evmicro::detail
