#include "json/text.h"

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

// The expectations are what Go's json.Marshal prints for the same bytes.
class JsonTextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonTextTest);
  CPPUNIT_TEST(plainTextIsKept);
  CPPUNIT_TEST(quotesAndControlCharactersAreEscaped);
  CPPUNIT_TEST(htmlCharactersAreEscaped);
  CPPUNIT_TEST(validUtf8IsKept);
  CPPUNIT_TEST(lineSeparatorsAreEscaped);
  CPPUNIT_TEST(eachByteOfInvalidUtf8IsReplaced);
  CPPUNIT_TEST(escapesAreDecodedAtTheirLimits);
  CPPUNIT_TEST(quotesForErrorsAreCutBetweenCharacters);
  CPPUNIT_TEST_SUITE_END();

 public:
  void plainTextIsKept() {
    check("", "\"\"");
    check("Hello John", "\"Hello John\"");
    check("a/b'c\x7f", "\"a/b'c\x7f\"");
  }

  void quotesAndControlCharactersAreEscaped() {
    check("\"\\\n\r\t", R"("\"\\\n\r\t")");
    check(std::string("\0\b\f\x1f", 4), R"("\u0000\u0008\u000c\u001f")");
  }

  void htmlCharactersAreEscaped() { check("<a&b>", R"("\u003ca\u0026b\u003e")"); }

  void validUtf8IsKept() {
    check("\xC3\xBC", "\"\xC3\xBC\"");
    check("\xE2\x82\xAC!", "\"\xE2\x82\xAC!\"");
    check("\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\"");
    check("\xEF\xBF\xBD", "\"\xEF\xBF\xBD\"");
    check("\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\"");
  }

  void lineSeparatorsAreEscaped() {
    check("\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA", "\"\\u2028\\u2029\xE2\x80\xAA\"");
  }

  void eachByteOfInvalidUtf8IsReplaced() {
    const std::string one = R"(\ufffd)";
    check("a\xFFz", "\"a" + one + "z\"");
    check("\x80", '"' + one + '"');
    check("\xC3", '"' + one + '"');                                // cut short
    check("\xE2\x82", '"' + one + one + '"');                      // cut short
    check("\xC0\xAF", '"' + one + one + '"');                      // overlong
    check("\xE0\x80\xAF", '"' + one + one + one + '"');            // overlong
    check("\xED\xA0\x80", '"' + one + one + one + '"');            // a surrogate
    check("\xF4\x90\x80\x80", '"' + one + one + one + one + '"');  // above U+10FFFF
    check("\xF5\x80\x80\x80", '"' + one + one + one + one + '"');
    check("\xE2\x28\xA1", '"' + one + "(" + one + '"');
  }

  // Where the length in UTF-8 changes, and around the surrogates.
  void escapesAreDecodedAtTheirLimits() {
    const std::string bad = "\xEF\xBF\xBD";
    decodes(R"(\u007f)", "\x7F");
    decodes(R"(\u0080)", "\xC2\x80");
    decodes(R"(\u07ff)", "\xDF\xBF");
    decodes(R"(\u0800)", "\xE0\xA0\x80");
    decodes(R"(\ud7ff)", "\xED\x9F\xBF");
    decodes(R"(\ue000)", "\xEE\x80\x80");
    decodes(R"(\uffff)", "\xEF\xBF\xBF");
    decodes(R"(\ud800\udc00)", "\xF0\x90\x80\x80");
    decodes(R"(\udbff\udfff)", "\xF4\x8F\xBF\xBF");
    decodes(R"(\ud800\udbff)", bad + bad);
    decodes(R"(\ud800\ue000)", bad + "\xEE\x80\x80");
    decodes(R"(\udc00\udc00)", bad + bad);
  }

  void quotesForErrorsAreCutBetweenCharacters() {
    const std::string forty(40, 'a');
    CPPUNIT_ASSERT_EQUAL('"' + forty + '"', quoteForError(forty));
    CPPUNIT_ASSERT_EQUAL('"' + forty + "\"...", quoteForError(forty + 'b'));
    const std::string euro = "\xE2\x82\xAC";
    CPPUNIT_ASSERT_EQUAL('"' + forty.substr(3) + euro + "\"...",
                         quoteForError(forty.substr(3) + euro + 'b'));
    for (const std::size_t before : {38U, 39U}) {
      const std::string front = forty.substr(0, before);
      CPPUNIT_ASSERT_EQUAL('"' + front + "\"...", quoteForError(front + euro));
    }
  }

 private:
  static void decodes(const std::string& text, const std::string& expected) {
    std::string scratch;
    CPPUNIT_ASSERT_EQUAL(expected, std::string(decodeJsonString('"' + text + '"', scratch)));
  }
  static void check(const std::string& text, const std::string& expected) {
    std::string out = "before";
    appendJsonString(out, text);
    CPPUNIT_ASSERT_EQUAL("before" + expected, out);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(JsonTextTest);

}  // namespace evmicro::detail
