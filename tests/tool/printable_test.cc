#include "tool/printable.h"

#include <cppunit/extensions/HelperMacros.h>

#include "base/printable.h"

namespace evmicro {

using tool::indentJson;
using tool::printable;

class PrintableTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PrintableTest);
  CPPUNIT_TEST(ordinaryTextStaysAsItIs);
  CPPUNIT_TEST(controlCharactersAreEscaped);
  CPPUNIT_TEST(marksOfDirectionAndLineSeparatorsAreEscaped);
  CPPUNIT_TEST(bytesThatAreNoUtf8AreEscaped);
  CPPUNIT_TEST(whatIsTooLongIsCut);
  CPPUNIT_TEST(jsonIsIndentedByTabs);
  CPPUNIT_TEST(emptyObjectsAndArraysStayTogether);
  CPPUNIT_TEST(blanksAndOrderOfTheTextDoNotMatter);
  CPPUNIT_TEST(numbersKeepTheirText);
  CPPUNIT_TEST(stringsAreNotTakenApart);
  CPPUNIT_TEST(stringsInJsonAreSafeToShow);
  CPPUNIT_TEST(flatJsonIsOneSafeLine);
  CPPUNIT_TEST_SUITE_END();

 public:
  void ordinaryTextStaysAsItIs() {
    for (const std::string text : {"", "greeter-1", "a b", "C:\\dir", "Gr\xC3\xBC\xC3\x9F dich",
                                   "\xE2\x82\xAC", "\xF0\x9F\x91\x8D", "~"}) {
      CPPUNIT_ASSERT_EQUAL(text, printable(text));
    }
  }

  void controlCharactersAreEscaped() {
    CPPUNIT_ASSERT_EQUAL(std::string("a\\nb\\rc\\td"), printable("a\nb\rc\td"));
    CPPUNIT_ASSERT_EQUAL(std::string("\\x1b[31mred"), printable("\x1B[31mred"));
    CPPUNIT_ASSERT_EQUAL(std::string("\\x00\\x7f"), printable(std::string("\0\x7F", 2)));
    CPPUNIT_ASSERT_EQUAL(std::string("\\u009b2J"), printable("\xC2\x9B"
                                                             "2J"));
    CPPUNIT_ASSERT_EQUAL(std::string("\\u0080"), printable("\xC2\x80"));
  }

  void marksOfDirectionAndLineSeparatorsAreEscaped() {
    CPPUNIT_ASSERT_EQUAL(std::string("a\\u202eb"), printable("a\xE2\x80\xAE"
                                                             "b"));
    CPPUNIT_ASSERT_EQUAL(std::string("\\u2028\\u2066\\u200f"),
                         printable("\xE2\x80\xA8\xE2\x81\xA6\xE2\x80\x8F"));
  }

  void bytesThatAreNoUtf8AreEscaped() {
    CPPUNIT_ASSERT_EQUAL(std::string("\\xff"), printable("\xFF"));
    CPPUNIT_ASSERT_EQUAL(std::string("\\xc3("), printable("\xC3("));
    CPPUNIT_ASSERT_EQUAL(std::string("\\xe2\\x82"), printable("\xE2\x82"));
    CPPUNIT_ASSERT_EQUAL(std::string("\\xc0\\x80"), printable("\xC0\x80"));
  }

  void whatIsTooLongIsCut() {
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), detail::printable("abc", 3));
    CPPUNIT_ASSERT_EQUAL(std::string("abc..."), detail::printable("abcd", 3));
    CPPUNIT_ASSERT_EQUAL(std::string("ab\\n..."), detail::printable("ab\nd", 3));
  }

  void jsonIsIndentedByTabs() {
    CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"a\": 1,\n\t\"b\": [\n\t\ttrue,\n\t\tnull\n\t],\n"
                                     "\t\"c\": {\n\t\t\"d\": \"e\"\n\t}\n}"),
                         indentJson(R"({"a":1,"b":[true,null],"c":{"d":"e"}})"));
  }

  void emptyObjectsAndArraysStayTogether() {
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), indentJson("{ }"));
    CPPUNIT_ASSERT_EQUAL(std::string("[\n\t[],\n\t{}\n]"), indentJson("[[],{}]"));
  }

  void blanksAndOrderOfTheTextDoNotMatter() {
    CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"z\": 1,\n\t\"a\": 2,\n\t\"z\": 3\n}"),
                         indentJson(" {\"z\" :\t1 ,\r\n\"a\":2,\"z\":3} "));
  }

  void numbersKeepTheirText() {
    for (const std::string number : {"18446744073709551615", "1e400", "-0", "1.50", "-9E+09"}) {
      CPPUNIT_ASSERT_EQUAL(number, indentJson(number));
    }
  }

  void stringsAreNotTakenApart() {
    for (const std::string text :
         {R"("a { b")", R"("\" , \\")", R"("\\")", R"("tab \t \u001b")", "\"\""}) {
      CPPUNIT_ASSERT_EQUAL(text, indentJson(text));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("[\n\t\"\\\\\",\n\t\"]\"\n]"), indentJson(R"(["\\","]"])"));
  }

  void flatJsonIsOneSafeLine() {
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a b":[1e9,"\"\u009b "],"c":{}})"),
                         tool::flatJson("{\n\t\"a b\": [1e9, \"\\\"\xC2\x9B \"],\n\t\"c\": {}\n}"));
  }

  void stringsInJsonAreSafeToShow() {
    CPPUNIT_ASSERT_EQUAL(std::string(R"("\u007f\u009b\u202e\ufffd)") + "\xC3\xBC\"",
                         indentJson("\"\x7F\xC2\x9B\xE2\x80\xAE\xFF\xC3\xBC\""));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PrintableTest);

}  // namespace evmicro
