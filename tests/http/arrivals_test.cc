#include "http/arrivals.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class ArrivalsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ArrivalsTest);
  CPPUNIT_TEST(knowsEachByte);
  CPPUNIT_TEST(whatHasGoneIsForgotten);
  CPPUNIT_TEST(manyPiecesCountAsOne);
  CPPUNIT_TEST_SUITE_END();

 public:
  void knowsEachByte() {
    Arrivals arrivals;
    CPPUNIT_ASSERT(!arrivals.of(0));
    arrivals.add(0, at(1));
    CPPUNIT_ASSERT(!arrivals.of(0));
    arrivals.add(3, at(1));
    arrivals.add(2, at(2));
    CPPUNIT_ASSERT(arrivals.of(0) == at(2));
    CPPUNIT_ASSERT(arrivals.of(1) == at(2));
    CPPUNIT_ASSERT(arrivals.of(2) == at(1));
    CPPUNIT_ASSERT(arrivals.of(4) == at(1));
    CPPUNIT_ASSERT(!arrivals.of(5));
  }

  void whatHasGoneIsForgotten() {
    Arrivals arrivals;
    arrivals.add(3, at(1));
    arrivals.add(2, at(2));
    arrivals.trim(9);
    arrivals.trim(3);
    CPPUNIT_ASSERT(arrivals.of(2) == at(1));
    CPPUNIT_ASSERT(!arrivals.of(3));
    arrivals.trim(1);
    CPPUNIT_ASSERT(arrivals.of(0) == at(2));
    CPPUNIT_ASSERT(!arrivals.of(1));
    arrivals.trim(0);
    CPPUNIT_ASSERT(!arrivals.of(0));
  }

  void manyPiecesCountAsOne() {
    Arrivals arrivals;
    for (std::size_t i = 0; i < Arrivals::kMost + 1; ++i) arrivals.add(1, at(static_cast<int>(i)));
    CPPUNIT_ASSERT(arrivals.of(0) == at(64));
    CPPUNIT_ASSERT(arrivals.of(1) == at(64));
    CPPUNIT_ASSERT(arrivals.of(2) == at(62));
    CPPUNIT_ASSERT(arrivals.of(64) == at(0));
  }

 private:
  static Arrivals::Time at(int seconds) { return Arrivals::Time(std::chrono::seconds(seconds)); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ArrivalsTest);

}  // namespace evmicro::detail
