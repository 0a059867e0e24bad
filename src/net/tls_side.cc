#include "net/tls_side.h"

#include <utility>

namespace evmicro::detail {

namespace {

constexpr std::size_t kMostSpare = 128U << 10;

}  // namespace

void TlsSide::lendOutput(std::string& output) noexcept {
  if (output.capacity() < spare_.capacity()) output.swap(spare_);
}

void TlsSide::returnOutput(std::string& output) noexcept {
  output.clear();
  if (output.capacity() > spare_.capacity() && output.capacity() <= kMostSpare) {
    output.swap(spare_);
  }
  if (output.capacity() > std::string().capacity()) std::string().swap(output);
}

}  // namespace evmicro::detail
