#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>
#include <evmicro/timer.h>

namespace evmicro::test {

/// Calls Debug.Health of `greeter` every 5 ms, whatever comes of it.
class ConstantCaller {
 public:
  static constexpr std::chrono::milliseconds kInterval{5};

  /// `loop` must outlive it. `options` say where the registry is.
  ConstantCaller(EventLoop& loop, ServiceOptions options);

  int ended() const noexcept { return ended_; }
  int succeeded() const noexcept { return ended_ - static_cast<int>(failures_.size()); }
  const std::vector<std::string>& failures() const noexcept { return failures_; }
  std::string allFailures() const;
  ServiceViewStats view() { return service_.serviceView().stats(); }
  /// How many nodes it knows.
  std::size_t nodes();
  Status reloadTls() { return service_.reloadTls(); }
  OutlierStats outliers() { return service_.client().outlierStats(); }
  /// Counts from 0 on again.
  void reset();
  /// Calls no more; those on their way end.
  void stop() { next_.stop(); }
  int open() const noexcept { return begun_ - ended_; }

 private:
  void call();

  Service service_;
  int begun_ = 0;
  int ended_ = 0;
  std::vector<std::string> failures_;
  Timer next_;
};

}  // namespace evmicro::test
