#include <string>

#include <evmicro/version.h>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

class VersionTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(VersionTest);
  CPPUNIT_TEST(libraryAndHeadersAgree);
  CPPUNIT_TEST(numbersAndTextAgree);
  CPPUNIT_TEST(versionsCompareByTheirNumbers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void libraryAndHeadersAgree() {
    CPPUNIT_ASSERT_EQUAL(std::string(EVMICRO_VERSION), std::string(version()));
  }

  void numbersAndTextAgree() {
    CPPUNIT_ASSERT_EQUAL(std::string(EVMICRO_VERSION), std::to_string(EVMICRO_VERSION_MAJOR) + "." +
                                                           std::to_string(EVMICRO_VERSION_MINOR) +
                                                           "." +
                                                           std::to_string(EVMICRO_VERSION_PATCH));
  }

  void versionsCompareByTheirNumbers() {
    constexpr int major = EVMICRO_VERSION_MAJOR;
    constexpr int minor = EVMICRO_VERSION_MINOR;
    constexpr int patch = EVMICRO_VERSION_PATCH;
    CPPUNIT_ASSERT(EVMICRO_VERSION_AT_LEAST(major, minor, patch));
    CPPUNIT_ASSERT(!EVMICRO_VERSION_AT_LEAST(major, minor, patch + 1));
    CPPUNIT_ASSERT(!EVMICRO_VERSION_AT_LEAST(major, minor + 1, 0));
    CPPUNIT_ASSERT(!EVMICRO_VERSION_AT_LEAST(major + 1, 0, 0));
    CPPUNIT_ASSERT(minor == 0 || EVMICRO_VERSION_AT_LEAST(major, minor - 1, 999));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(VersionTest);

}  // namespace evmicro
