#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>

namespace evmicro::detail {

/// Memory for the objects of calls, which come and go by the hundred: a block that is given back is
/// kept for the next one of about its size. malloc() does that for seven blocks of a size, and is
/// slow for more.
///
/// Blocks may outlive the pool's owner. Not thread-safe.
class BlockPool {
 public:
  struct Release {
    void operator()(BlockPool* pool) const noexcept { pool->leave(); }
  };
  using Owner = std::unique_ptr<BlockPool, Release>;

  /// Blocks up to this size are kept, and of those so many bytes.
  static constexpr std::size_t kLargest = 2'040;
  static constexpr std::size_t kMostKept = 256U << 10;

  static Owner make() { return Owner(new BlockPool); }
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  /// At least `size` bytes, aligned for any type; null if there is no memory.
  void* take(std::size_t size) noexcept;
  /// The same, or throws std::bad_alloc.
  void* require(std::size_t size);
  /// A block with the content of `block`, which it replaces, as realloc(). `block` may be null.
  void* resize(void* block, std::size_t size) noexcept;
  /// Gives back a block of any pool; null is ignored.
  static void give(void* block) noexcept;

  /// Bytes that are kept for later.
  std::size_t kept() const noexcept { return kept_; }

 private:
  // In front of each block.
  struct Head {
    BlockPool* pool;
    std::size_t size;  // of the block, without this
  };
  static_assert(sizeof(Head) % alignof(std::max_align_t) == 0);
  // What a kept block holds.
  struct Kept {
    Head head;
    Kept* next;
  };
  static constexpr std::size_t kStep = alignof(std::max_align_t);
  // malloc() keeps a word of its own between blocks: of these sizes it wastes nothing.
  static constexpr std::size_t kOffset = kStep / 2;

  BlockPool() = default;
  ~BlockPool();
  void leave() noexcept;
  static constexpr std::size_t classOf(std::size_t size) noexcept {
    return (size + sizeof(Head) + kStep - 1 - kOffset) / kStep;
  }
  static constexpr std::size_t wholeOf(std::size_t index) noexcept {
    return index * kStep + kOffset;
  }

  std::array<Kept*, (kLargest + sizeof(Head)) / kStep + 1> free_{};  // by class
  std::size_t kept_ = 0;
  std::size_t out_ = 0;    // blocks that are not here
  bool orphaned_ = false;  // its owner has gone
};

/// For containers.
template <typename T>
class PoolAllocator {
 public:
  using value_type = T;

  explicit PoolAllocator(BlockPool& pool) noexcept : pool_(&pool) {}
  template <typename U>
  PoolAllocator(const PoolAllocator<U>& other) noexcept : pool_(other.pool()) {}

  T* allocate(std::size_t count) { return static_cast<T*>(pool_->require(count * sizeof(T))); }
  void deallocate(T* block, std::size_t) noexcept { BlockPool::give(block); }
  BlockPool* pool() const noexcept { return pool_; }

 private:
  BlockPool* pool_;
};

template <typename T, typename U>
bool operator==(const PoolAllocator<T>& a, const PoolAllocator<U>& b) noexcept {
  return a.pool() == b.pool();
}
template <typename T, typename U>
bool operator!=(const PoolAllocator<T>& a, const PoolAllocator<U>& b) noexcept {
  return !(a == b);
}

}  // namespace evmicro::detail
