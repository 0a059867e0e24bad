// Bytes from outside, read at once and in pieces: HttpReader must not fail, and must say the same.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "http/reader_agreement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5) return 0;
  const auto role =
      data[0] & 1 ? evmicro::detail::HttpRole::kReplies : evmicro::detail::HttpRole::kRequests;
  std::uint32_t cuts = 0;
  std::memcpy(&cuts, data + 1, sizeof cuts);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 5, size - 5);
  const std::string broken = evmicro::test::brokenPromise(role, bytes, cuts);
  if (!broken.empty()) {
    std::fprintf(stderr, "%s\n", broken.c_str());
    std::abort();
  }
  return 0;
}
