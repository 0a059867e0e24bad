#pragma once

#include <functional>
#include <list>
#include <string>
#include <utility>

#include <evmicro/service_view.h>

namespace evmicro::gateway {

/// Lookups in progress; no callback runs after this object has been destroyed.
class LookUps {
 public:
  explicit LookUps(ServiceView& view) : view_(view) {}
  LookUps(const LookUps&) = delete;
  LookUps& operator=(const LookUps&) = delete;

  /// As ServiceView::get(): `found` runs in a later turn.
  void start(const std::string& service, ServiceView::Found found) {
    const auto place = calls_.emplace(calls_.end());
    *place = view_.get(service, [this, place, found = std::move(found)](const auto& result) {
      const Call ended = std::move(*place);  // destroyed when this returns
      calls_.erase(place);
      found(result);
    });
  }

 private:
  ServiceView& view_;
  std::list<Call> calls_;
};

}  // namespace evmicro::gateway
