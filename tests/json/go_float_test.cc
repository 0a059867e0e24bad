#include "json/go_float.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class GoFloatTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GoFloatTest);
  CPPUNIT_TEST(ordinaryNumbersArePlainDigits);
  CPPUNIT_TEST(theExponentStartsWhereGoStartsIt);
  CPPUNIT_TEST(floatsUseTheirOwnShortestDigits);
  CPPUNIT_TEST(everyNumberReadsBackAsItself);
  CPPUNIT_TEST_SUITE_END();

 public:
  void ordinaryNumbersArePlainDigits() {
    check("0", 0.0);
    check("-0", -0.0);
    check("1", 1.0);
    check("-1", -1.0);
    check("0.1", 0.1);
    check("1.5", 1.5);
    check("-123.456", -123.456);
    check("100000", 1e5);
    check("1000000", 1e6);
    check("16777215", 16777215.0);  // up to here as integers
    check("16777216", 16777216.0);
    check("-16777217", -16777217.0);
    check("16777215.5", 16777215.5);
    check("9007199254740993000", 9007199254740993000.0);
    check("0.30000000000000004", 0.1 + 0.2);
  }

  void theExponentStartsWhereGoStartsIt() {
    check("0.000001", 1e-6);
    check("0.0000012345", 1.2345e-6);
    check("9.99e-7", 9.99e-7);
    check("1e-7", 1e-7);
    check("1e-10", 1e-10);
    check("5e-324", std::numeric_limits<double>::denorm_min());
    check("100000000000000000000", 1e20);
    check("123456789012345680000", 1.2345678901234568e20);
    check("1e+21", 1e21);
    check("1.5e+300", 1.5e300);
    check("-1.7976931348623157e+308", std::numeric_limits<double>::lowest());
  }

  void floatsUseTheirOwnShortestDigits() {
    check("0.1", 0.1F);
    check("16777216", 16777216.0F);
    check("3.4028235e+38", std::numeric_limits<float>::max());
    check("1e-45", std::numeric_limits<float>::denorm_min());
    check("0.000001", 1e-6F);
    check("1e+21", 1e21F);
  }

  void everyNumberReadsBackAsItself() {
    std::mt19937_64 random(20160401);
    for (int i = 0; i < 20000; ++i) {
      const std::uint64_t bits = random();
      double value;
      static_assert(sizeof value == sizeof bits);
      std::memcpy(&value, &bits, sizeof value);
      if (!std::isfinite(value)) continue;
      std::string text;
      appendGoFloat(text, value);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, value, std::strtod(text.c_str(), nullptr));
    }
  }

 private:
  template <typename T>
  static void check(const std::string& expected, T value) {
    std::string out = ":";
    appendGoFloat(out, value);
    CPPUNIT_ASSERT_EQUAL(":" + expected, out);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(GoFloatTest);

}  // namespace evmicro::detail
