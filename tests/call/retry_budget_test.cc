#include "call/retry_budget.h"

#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "support/manual_clock.h"

namespace evmicro::detail {

using namespace std::chrono_literals;

class RetryBudgetTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RetryBudgetTest);
  CPPUNIT_TEST(beginsWithTheReserve);
  CPPUNIT_TEST(callsEarnATenth);
  CPPUNIT_TEST(savingsAreLimited);
  CPPUNIT_TEST(theReserveComesBackByTheSecond);
  CPPUNIT_TEST(theReserveIsAllThatComesBack);
  CPPUNIT_TEST(aRefundIsAsIfNothingWasSpent);
  CPPUNIT_TEST(zeroIsNoneAtAll);
  CPPUNIT_TEST(countsWhatItIsAsked);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { clock_ = std::make_unique<test::ManualClock>(); }
  void tearDown() override { clock_.reset(); }

  void beginsWithTheReserve() {
    RetryBudget budget({});
    CPPUNIT_ASSERT_EQUAL(10, spendAll(budget));
  }

  void callsEarnATenth() {
    RetryBudget budget({});
    spendAll(budget);
    earn(budget, 9);
    CPPUNIT_ASSERT(!budget.spend());
    earn(budget, 1);
    CPPUNIT_ASSERT(budget.spend());
    CPPUNIT_ASSERT(!budget.spend());
    earn(budget, 100);
    CPPUNIT_ASSERT_EQUAL(10, spendAll(budget));
  }

  void savingsAreLimited() {
    RetryBudget budget({});
    earn(budget, 899);
    CPPUNIT_ASSERT_EQUAL(99, spendAll(budget));
    earn(budget, 100'000);
    CPPUNIT_ASSERT_EQUAL(100, spendAll(budget));
  }

  void theReserveComesBackByTheSecond() {
    RetryBudget budget({});
    spendAll(budget);
    clock_->skip(1s - 1ns);
    CPPUNIT_ASSERT(!budget.spend());
    clock_->skip(1ns);
    CPPUNIT_ASSERT(budget.spend());
    CPPUNIT_ASSERT(!budget.spend());
    clock_->skip(3500ms);
    CPPUNIT_ASSERT_EQUAL(3, spendAll(budget));
    clock_->skip(500ms);  // the half second was not lost
    CPPUNIT_ASSERT(budget.spend());
  }

  void theReserveIsAllThatComesBack() {
    RetryBudget budget({});
    spendAll(budget);
    clock_->skip(24h);
    CPPUNIT_ASSERT_EQUAL(10, spendAll(budget));
  }

  void aRefundIsAsIfNothingWasSpent() {
    RetryBudget budget({});
    CPPUNIT_ASSERT(budget.spend());
    budget.refund();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), budget.spent());
    CPPUNIT_ASSERT_EQUAL(10, spendAll(budget));
  }

  void zeroIsNoneAtAll() {
    RetryBudget budget({0, 0});
    earn(budget, 1'000);
    clock_->skip(24h);
    CPPUNIT_ASSERT(!budget.spend());
  }

  void countsWhatItIsAsked() {
    RetryBudget budget({});
    spendAll(budget);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(10), budget.spent());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), budget.exhausted());
  }

 private:
  static int spendAll(RetryBudget& budget) {
    int spent = 0;
    while (budget.spend()) ++spent;
    return spent;
  }
  static void earn(RetryBudget& budget, int calls) {
    for (int i = 0; i < calls; ++i) budget.earn();
  }

  std::unique_ptr<test::ManualClock> clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RetryBudgetTest);

}  // namespace evmicro::detail
