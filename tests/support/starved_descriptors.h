#pragma once

#include <chrono>
#include <ctime>

#include <sys/resource.h>
#include <unistd.h>

namespace evmicro::test {

/// No descriptor with a number from `firstForbidden` on can be made while this lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(int firstForbidden) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(firstForbidden);
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

inline int lowestFreeDescriptor() {
  const int fd = ::dup(STDIN_FILENO);
  ::close(fd);
  return fd;
}

/// Processor time that this process has used.
inline std::chrono::nanoseconds ownCpuTime() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace evmicro::test
