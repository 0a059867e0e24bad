#pragma once

#include <chrono>
#include <cstdint>

namespace evmicro::detail {

/// What this process takes of its machine, now. What the system does not tell (no descriptor left
/// to read /proc with) is 0.
struct ProcessUsage {
  std::uint64_t residentBytes = 0;
  std::uint64_t threads = 0;
  std::chrono::microseconds processor{0};  ///< user and system, since its start
};

ProcessUsage processUsage();

}  // namespace evmicro::detail
