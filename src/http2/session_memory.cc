#include "http2/session_memory.h"

#include <cstring>
#include <limits>

namespace evmicro::detail {

namespace {

BlockPool& poolOf(void* user) noexcept { return *static_cast<BlockPool*>(user); }

void* take(std::size_t size, void* user) noexcept { return poolOf(user).take(size); }

void give(void* block, void*) noexcept { BlockPool::give(block); }

void* takeZeroed(std::size_t count, std::size_t size, void* user) noexcept {
  if (size > 0 && count > std::numeric_limits<std::size_t>::max() / size) return nullptr;
  void* const block = poolOf(user).take(count * size);
  if (block) std::memset(block, 0, count * size);
  return block;
}

void* resize(void* block, std::size_t size, void* user) noexcept {
  return poolOf(user).resize(block, size);
}

}  // namespace

nghttp2_mem http2Memory(BlockPool& pool) noexcept {
  return {&pool, take, give, takeZeroed, resize};
}

}  // namespace evmicro::detail
