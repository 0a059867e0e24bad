// A server on a hostile network keeps answering its good clients; `./dev hostile` runs longer.
#include <cppunit/extensions/HelperMacros.h>

#include "hostile/hostile.h"

namespace evmicro::hostile {

class HostileTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HostileTest);
  CPPUNIT_TEST(goodClientsAreServed);
  CPPUNIT_TEST(isJudged);
  CPPUNIT_TEST_SUITE_END();

 public:
  void goodClientsAreServed() {
    // A machine with other work and a sanitizer has not the time for all of them.
    const Report report = withstand(std::chrono::seconds(2), 5);
    CPPUNIT_ASSERT_MESSAGE(toText(report), report.good());
    CPPUNIT_ASSERT_MESSAGE(toText(report), report.during.calls > report.before.calls / 3);
    CPPUNIT_ASSERT_MESSAGE(toText(report), report.during.newConnections > 5);
    CPPUNIT_ASSERT_MESSAGE(toText(report), report.connected > 400 && report.garbage > 10);
  }

  void isJudged() {
    Report report;
    report.before.median = std::chrono::microseconds(90);
    report.after.median = std::chrono::microseconds(100);
    report.during.median = std::chrono::microseconds(300);
    CPPUNIT_ASSERT(report.good());
    ++report.during.median;
    report.before.medianWork = std::chrono::microseconds(10);
    report.during.medianWork = std::chrono::microseconds(31);
    CPPUNIT_ASSERT(!report.good());
    report.during.controlMedian = std::chrono::microseconds(100);
    CPPUNIT_ASSERT(!report.good());
    ++report.during.controlMedian;
    CPPUNIT_ASSERT(report.good());
    --report.during.controlMedian;
    --report.during.medianWork;
    CPPUNIT_ASSERT(report.good());
    report.during.failures.emplace_back("x");
    CPPUNIT_ASSERT(!report.good());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HostileTest);

}  // namespace evmicro::hostile
