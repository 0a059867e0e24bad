#pragma once

#include <chrono>
#include <set>
#include <string>
#include <string_view>

#include "base/rate_limiter.h"

namespace evmicro::detail {

/// Logs which nodes of a registry are ignored because their entries cannot be used: each node once,
/// and of many nodes 16 at once and one a second. Otherwise callers only see that there is no node.
class IgnoredNodes {
 public:
  /// `node` of `service` is ignored because of `why`, which names the field.
  void add(std::string_view service, std::string_view node, std::string_view why,
           RateLimiter::Clock::time_point now = RateLimiter::Clock::now());

 private:
  std::set<std::string> logged_;  // service and node
  RateLimiter limit_{16, std::chrono::seconds(1)};
};

}  // namespace evmicro::detail
