#include "base/duration.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

using detail::formatDuration;
using detail::parseDuration;
using std::chrono::nanoseconds;

class DurationTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DurationTest);
  CPPUNIT_TEST(readsGoSyntaxAndSeconds);
  CPPUNIT_TEST(refusesEverythingElse);
  CPPUNIT_TEST(printsAsGoDoes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void readsGoSyntaxAndSeconds() {
    expect("0", 0);
    expect("5", 5'000'000'000);
    expect("0.5", 500'000'000);
    expect("500ms", 500'000'000);
    expect("1m30s", 90'000'000'000);
    expect("1.5h", 5'400'000'000'000);
    expect("2us3ns", 2'003);
    expect("1\u00b5s", 1'000);
    expect("5.", 5'000'000'000);
    expect(".5", 500'000'000);
    expect("0.000000001", 1);
    expect("875000h", 3'150'000'000'000'000'000);
    expect("3150000000", 3'150'000'000'000'000'000);
  }

  void refusesEverythingElse() {
    for (const char* text :
         {"", " ", "-1s", "+1s", "-0", "s", "5x", "5s5", "1e3", "1..2s", ".", "5 s", "nan", "0x10",
          "999999999999h", "99999999999999999999", "875000h1ns", "3150000001"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !parseDuration(text).ok());
    }
  }

  void printsAsGoDoes() {
    const auto text = [](std::int64_t nanos) { return formatDuration(nanoseconds(nanos)); };
    CPPUNIT_ASSERT_EQUAL(std::string("0s"), text(0));
    CPPUNIT_ASSERT_EQUAL(std::string("30s"), text(30'000'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("1m0s"), text(60'000'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("1m30s"), text(90'000'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("1h0m0s"), text(3'600'000'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("500ms"), text(500'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("1.5s"), text(1'500'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("1.5\u00b5s"), text(1'500));
    CPPUNIT_ASSERT_EQUAL(std::string("7ns"), text(7));
    CPPUNIT_ASSERT_EQUAL(std::string("999ns"), text(999));
    CPPUNIT_ASSERT_EQUAL(std::string("1.001\u00b5s"), text(1'001));
    CPPUNIT_ASSERT_EQUAL(std::string("1\u00b5s"), text(1'000));
    CPPUNIT_ASSERT_EQUAL(std::string("999.999\u00b5s"), text(999'999));
    CPPUNIT_ASSERT_EQUAL(std::string("1ms"), text(1'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("999.999999ms"), text(999'999'999));
    CPPUNIT_ASSERT_EQUAL(std::string("1.05s"), text(1'050'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("59.999999999s"), text(59'999'999'999));
    CPPUNIT_ASSERT_EQUAL(std::string("1m1.5s"), text(61'500'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("59m59s"), text(3'599'000'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("25h0m1s"), text(90'001'000'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("-1m30s"), text(-90'000'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("-1ns"), text(-1));
    CPPUNIT_ASSERT_EQUAL(std::string("-2562047h47m16.854775808s"), text(INT64_MIN));
  }

 private:
  void expect(const char* text, std::int64_t nanos) {
    const auto parsed = parseDuration(text);
    CPPUNIT_ASSERT_MESSAGE(text, parsed.ok());
    CPPUNIT_ASSERT_EQUAL(nanos, static_cast<std::int64_t>(parsed->count()));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DurationTest);

}  // namespace evmicro
