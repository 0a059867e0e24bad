#include "base/counted.h"

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "base/ascii.h"

namespace evmicro::detail {

class CountedTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CountedTest);
  CPPUNIT_TEST(oneIsSingular);
  CPPUNIT_TEST(caseOfAsciiAlone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void oneIsSingular() {
    CPPUNIT_ASSERT_EQUAL(std::string("0 days"), counted(0, "day"));
    CPPUNIT_ASSERT_EQUAL(std::string("1 day"), counted(1, "day"));
    CPPUNIT_ASSERT_EQUAL(std::string("2 days"), counted(2, "day"));
    CPPUNIT_ASSERT_EQUAL(std::string("18446744073709551615 bytes"), counted(UINT64_MAX, "byte"));
  }

  void caseOfAsciiAlone() {
    CPPUNIT_ASSERT(equalsIgnoringCase("", ""));
    CPPUNIT_ASSERT(equalsIgnoringCase("AZaz09-", "azAZ09-"));
    CPPUNIT_ASSERT(!equalsIgnoringCase("a", "ab"));
    CPPUNIT_ASSERT(!equalsIgnoringCase("@[", "`{"));
    CPPUNIT_ASSERT(!equalsIgnoringCase("\xc4", "\xe4"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CountedTest);

}  // namespace evmicro::detail
