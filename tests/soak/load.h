#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>
#include <evmicro/timer.h>

#include "soak/soak.h"

namespace evmicro::soak {

/// A client of the example service: a call every 5 ms, a stream every 20 ms, a publication every
/// 200 ms.
class Load {
 public:
  /// `loop` must outlive it. `caFile` has signed the certificates of services with TLS.
  Load(EventLoop& loop, const std::string& registry, const std::string& caFile);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Calls that fail at this address from now on, because it has been killed, are counted apart.
  void expectFailuresAt(const std::string& address) { killed_.insert(address); }
  std::size_t nodes();
  /// Begins nothing new.
  void stop();
  /// What has begun and not ended.
  int open() const noexcept { return open_; }
  const Report& report() const noexcept { return report_; }

 private:
  struct PingPong;

  void call();
  void stream();
  void publish();
  void ended(const char* what, const Status& status);

  EventLoop& loop_;
  Service service_;
  Report report_;
  std::set<std::string> killed_;
  int open_ = 0;
  Timer nextCall_;
  Timer nextStream_;
  Timer nextPublication_;
};

}  // namespace evmicro::soak
