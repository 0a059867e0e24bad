#pragma once

#include <string>
#include <utility>

#include <evmicro/service_view.h>

#include "gateway/pending_calls.h"

namespace evmicro::gateway {

/// Lookups in progress; no callback runs after this object has been destroyed.
class LookUps {
 public:
  explicit LookUps(ServiceView& view) : view_(view) {}

  /// As ServiceView::get(): `found` runs in a later turn.
  void start(const std::string& service, ServiceView::Found found) {
    calls_.start<Result<ServiceView::Snapshot>>(
        [&](auto done) { return view_.get(service, std::move(done)); }, std::move(found));
  }

 private:
  ServiceView& view_;
  PendingCalls calls_;
};

}  // namespace evmicro::gateway
