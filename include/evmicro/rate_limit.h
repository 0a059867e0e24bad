#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <evmicro/export.h>
#include <evmicro/metrics.h>
#include <evmicro/wrapper.h>

namespace evmicro {

class EventLoop;

/// How many calls pass.
struct RateLimitOptions {
  /// Calls a second, on average.
  double perSecond = 100;
  /// Calls that may come at once: what the bucket of tokens holds. At least 1.
  double burst = 1;
  /// What happens to a call for which there is no token: it is refused, or waits for the next one.
  enum class Excess { kRefuse, kWait } excess = Excess::kRefuse;
  /// Calls that may wait; more are refused.
  std::size_t maxWaiting = 1'000;
  /// Who refuses: the id of the error.
  enum class Side { kClient, kServer } side = Side::kServer;
};

/// A rate limit for all calls of a client or server together, by a token bucket, as go-plugins'
/// ratelimit wrapper. A call without a token is refused with error 429, id `go.micro.client` or
/// `go.micro.server`, detail `too many request`; or it waits its turn, unless the token would come
/// after its deadline. A call whose context ends while it waits ends with it.
///
/// Copies share the bucket. `loop` must outlive the client or server that it is given to.
/// ```
/// const evmicro::RateLimit limit = evmicro::rateLimit(service.loop(), {500, 50});
/// service.server().wrap(limit);
/// service.server().collect(limit);  // evmicro_rate_limit_... in /metrics
/// ```
class EVMICRO_EXPORT RateLimit {
 public:
  /// std::invalid_argument when perSecond is not above 0 or burst is below 1.
  RateLimit(EventLoop& loop, RateLimitOptions options);

  /// As a Wrapper.
  void operator()(Context context, const CallInfo& call, CallNext next, CallDone done) const;
  /// As a Collector.
  void operator()(Metrics& metrics) const;

  /// Calls that were refused.
  std::uint64_t refused() const noexcept;
  /// Calls that wait now.
  std::size_t waiting() const noexcept;

 private:
  class Bucket;
  std::shared_ptr<Bucket> bucket_;  // with the copies
};

/// A wrapper for servers and clients, see RateLimit.
inline RateLimit rateLimit(EventLoop& loop, RateLimitOptions options = {}) {
  return RateLimit(loop, options);
}

}  // namespace evmicro
