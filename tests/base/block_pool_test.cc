#include "base/block_pool.h"

#include <cstring>
#include <limits>
#include <list>
#include <memory>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

using detail::BlockPool;

class BlockPoolTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BlockPoolTest);
  CPPUNIT_TEST(blocksAreUsedAgain);
  CPPUNIT_TEST(onlySoMuchIsKept);
  CPPUNIT_TEST(largeBlocksAreNotKept);
  CPPUNIT_TEST(resizedBlocksKeepTheirContent);
  CPPUNIT_TEST(impossibleSizesAreRefused);
  CPPUNIT_TEST(blocksOutliveTheirOwner);
  CPPUNIT_TEST(containersTakeFromIt);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { pool_ = BlockPool::make(); }
  void tearDown() override { pool_.reset(); }

  void blocksAreUsedAgain() {
    void* const block = pool_->take(100);
    std::memset(block, 'x', 100);
    BlockPool::give(block);
    CPPUNIT_ASSERT(pool_->kept() >= 100);
    void* const larger = pool_->take(200);
    CPPUNIT_ASSERT(larger != block);
    CPPUNIT_ASSERT(pool_->take(100) == block);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pool_->kept());
    BlockPool::give(block);
    BlockPool::give(larger);
    BlockPool::give(nullptr);
    CPPUNIT_ASSERT(pool_->kept() >= 300);
  }

  void onlySoMuchIsKept() {
    std::vector<void*> blocks;
    for (std::size_t size = 0; size <= BlockPool::kMostKept + 10'000; size += 1'000) {
      blocks.push_back(pool_->take(1'000));
    }
    for (void* const block : blocks) BlockPool::give(block);
    CPPUNIT_ASSERT(pool_->kept() <= BlockPool::kMostKept);
    CPPUNIT_ASSERT(pool_->kept() > BlockPool::kMostKept - 1'100);
  }

  void largeBlocksAreNotKept() {
    void* const large = pool_->take(BlockPool::kLargest + 1);
    std::memset(large, 'x', BlockPool::kLargest + 1);
    BlockPool::give(large);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pool_->kept());
    BlockPool::give(pool_->take(BlockPool::kLargest));
    CPPUNIT_ASSERT(pool_->kept() >= BlockPool::kLargest);
  }

  void resizedBlocksKeepTheirContent() {
    void* block = pool_->resize(nullptr, 20);
    std::memcpy(block, "content", 8);
    for (const std::size_t size : {5U, 20U, 500U, 5'000U, 50'000U, 50U}) {
      block = pool_->resize(block, size);
      if (size >= 8) CPPUNIT_ASSERT_EQUAL(0, std::memcmp(block, "content", 8));
    }
    BlockPool::give(block);
  }

  void impossibleSizesAreRefused() {
    constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
    CPPUNIT_ASSERT(!pool_->take(kMost));
    CPPUNIT_ASSERT(!pool_->take(kMost - 10));
    CPPUNIT_ASSERT_THROW(pool_->require(kMost), std::bad_alloc);
    void* const block = pool_->take(1);
    CPPUNIT_ASSERT(!pool_->resize(block, kMost));  // and leaves the block as it was
    BlockPool::give(block);
  }

  void blocksOutliveTheirOwner() {
    void* const first = pool_->take(100);
    void* const second = pool_->take(100);
    BlockPool::give(pool_->take(300));
    pool_.reset();
    std::memset(first, 'x', 100);
    BlockPool::give(first);
    std::memset(second, 'x', 100);
    BlockPool::give(second);  // a sanitizer would find what is left
  }

  void containersTakeFromIt() {
    std::shared_ptr<int> number;
    {
      std::list<int, detail::PoolAllocator<int>> list{detail::PoolAllocator<int>(*pool_)};
      list.push_back(1);
      list.pop_back();
      CPPUNIT_ASSERT(pool_->kept() > 0);
      number = std::allocate_shared<int>(detail::PoolAllocator<int>(*pool_), 7);
    }
    pool_.reset();
    CPPUNIT_ASSERT_EQUAL(7, *number);
  }

 private:
  BlockPool::Owner pool_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(BlockPoolTest);

}  // namespace evmicro
