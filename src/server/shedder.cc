#include "server/shedder.h"

#include <algorithm>

#include "base/log.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestInterval{100};
// Between measurements.
constexpr milliseconds kShortestPeriod{5};
constexpr milliseconds kLongestPeriod{50};

}  // namespace

Shedder::Shedder(EventLoop& loop, milliseconds target)
    : target_(target),
      interval_(std::max(kShortestInterval, 2 * target)),
      lag_(loop, std::clamp(target / 2, kShortestPeriod, kLongestPeriod),
           [this](EventLoop::Clock::duration lag) { measured(lag); }) {}

void Shedder::start() {
  if (target_.count() > 0) lag_.start();
}

void Shedder::stop() { lag_.stop(); }

void Shedder::measured(EventLoop::Clock::duration lag) {
  const Time now = EventLoop::now();
  latest_ = lag;
  if ((lag > target_) == overloaded_) {
    changing_.reset();
    return;
  }
  if (!changing_) changing_ = now;
  if (now - *changing_ < interval_) return;
  changing_.reset();
  overloaded_ = !overloaded_;
  EVMICRO_LOG_DEBUG("server",
                    (overloaded_ ? "Overloaded: requests are refused" : "No longer overloaded"));
}

std::chrono::seconds Shedder::retryAfter() const noexcept {
  return std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(latest_));
}

}  // namespace evmicro::detail
