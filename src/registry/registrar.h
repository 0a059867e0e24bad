#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>

#include <evmicro/event_loop.h>
#include <evmicro/registry.h>
#include <evmicro/timer.h>

#include "base/backoff.h"

namespace evmicro::detail {

/// Keeps one service registered: registers it, renews its TTL periodically, and registers it again
/// immediately when a renewal fails. Never gives up; if the registry cannot be reached, it retries
/// with backoff.
class Registrar {
 public:
  struct Options {
    std::chrono::milliseconds ttl{30'000};  ///< 0: none
    std::chrono::milliseconds interval{10'000};
    const char* what = "node";  ///< what is registered, for the log
  };

  Registrar(EventLoop& loop, Registry& registry, Options options);
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;
  /// Stops the heartbeat without deregistering.
  ~Registrar() = default;

  /// Starts. `registered` runs once, after the first success.
  void start(ServiceInfo service, std::function<void()> registered);
  /// Ends the heartbeat and deregisters; a failure is logged, not reported. `done` runs once.
  void stop(std::function<void()> done);

  /// Whether others can find the node: it is registered, and the TTL of a registration that could
  /// not be renewed has not expired.
  bool registered() const noexcept;
  /// Failed registrations and renewals so far.
  std::uint64_t failures() const noexcept { return failures_; }

 private:
  void announce();
  void deregister();
  void announced(const Status& status);
  void renew();
  void renewed(const Status& status);
  void confirm();
  void beat();

  Registry& registry_;
  const Options options_;
  ServiceInfo service_;
  std::function<void()> onRegistered_;
  Backoff backoff_;
  bool announcing_ = false;        // a registration is in progress
  std::function<void()> stopped_;  // stop() has been called
  bool registered_ = false;        // the next heartbeat renews
  bool listed_ = false;            // the registry had the node according to its last reply
  EventLoop::Clock::time_point confirmed_;
  std::uint64_t failures_ = 0;
  bool complained_ = false;
  std::minstd_rand random_;
  Timer beat_;
  Call pending_;  // last: the request in flight
};

}  // namespace evmicro::detail
