#pragma once

#include <chrono>
#include <cstdint>

namespace evmicro::detail {

/// The resources that this process uses now. A value that the system does not provide (no
/// descriptor left to read /proc with) is 0.
struct ProcessUsage {
  std::uint64_t residentBytes = 0;
  std::uint64_t threads = 0;
  std::chrono::microseconds processor{0};  ///< user and system, since its start
};

ProcessUsage processUsage();

}  // namespace evmicro::detail
