#include "base/backoff.h"

#include <cstdint>

namespace evmicro::detail {

std::chrono::milliseconds jittered(std::chrono::milliseconds longest, int percent,
                                   std::minstd_rand& random) {
  const std::int64_t most = longest.count();
  const std::int64_t least = most - most * percent / 100;
  return std::chrono::milliseconds(
      std::uniform_int_distribution<std::int64_t>(least, most)(random));
}

std::chrono::milliseconds BackoffPolicy::after(unsigned failures, std::minstd_rand& random) const {
  return jittered(after(failures), jitter, random);
}

}  // namespace evmicro::detail
