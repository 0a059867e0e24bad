#pragma once

#include <cstddef>

#include <malloc.h>

#if defined(__SANITIZE_ADDRESS__)
extern "C" {  // of the sanitizer's run time, whose headers not every compiler brings
std::size_t __sanitizer_get_current_allocated_bytes();
}
#endif

namespace evmicro::test {

/// How many bytes this process has allocated and not freed.
inline std::size_t bytesInUse() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

}  // namespace evmicro::test
