#include "service/descriptor_limit.h"

#include <cerrno>
#include <cstring>

#include <sys/resource.h>

#include "base/log.h"

namespace evmicro::detail {

void raiseDescriptorLimit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  EVMICRO_LOG_WARN("service", "Cannot raise the limit of descriptors: " << std::strerror(errno));
}

}  // namespace evmicro::detail
