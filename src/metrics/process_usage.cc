#include "metrics/process_usage.h"

#include <fstream>
#include <string>

#include <sys/resource.h>

namespace evmicro::detail {

namespace {

std::chrono::microseconds asTime(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

ProcessUsage processUsage() {
  ProcessUsage usage;
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    std::uint64_t value = 0;
    if (key == "VmRSS:" && status >> value) usage.residentBytes = value * 1'024;
    if (key == "Threads:" && status >> value) usage.threads = value;
    status.clear();
    std::getline(status, key);
  }
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    usage.processor = asTime(used.ru_utime) + asTime(used.ru_stime);
  }
  return usage;
}

}  // namespace evmicro::detail
