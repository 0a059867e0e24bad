#include "json/scanner.h"

#include <cstdint>
#include <map>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class JsonScannerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonScannerTest);
  CPPUNIT_TEST(aValueComesAsItIsWritten);
  CPPUNIT_TEST(wrongTextIsRefusedWithItsPlace);
  CPPUNIT_TEST(stepsThroughAnObject);
  CPPUNIT_TEST(stepsThroughAnArray);
  CPPUNIT_TEST(anObjectIsAskedForButThereIsNone);
  CPPUNIT_TEST(nestingIsBounded);
  CPPUNIT_TEST(everyTruncationIsRefused);
  CPPUNIT_TEST(whatFollowsAValueIsSeenOnlyWhenAskedFor);
  CPPUNIT_TEST(smallIntegersAreTakenAtOnce);
  CPPUNIT_TEST(compactingDropsBlanksAndEscapesHtml);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aValueComesAsItIsWritten() {
    for (const std::string text :
         {"{}", "[]", "null", "true", "false", "0", "-0", "-12", "1.5", "0.5e3", "1E+9", "1e-9",
          "18446744073709551616", "\"\"", "\"a\\\"b\\\\\"", "\"\\u00fc\\n\\/\"",
          "\"\x7f\xC3\xBC\xFF\"", "{\"a\":[1,{\"b\":null}],\"c\" : \"}\"}", "[ 1 , [ ] , { } ]"}) {
      const std::string padded = " \n\t\r" + text + " ";
      JsonScanner scanner(padded);
      CPPUNIT_ASSERT_EQUAL(text, std::string(scanner.value()));
      CPPUNIT_ASSERT(scanner.atEnd());
    }
  }

  void wrongTextIsRefusedWithItsPlace() {
    const struct {
      const char* text;
      const char* problem;
    } table[] = {
        {"", "the text ends early: expected a value at byte 0"},
        {"  ", "the text ends early: expected a value at byte 2"},
        {"tru", "the text ends early: expected true, false or null at byte 3"},
        {"nul!", "unexpected '!' at byte 3: expected true, false or null"},
        {"True", "unexpected 'T' at byte 0: expected a value"},
        {"+1", "unexpected '+' at byte 0: expected a value"},
        {".5", "unexpected '.' at byte 0: expected a value"},
        {"-", "the text ends early: expected a digit at byte 1"},
        {"-x", "unexpected 'x' at byte 1: expected a digit"},
        {"1.", "the text ends early: expected a digit at byte 2"},
        {"1e+", "the text ends early: expected a digit at byte 3"},
        {"[1.e5]", "unexpected 'e' at byte 3: expected a digit"},
        {"[01]", "unexpected '1' at byte 2: expected a comma or ]"},
        {"[1 2]", "unexpected '2' at byte 3: expected a comma or ]"},
        {"[1,]", "unexpected ']' at byte 3: expected a value"},
        {"[1}", "unexpected '}' at byte 2: expected a comma or ]"},
        {"{1:2}", "unexpected '1' at byte 1: expected a key in quotes"},
        {"{\"a\" 1}", "unexpected '1' at byte 5: expected a colon"},
        {"{\"a\":1,}", "unexpected '}' at byte 7: expected a key in quotes"},
        {"{\"a\":1]", "unexpected ']' at byte 6: expected a comma or }"},
        {"{\"a\":}", "unexpected '}' at byte 5: expected a value"},
        {"\"abc", "the text ends early: expected a closing quote at byte 4"},
        {"\"a\nb\"", "unexpected 0x0a at byte 2: expected no control characters in strings"},
        {"\"\\x\"", "unexpected 'x' at byte 2: expected an escape such as \\n or \\u0041"},
        {"\"\\", "the text ends early: expected an escape such as \\n or \\u0041 at byte 2"},
        {"\"\\u12g4\"", "unexpected 'g' at byte 5: expected four hexadecimal digits"},
        {"\xFF", "unexpected 0xff at byte 0: expected a value"},
    };
    for (const auto& row : table) {
      JsonScanner scanner(row.text);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.text, std::string(), std::string(scanner.value()));
      CPPUNIT_ASSERT_MESSAGE(row.text, !scanner.ok());
      CPPUNIT_ASSERT_EQUAL(std::string(row.problem), scanner.problem());
    }
  }

  void stepsThroughAnObject() {
    JsonScanner scanner(R"( { "a" : 1 , "b\n":[2 ,3], "":{} } rest)");
    std::string seen;
    scanner.object([&](std::string_view key) {
      seen.append(key).append("=").append(scanner.value()).append(";");
    });
    CPPUNIT_ASSERT(scanner.ok());
    CPPUNIT_ASSERT_EQUAL(std::string(R"("a"=1;"b\n"=[2 ,3];""={};)"), seen);
    CPPUNIT_ASSERT_EQUAL('r', scanner.peek());
  }

  void stepsThroughAnArray() {
    JsonScanner scanner(R"([ 1, "x", [] ,{"a":2}])");
    std::string seen;
    scanner.array([&] { seen.append(scanner.value()).append(";"); });
    CPPUNIT_ASSERT(scanner.atEnd());
    CPPUNIT_ASSERT_EQUAL(std::string(R"(1;"x";[];{"a":2};)"), seen);

    JsonScanner empty(" [ ] ");
    empty.array([&] { seen = "called"; });
    CPPUNIT_ASSERT(empty.atEnd());
    CPPUNIT_ASSERT(seen != "called");
  }

  void anObjectIsAskedForButThereIsNone() {
    bool called = false;
    JsonScanner scanner("[1]");
    scanner.object([&](std::string_view) { called = true; });
    CPPUNIT_ASSERT(!called);
    CPPUNIT_ASSERT_EQUAL(std::string("unexpected '[' at byte 0: expected an object"),
                         scanner.problem());
    JsonScanner other("{}");
    other.array([&] { called = true; });
    CPPUNIT_ASSERT(!called);
    CPPUNIT_ASSERT_EQUAL(std::string("unexpected '{' at byte 0: expected an array"),
                         other.problem());
  }

  void nestingIsBounded() {
    const auto nested = [](std::size_t depth) {
      return std::string(depth, '[') + std::string(depth, ']');
    };
    const std::string deep = nested(JsonScanner::kMaxDepth);
    JsonScanner accepts(deep);
    CPPUNIT_ASSERT_EQUAL(deep, std::string(accepts.value()));

    const std::string deeper = nested(JsonScanner::kMaxDepth + 1);
    JsonScanner refuses(deeper);
    CPPUNIT_ASSERT(refuses.value().empty());
    CPPUNIT_ASSERT_EQUAL(std::string("nested deeper than 256 levels at byte 257"),
                         refuses.problem());

    // What would end in the stack's overflow if the depth were counted too late.
    const std::string endless(1000000, '[');
    JsonScanner survives(endless);
    CPPUNIT_ASSERT(survives.value().empty());

    // Depth is not length: brackets that were closed do not count.
    std::string wide = "[";
    for (int i = 0; i < 1000; ++i) wide += "[[]],";
    wide += "{}]";
    JsonScanner wideScanner(wide);
    CPPUNIT_ASSERT_EQUAL(wide.size(), wideScanner.value().size());
  }

  void everyTruncationIsRefused() {
    const std::string text = R"({"a":[1.5e-3,true,"x\u00fc\n"],"b":{"c":null,"d":-7}})";
    for (std::size_t length = 0; length < text.size(); ++length) {
      const std::string cut = text.substr(0, length);
      JsonScanner scanner(cut);
      CPPUNIT_ASSERT_MESSAGE(cut, scanner.value().empty() && !scanner.ok());
      CPPUNIT_ASSERT_MESSAGE(scanner.problem(), scanner.problem().find("ends early") == 9);
    }
  }

  void whatFollowsAValueIsSeenOnlyWhenAskedFor() {
    JsonScanner scanner("{} garbage");
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), std::string(scanner.value()));
    CPPUNIT_ASSERT(scanner.ok());
    CPPUNIT_ASSERT(!scanner.atEnd());
    CPPUNIT_ASSERT_EQUAL(std::string("unexpected 'g' at byte 3: expected the end"),
                         scanner.problem());
  }

  // Anything else is left to value().
  void smallIntegersAreTakenAtOnce() {
    std::uint32_t number = 0;
    for (const auto& [text, expected] : std::map<std::string, std::uint32_t>{
             {"0,", 0}, {" 7]", 7}, {"10,", 10}, {"999999999,", 999'999'999}}) {
      JsonScanner scanner(text);
      CPPUNIT_ASSERT_MESSAGE(text, scanner.smallInteger(number));
      CPPUNIT_ASSERT_EQUAL(expected, number);
      CPPUNIT_ASSERT_EQUAL(text.back(), scanner.peek());
    }
    for (const std::string text : {"1000000000,", "00,", "01]", "1.5,", "1e3,", "1 ,", "1", "-1,",
                                   "\"1\",", "", "x", "null,"}) {
      JsonScanner scanner(text);
      CPPUNIT_ASSERT_MESSAGE(text, !scanner.smallInteger(number));
      CPPUNIT_ASSERT_EQUAL(text.empty() ? '\0' : text[0], scanner.peek());
      CPPUNIT_ASSERT(scanner.ok());
    }
    JsonScanner stopped("1,");
    stopped.stop();
    CPPUNIT_ASSERT(!stopped.smallInteger(number));
  }

  void compactingDropsBlanksAndEscapesHtml() {
    const struct {
      const char* text;
      const char* compact;
    } table[] = {
        {"{}", "{}"},
        {" { \"a b\" :\n[ 1 ,\t2 ] }\r\n", R"({"a b":[1,2]})"},
        {R"("a \" b")", R"("a \" b")"},
        {R"(" \\" )", R"(" \\")"},
        {R"("<&>")", R"("\u003c\u0026\u003e")"},
        {"\"\xE2\x80\xA8\xE2\x80\xA9\xE2\x82\xAC\xC3\xBC\"",
         "\"\\u2028\\u2029\xE2\x82\xAC\xC3\xBC\""},
        {"\"\xE2\x80\"", "\"\xE2\x80\""},
        {"18446744073709551616", "18446744073709551616"},
    };
    for (const auto& row : table) {
      std::string out;
      appendCompactJson(out, row.text);
      CPPUNIT_ASSERT_EQUAL(std::string(row.compact), out);
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(JsonScannerTest);

}  // namespace evmicro::detail
