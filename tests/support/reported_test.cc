#include "support/reported.h"

#include <string>

#include <cppunit/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

class ReportedTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReportedTest);
  CPPUNIT_TEST(theMessageIsMadeAfterTheCondition);
  CPPUNIT_TEST(whatHoldsNeedsNoMessage);
  CPPUNIT_TEST_SUITE_END();

 public:
  void theMessageIsMadeAfterTheCondition() {
    std::string printed;
    const auto waits = [&printed] {
      printed = "all";
      return false;
    };
    int line = 0;
    try {
      line = __LINE__ + 1;
      ASSERT_REPORTED(printed, waits());
    } catch (const CppUnit::Exception& failure) {
      CPPUNIT_ASSERT_EQUAL(std::string("- Expression: waits()\n- all\n"),
                           failure.message().details());
      CPPUNIT_ASSERT_EQUAL(line, failure.sourceLine().lineNumber());
      return;
    }
    CPPUNIT_FAIL("it does not fail");
  }

  void whatHoldsNeedsNoMessage() {
    bool asked = false;
    const auto report = [&asked] {
      asked = true;
      return std::string();
    };
    ASSERT_REPORTED(report(), true);
    CPPUNIT_ASSERT(!asked);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReportedTest);

}  // namespace evmicro
