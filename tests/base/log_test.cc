#include "base/log.h"

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "base/printable.h"
#include "support/captured_log.h"

namespace evmicro {

class LogTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogTest);
  CPPUNIT_TEST(aPeerCannotForgeALine);
  CPPUNIT_TEST(longLinesAreCut);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Symptom: the content type of a message from outside wrote lines and colours of its own.
  void aPeerCannotForgeALine() {
    test::CapturedLog captured("test");
    EVMICRO_LOG_WARN("test", "no codec for \""
                                 << "x\"\n2026 ERROR paid\r\x1b[2J\xFF\xE2\x80\xAE"
                                 << "\"");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, captured.lines().size());
    CPPUNIT_ASSERT_EQUAL(
        std::string("WARN no codec for \"x\"\\n2026 ERROR paid\\r\\x1b[2J\\xff\\u202e\""),
        captured.lines()[0]);
  }

  void longLinesAreCut() {
    test::CapturedLog captured("test");
    EVMICRO_LOG_WARN("test", std::string(1024, 'a'));
    EVMICRO_LOG_WARN("test", std::string(1025, 'a'));
    EVMICRO_LOG_WARN("test", std::string(1 << 20, '\n'));
    CPPUNIT_ASSERT_EQUAL("WARN " + std::string(1024, 'a'), captured.lines()[0]);
    CPPUNIT_ASSERT_EQUAL("WARN " + std::string(1024, 'a') + "...", captured.lines()[1]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{5 + 1024 + 3}, captured.lines()[2].size());
    // A character is not cut in two.
    CPPUNIT_ASSERT_EQUAL(std::string("a\xE2\x82\xAC..."),
                         detail::printable("a\xE2\x82\xAC\xE2\x82\xAC", 2));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(LogTest);

}  // namespace evmicro
