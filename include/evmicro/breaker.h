#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <evmicro/export.h>
#include <evmicro/metrics.h>
#include <evmicro/wrapper.h>

namespace evmicro {

/// When a breaker opens, and for how long.
struct BreakerOptions {
  /// Failures in a row that open the breaker of a service.
  int failures = 6;
  /// How long it stays open: then it is half open.
  std::chrono::milliseconds openFor{60'000};
  /// Calls that are let through while it is half open. When as many have succeeded it closes; the
  /// first failure opens it again.
  int halfOpenCalls = 1;
  /// What counts as a failure. Not set: no node was reached, the connection broke, or the error has
  /// the code 408 or 500 to 599.
  std::function<bool(const Status&)> isFailure;
};

/// A circuit breaker for a client, with one circuit for each service that is called, as go-plugins'
/// gobreaker wrapper: calls of a service that keeps failing are refused at once with error 503, id
/// `go.micro.client`, `circuit breaker is open` (`too many requests` while it is half open).
/// Publications pass.
///
/// Copies share their circuits.
/// ```
/// const evmicro::Breaker breaker = evmicro::breaker();
/// service.client().wrap(breaker);
/// service.server().collect(breaker);  // evmicro_client_breaker_... in /metrics
/// ```
class EVMICRO_EXPORT Breaker {
 public:
  /// Calls pass; one call tries; calls are refused.
  enum class State { kClosed, kHalfOpen, kOpen };

  /// The circuits of all copies of this object are the same.
  explicit Breaker(BreakerOptions options = {});

  /// As a Wrapper.
  void operator()(Context context, const CallInfo& call, CallNext next, CallDone done) const;
  /// As a Collector.
  void operator()(Metrics& metrics) const;

  /// Of the circuit of `service`, now.
  State state(std::string_view service) const;
  /// Calls that were refused, of all services.
  std::uint64_t refused() const noexcept;

 private:
  class Circuits;
  std::shared_ptr<Circuits> circuits_;  // with the copies, and with calls in progress
};

/// A wrapper for clients, see Breaker.
inline Breaker breaker(BreakerOptions options = {}) { return Breaker(std::move(options)); }

}  // namespace evmicro
