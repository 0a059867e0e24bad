#include "base/sha1.h"

#include <string>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class Sha1Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Sha1Test);
  CPPUNIT_TEST(agreesWithTheStandard);
  CPPUNIT_TEST(padsEveryLength);
  CPPUNIT_TEST_SUITE_END();

 public:
  // FIPS 180, and the strings of RFC 3174.
  void agreesWithTheStandard() {
    expect("da39a3ee5e6b4b0d3255bfef95601890afd80709", "");
    expect("a9993e364706816aba3e25717850c26c9cd0d89d", "abc");
    expect("84983e441c3bd26ebaae4aa1f95129e5e54670f1",
           "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
    expect("34aa973cd4c4daa4f61eeb2bdbad27316534016f", std::string(1'000'000, 'a'));
  }

  // The lengths around the end of a block, as sha1sum prints them.
  void padsEveryLength() {
    expect("c1c8bbdc22796e28c0e15163d20899b65621d65a", std::string(55, 'a'));
    expect("c2db330f6083854c99d4b5bfb6e8f29f201be699", std::string(56, 'a'));
    expect("03f09f5b158a7a8cdad920bddc29b81c18a551f5", std::string(63, 'a'));
    expect("0098ba824b5c16427bd7a1122a5a442a25ec644d", std::string(64, 'a'));
    expect("11655326c708d70319be2610e8a57d9a5b959d3b", std::string(65, 'a'));
  }

 private:
  static void expect(const std::string& hex, const std::string& input) {
    std::string found;
    for (const unsigned char byte : sha1(input)) {
      constexpr char kDigits[] = "0123456789abcdef";
      found += kDigits[byte >> 4];
      found += kDigits[byte & 15];
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE(input.substr(0, 70), hex, found);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sha1Test);

}  // namespace evmicro::detail
