#include "http/http_date.h"

#include <cstdint>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class HttpDateTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpDateTest);
  CPPUNIT_TEST(theThreeFormsAreRead);
  CPPUNIT_TEST(theCalendarIsGregorian);
  CPPUNIT_TEST(whatTheClockCannotTellIsItsEnd);
  CPPUNIT_TEST(whatIsNotADateIsRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void theThreeFormsAreRead() {
    for (const char* const text :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
          "Sun Nov  6 08:49:37 1994", "Sun Nov 06 08:49:37 1994"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::int64_t{784'111'777}, secondsOf(text));
    }
  }

  void theCalendarIsGregorian() {
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, secondsOf("Thu, 01 Jan 1970 00:00:00 GMT"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{951'782'399}, secondsOf("Mon, 28 Feb 2000 23:59:59 GMT"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{951'782'400}, secondsOf("Tue, 29 Feb 2000 00:00:00 GMT"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{951'868'800}, secondsOf("Wed, 01 Mar 2000 00:00:00 GMT"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{4'107'542'400}, secondsOf("Mon, 01 Mar 2100 00:00:00 GMT"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1'798'761'599}, secondsOf("Thu, 31 Dec 2026 23:59:59 GMT"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, secondsOf("Thursday, 01-Jan-70 00:00:00 GMT"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3'124'224'000}, secondsOf("Tuesday, 01-Jan-69 00:00:00 GMT"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1'483'228'800}, secondsOf("Sat, 31 Dec 2016 23:59:60 GMT"));
  }

  void whatTheClockCannotTellIsItsEnd() {
    constexpr std::int64_t kLast = 9'223'372'036;
    CPPUNIT_ASSERT_EQUAL(kLast - 1, secondsOf("Fri, 11 Apr 2262 23:47:15 GMT"));
    CPPUNIT_ASSERT_EQUAL(kLast, secondsOf("Fri, 11 Apr 2262 23:47:16 GMT"));
    CPPUNIT_ASSERT_EQUAL(kLast, secondsOf("Fri, 11 Apr 2262 23:47:17 GMT"));
    CPPUNIT_ASSERT_EQUAL(kLast, secondsOf("Fri, 31 Dec 9999 23:59:59 GMT"));
  }

  void whatIsNotADateIsRefused() {
    for (const char* const text :
         {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun, 06 Nov 1994 08:49:37 GMT x", "Sun, 00 Nov 1994 08:49:37 GMT",
          "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Nov 994 08:49:37 GMT",
          "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
          "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
          "Sun, 06 Nov 1994 08.49.37 GMT", "Sun, 06 Nov 19940 08:49:37 GMT",
          "Sun, xx Nov 1994 08:49:37 GMT"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !parseHttpDate(text));
    }
  }

 private:
  static std::int64_t secondsOf(const char* text) {
    const auto date = parseHttpDate(text);
    CPPUNIT_ASSERT_MESSAGE(text, date.has_value());
    return std::chrono::duration_cast<std::chrono::seconds>(date->time_since_epoch()).count();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpDateTest);

}  // namespace evmicro::detail
