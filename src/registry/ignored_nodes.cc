#include "registry/ignored_nodes.h"

#include "base/log.h"

namespace evmicro::detail {

namespace {

// Then all are forgotten, and may be logged again.
constexpr std::size_t kMaxRemembered = 1'024;

}  // namespace

void IgnoredNodes::add(std::string_view service, std::string_view node, std::string_view why,
                       RateLimiter::Clock::time_point now) {
  std::string key(service);
  key.append(1, '\0').append(node);
  if (logged_.count(key) > 0 || !limit_.allow(now)) return;
  if (logged_.size() == kMaxRemembered) logged_.clear();
  logged_.insert(std::move(key));
  EVMICRO_LOG_WARN("registry",
                   "service \"" << service << "\": node \"" << node << "\" is ignored: " << why);
}

}  // namespace evmicro::detail
