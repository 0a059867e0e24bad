#include "base/block_pool.h"

#include <cstdlib>
#include <cstring>
#include <limits>

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>  // nothing but where a sanitizer is used
#else
#define ASAN_POISON_MEMORY_REGION(address, size)
#define ASAN_UNPOISON_MEMORY_REGION(address, size)
#endif

namespace evmicro::detail {

void* BlockPool::take(std::size_t size) noexcept {
  if (size > std::numeric_limits<std::size_t>::max() / 2) return nullptr;
  const std::size_t index = classOf(size);
  const std::size_t whole = wholeOf(index);
  Head* head = nullptr;
  if (index < free_.size() && free_[index]) {
    Kept* const block = free_[index];
    ASAN_UNPOISON_MEMORY_REGION(block, whole);
    free_[index] = block->next;
    kept_ -= whole;
    head = &block->head;
  } else {
    void* const fresh = std::malloc(whole);
    if (!fresh) return nullptr;
    head = new (fresh) Head{this, whole - sizeof(Head)};
  }
  ++out_;
  return head + 1;
}

void* BlockPool::require(std::size_t size) {
  if (void* const block = take(size)) return block;
  throw std::bad_alloc();
}

void* BlockPool::resize(void* block, std::size_t size) noexcept {
  if (!block) return take(size);
  const std::size_t before = (static_cast<Head*>(block) - 1)->size;
  if (size <= before) return block;
  void* const other = take(size);
  if (!other) return nullptr;
  std::memcpy(other, block, before);
  give(block);
  return other;
}

void BlockPool::give(void* block) noexcept {
  if (!block) return;
  Head* const head = static_cast<Head*>(block) - 1;
  BlockPool& pool = *head->pool;
  const std::size_t whole = head->size + sizeof(Head);
  const std::size_t index = whole / kStep;
  --pool.out_;
  if (index >= pool.free_.size() || pool.orphaned_ || pool.kept_ + whole > kMostKept) {
    std::free(head);
    if (pool.orphaned_ && pool.out_ == 0) delete &pool;
    return;
  }
  static_assert(sizeof(Kept) <= wholeOf(classOf(0)));
  auto* const kept = new (head) Kept{*head, pool.free_[index]};
  pool.free_[index] = kept;
  pool.kept_ += whole;
  // Not the pointer: a search for leaks follows it.
  ASAN_POISON_MEMORY_REGION(kept + 1, whole - sizeof(Kept));
}

void BlockPool::leave() noexcept {
  orphaned_ = true;
  if (out_ == 0) delete this;
}

BlockPool::~BlockPool() {
  for (std::size_t index = 0; index < free_.size(); ++index) {
    while (Kept* const block = free_[index]) {
      ASAN_UNPOISON_MEMORY_REGION(block, wholeOf(index));
      free_[index] = block->next;
      std::free(block);
    }
  }
}

}  // namespace evmicro::detail
