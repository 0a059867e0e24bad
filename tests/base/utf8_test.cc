#include "base/utf8.h"

#include <string>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class Utf8Test final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Utf8Test);
  CPPUNIT_TEST(charactersAreFoundAtEachPlace);
  CPPUNIT_TEST(badBytesAreFoundAtEachPlace);
  CPPUNIT_TEST(aCharacterEndsWithinTheText);
  CPPUNIT_TEST_SUITE_END();

 public:
  // ASCII is passed over in blocks.
  void charactersAreFoundAtEachPlace() {
    for (const char* const good : {"", "\x7f", "\xC2\x80", "\xE2\x82\xAC", "\xED\x9F\xBF",
                                   "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
      for (std::size_t before = 0; before <= 17; ++before) {
        for (const std::size_t after : {0U, 1U, 8U}) {
          CPPUNIT_ASSERT(isUtf8(std::string(before, 'a') + good + std::string(after, 'a')));
        }
      }
    }
  }

  void badBytesAreFoundAtEachPlace() {
    for (const char* const bad : {"\x80", "\xC2", "\xC1\x81", "\xE0\x9F\x80", "\xED\xA0\x80",
                                  "\xF0\x8F\x80\x80", "\xF4\x90\x80\x80", "\xF5", "\xFF"}) {
      for (std::size_t before = 0; before <= 17; ++before) {
        for (const std::size_t after : {0U, 1U, 8U}) {
          CPPUNIT_ASSERT(!isUtf8(std::string(before, 'a') + bad + std::string(after, 'a')));
        }
      }
    }
  }

  // What follows in memory would complete it.
  void aCharacterEndsWithinTheText() {
    for (const std::string_view whole : {"\xC2\x80", "\xE2\x82\xAC", "\xF0\x90\x80\x80"}) {
      CPPUNIT_ASSERT_EQUAL(whole.size(), utf8Length(whole));
      for (std::size_t size = 1; size < whole.size(); ++size) {
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), utf8Length(whole.substr(0, size)));
      }
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Utf8Test);

}  // namespace evmicro::detail
