#include "json/base64.h"

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class Base64Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Base64Test);
  CPPUNIT_TEST(knownValuesGoBothWays);
  CPPUNIT_TEST(everyLengthAndByteGoesBothWays);
  CPPUNIT_TEST(appendsToWhatIsThere);
  CPPUNIT_TEST(lineBreaksAreSkipped);
  CPPUNIT_TEST(anythingElseIsRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void knownValuesGoBothWays() {
    check("", "");
    check("f", "Zg==");
    check("fo", "Zm8=");
    check("foo", "Zm9v");
    check("foob", "Zm9vYg==");
    check("\n\006John 0", "CgZKb2huIDA=");
    check("\xFB\xFF\xFE", "+//+");
  }

  void everyLengthAndByteGoesBothWays() {
    std::string bytes;
    for (int i = 0; i < 600; ++i) {
      std::string text, back;
      appendBase64(text, bytes);
      CPPUNIT_ASSERT_EQUAL((bytes.size() + 2) / 3 * 4, text.size());
      CPPUNIT_ASSERT(decodeBase64(text, back));
      CPPUNIT_ASSERT(bytes == back);
      bytes += static_cast<char>(i * 7);
    }
  }

  void appendsToWhatIsThere() {
    std::string out = "\"";
    appendBase64(out, "foo");
    CPPUNIT_ASSERT_EQUAL(std::string("\"Zm9v"), out);
  }

  void lineBreaksAreSkipped() {
    std::string out;
    CPPUNIT_ASSERT(decodeBase64("Zm9v\r\nYg\n==\n", out));
    CPPUNIT_ASSERT_EQUAL(std::string("foob"), out);
  }

  void anythingElseIsRefused() {
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zm9", "Zm9v=", "====", "=",
                             "Zg==Zg==", "Z g=", "-_-_", "Zm9v!", "Zm\xC3\xBC=", "Zg=a", " Zm9v"}) {
      std::string out;
      CPPUNIT_ASSERT_MESSAGE(text, !decodeBase64(text, out));
    }
    std::string out;
    for (const char* text : {"A", "A=", "A==", "A===", "QUJDR", "QUJDR==="}) {  // six bits too few
      for (const Base64 form : {Base64::kStandard, Base64::kAnyForm}) {
        CPPUNIT_ASSERT_MESSAGE(text, !decodeBase64(text, out, form));
      }
    }
  }

 private:
  static void check(const std::string& bytes, const std::string& text) {
    std::string written, read = "rubbish";
    appendBase64(written, bytes);
    CPPUNIT_ASSERT_EQUAL(text, written);
    CPPUNIT_ASSERT(decodeBase64(text, read));
    CPPUNIT_ASSERT_EQUAL(bytes, read);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(Base64Test);

}  // namespace evmicro::detail
