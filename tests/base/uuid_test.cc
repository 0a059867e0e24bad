#include "base/uuid.h"

#include <set>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class UuidTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UuidTest);
  CPPUNIT_TEST(hasTheFormOfVersionFour);
  CPPUNIT_TEST(everyFreeBitIsRandom);
  CPPUNIT_TEST(noTwoAreEqual);
  CPPUNIT_TEST_SUITE_END();

 public:
  void hasTheFormOfVersionFour() {
    for (int i = 0; i < 200; ++i) {
      const std::string uuid = makeUuid();
      CPPUNIT_ASSERT_EQUAL(std::size_t(36), uuid.size());
      for (std::size_t at = 0; at < uuid.size(); ++at) {
        const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
        const std::string allowed = dash       ? "-"
                                    : at == 14 ? "4"
                                    : at == 19 ? "89ab"
                                               : "0123456789abcdef";
        CPPUNIT_ASSERT_MESSAGE(uuid, allowed.find(uuid[at]) != std::string::npos);
      }
    }
  }

  // Of 1,000 a place that is the same in all would be by design.
  void everyFreeBitIsRandom() {
    std::set<char> seen[36];
    for (int i = 0; i < 1'000; ++i) {
      const std::string uuid = makeUuid();
      for (std::size_t at = 0; at < uuid.size(); ++at) seen[at].insert(uuid[at]);
    }
    for (std::size_t at = 0; at < 36; ++at) {
      const bool fixed = at == 8 || at == 13 || at == 14 || at == 18 || at == 23;
      CPPUNIT_ASSERT_EQUAL(std::size_t(fixed ? 1 : at == 19 ? 4 : 16), seen[at].size());
    }
  }

  void noTwoAreEqual() {
    std::set<std::string> all;
    for (int i = 0; i < 10'000; ++i) all.insert(makeUuid());
    CPPUNIT_ASSERT_EQUAL(std::size_t(10'000), all.size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UuidTest);

}  // namespace evmicro::detail
