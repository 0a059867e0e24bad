#include "net/tls_side.h"

#include <utility>

namespace evmicro::detail {

namespace {

constexpr std::size_t kMostSpare = 128U << 10;

}  // namespace

void TlsSide::lendOutput(std::vector<char>& output) noexcept {
  if (output.capacity() < spare_.capacity()) output.swap(spare_);
}

void TlsSide::returnOutput(std::vector<char>& output) noexcept {
  output.clear();
  if (output.capacity() > spare_.capacity() && output.capacity() <= kMostSpare) {
    output.swap(spare_);
  }
  if (output.capacity() > 0) std::vector<char>().swap(output);
}

}  // namespace evmicro::detail
