// A short soak, always the same faults in the same order; `./dev soak` runs longer ones.
#include <cppunit/extensions/HelperMacros.h>

#include "soak/soak.h"

namespace evmicro::soak {

class SoakTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SoakTest);
  CPPUNIT_TEST(nothingFailsOrGrows);
  CPPUNIT_TEST(growthIsJudged);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nothingFailsOrGrows() {
    const Report report = soak(std::chrono::seconds(16), 1);
    CPPUNIT_ASSERT_MESSAGE(toText(report), report.good());
    CPPUNIT_ASSERT(report.calls > 200 && report.streams > 50 && report.publications > 10);
    CPPUNIT_ASSERT(report.restarts > 0 && report.kills > 0);
  }

  void growthIsJudged() {
    Growth growth{"x", {1'000, 10}, {1'100, 34}, 100};
    CPPUNIT_ASSERT(growth.flat());
    ++growth.after.bytes;
    CPPUNIT_ASSERT(!growth.flat());
    --growth.after.bytes;
    ++growth.after.descriptors;
    CPPUNIT_ASSERT(!growth.flat());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SoakTest);

}  // namespace evmicro::soak
