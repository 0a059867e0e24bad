#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>

#include <evmicro/event_loop.h>
#include <evmicro/registry.h>
#include <evmicro/timer.h>

namespace evmicro::detail {

/// Keeps one service registered: announces it, renews its TTL by a timer, and announces it again at
/// once when a renewal fails. Never gives up; a registry that is away is tried again with growing
/// pauses.
class Registrar {
 public:
  struct Options {
    std::chrono::milliseconds ttl{30'000};  ///< 0: none
    std::chrono::milliseconds interval{10'000};
    const char* what = "node";  ///< is registered, for the log
  };

  Registrar(EventLoop& loop, Registry& registry, Options options);
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;
  /// Stops the heartbeat, deregisters nothing.
  ~Registrar() = default;

  /// Begins. `registered` runs once, after the first success.
  void start(ServiceInfo service, std::function<void()> registered);
  /// Ends the heartbeat and deregisters; a failure is logged, not reported. `done` runs once.
  void stop(std::function<void()> done);

  /// Whether others can find the node: announced, and not past the time at which an announcement
  /// ends that could not be renewed.
  bool registered() const noexcept;
  /// Announcements and renewals that failed so far.
  std::uint64_t failures() const noexcept { return failures_; }

 private:
  void announce();
  void deregister();
  void announced(const Status& status);
  void renew();
  void renewed(const Status& status);
  void confirm();
  void beatAfter(std::chrono::milliseconds delay);
  /// Between `least` per cent of `delay` and all of it.
  std::chrono::milliseconds jittered(std::chrono::milliseconds delay, int least);

  EventLoop& loop_;
  Registry& registry_;
  const Options options_;
  ServiceInfo service_;
  std::function<void()> onRegistered_;
  std::chrono::milliseconds backoff_{0};
  bool announcing_ = false;        // an announcement is on its way
  std::function<void()> stopped_;  // stop() has been called
  bool registered_ = false;        // the next beat renews
  bool listed_ = false;            // the registry had the node when it last told
  EventLoop::Clock::time_point confirmed_;
  std::uint64_t failures_ = 0;
  bool complained_ = false;
  std::minstd_rand random_;
  Timer beat_;
  Call pending_;  // last: the one request in flight
};

}  // namespace evmicro::detail
