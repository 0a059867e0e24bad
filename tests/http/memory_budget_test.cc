#include "http/memory_budget.h"

#include <functional>
#include <memory>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/turn_until.h"

namespace evmicro {

using detail::MemoryBudget;

class MemoryBudgetTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MemoryBudgetTest);
  CPPUNIT_TEST(aBudgetThatIsJustUsedUpIsKept);
  CPPUNIT_TEST(aboveItTheLargestGoes);
  CPPUNIT_TEST(asManyGoAsItTakes);
  CPPUNIT_TEST(whatHasBecomeLessIsCountedAgain);
  CPPUNIT_TEST(whatIsForgottenDoesNotCount);
  CPPUNIT_TEST(zeroIsNoLimit);
  CPPUNIT_TEST(givingUpMayDestroyTheBudget);
  CPPUNIT_TEST(aBudgetMayGoBeforeItsTurn);
  CPPUNIT_TEST(whoeverLeavesTheOthersStay);
  CPPUNIT_TEST(itIsKeptAfterMuchWasFreed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    budget_ = std::make_unique<MemoryBudget>(*loop_, 100);
    for (int i = 0; i < 3; ++i) holders_.push_back(std::make_unique<Connection>());
  }
  void tearDown() override {
    holders_.clear();
    budget_.reset();
    loop_.reset();
  }

  void aBudgetThatIsJustUsedUpIsKept() {
    hold(0, 60);
    hold(1, 40);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::size_t(100), budget_->held());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), budget_->givenUp());
  }

  void aboveItTheLargestGoes() {
    hold(0, 60);
    hold(1, 41);
    CPPUNIT_ASSERT(!holders_[0]->over);  // not within the call
    test::turn(*loop_);
    CPPUNIT_ASSERT(holders_[0]->over);
    CPPUNIT_ASSERT(!holders_[1]->over);
    CPPUNIT_ASSERT_EQUAL(std::size_t(41), budget_->held());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), budget_->givenUp());
  }

  void asManyGoAsItTakes() {
    hold(0, 300);
    hold(1, 200);
    hold(2, 99);
    test::turn(*loop_);
    CPPUNIT_ASSERT(holders_[0]->over && holders_[1]->over && !holders_[2]->over);
    CPPUNIT_ASSERT_EQUAL(std::size_t(99), budget_->held());
  }

  // Bytes that have gone out since they were counted.
  void whatHasBecomeLessIsCountedAgain() {
    hold(0, 80);
    holders_[0]->bytes = 10;
    hold(1, 90);
    test::turn(*loop_);
    CPPUNIT_ASSERT(!holders_[0]->over && !holders_[1]->over);
    CPPUNIT_ASSERT_EQUAL(std::size_t(100), budget_->held());
  }

  void whatIsForgottenDoesNotCount() {
    hold(0, 60);
    hold(1, 60);
    CPPUNIT_ASSERT(MemoryBudget::counts(*holders_[0]));
    budget_->forget(*holders_[0]);
    CPPUNIT_ASSERT(!MemoryBudget::counts(*holders_[0]));
    test::turn(*loop_);
    CPPUNIT_ASSERT(!holders_[1]->over);
    CPPUNIT_ASSERT_EQUAL(std::size_t(60), budget_->held());
    budget_->forget(*holders_[1]);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), budget_->held());
  }

  void zeroIsNoLimit() {
    budget_ = std::make_unique<MemoryBudget>(*loop_, 0);
    hold(0, std::size_t(1) << 40);
    test::turn(*loop_);
    CPPUNIT_ASSERT(!holders_[0]->over);
  }

  void givingUpMayDestroyTheBudget() {
    holders_[0]->whenOver = [this] { budget_.reset(); };
    hold(0, 200);
    hold(1, 150);
    test::turn(*loop_);
    CPPUNIT_ASSERT(holders_[0]->over && !holders_[1]->over);
  }

  void aBudgetMayGoBeforeItsTurn() {
    hold(0, 200);
    budget_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!holders_[0]->over);
  }

  // The last one takes the place of each.
  void whoeverLeavesTheOthersStay() {
    for (std::size_t i = 0; i < 3; ++i) hold(i, 10);
    budget_->forget(*holders_[0]);
    budget_->forget(*holders_[2]);
    hold(1, 200);
    test::turn(*loop_);
    CPPUNIT_ASSERT(holders_[1]->over && !holders_[0]->over && !holders_[2]->over);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), budget_->held());
  }

  // Memory goes back to the system in the turn in which the budget was to be enforced.
  void itIsKeptAfterMuchWasFreed() {
    hold(0, 40U << 20);
    hold(0, 0);
    test::turn(*loop_);
    CPPUNIT_ASSERT(!holders_[0]->over);
    hold(1, 101);
    test::turn(*loop_);
    CPPUNIT_ASSERT(holders_[1]->over);
  }

 private:
  struct Connection final : MemoryBudget::Holder {
    std::size_t bytes = 0;
    bool over = false;
    std::function<void()> whenOver;

   private:
    std::size_t heldBytes() const noexcept override { return bytes; }
    void giveUp() override {
      over = true;
      bytes = 0;
      if (whenOver) whenOver();
    }
  };

  void hold(std::size_t which, std::size_t bytes) {
    holders_[which]->bytes = bytes;
    budget_->update(*holders_[which]);
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<MemoryBudget> budget_;
  std::vector<std::unique_ptr<Connection>> holders_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MemoryBudgetTest);

}  // namespace evmicro
