#include "bench/statistics.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::bench {

class StatisticsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StatisticsTest);
  CPPUNIT_TEST(medianIsInTheMiddle);
  CPPUNIT_TEST(nothingHasNoSpread);
  CPPUNIT_TEST(ratiosAreOfOneRound);
  CPPUNIT_TEST_SUITE_END();

 public:
  void medianIsInTheMiddle() {
    CPPUNIT_ASSERT_EQUAL(2.0, spread({3, 1, 2}).median);
    CPPUNIT_ASSERT_EQUAL(2.5, spread({4, 1, 2, 3}).median);
    CPPUNIT_ASSERT_EQUAL(1.0, spread({4, 1, 2, 3}).least);
    CPPUNIT_ASSERT_EQUAL(4.0, spread({4, 1, 2, 3}).most);
  }

  void nothingHasNoSpread() {
    CPPUNIT_ASSERT_EQUAL(0.0, spread({}).median);
    CPPUNIT_ASSERT_EQUAL(0.0, ratios({1, 2}, {}).most);
  }

  // A machine that is three times as slow in the second round changes nothing.
  void ratiosAreOfOneRound() {
    const Spread ratio = ratios({4, 12, 4}, {2, 6, 2});
    CPPUNIT_ASSERT_EQUAL(2.0, ratio.least);
    CPPUNIT_ASSERT_EQUAL(2.0, ratio.most);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StatisticsTest);

}  // namespace evmicro::bench
