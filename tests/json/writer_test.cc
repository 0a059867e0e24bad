#include "json/writer.h"

#include <limits>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class JsonWriterTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonWriterTest);
  CPPUNIT_TEST(writesEveryKindOfValue);
  CPPUNIT_TEST(indentsAsGoDoes);
  CPPUNIT_TEST(emptyBracketsStayTogether);
  CPPUNIT_TEST(escapesAsGoDoes);
  CPPUNIT_TEST(numbersKeepTheirRange);
  CPPUNIT_TEST(isEmptyAfterTake);
  CPPUNIT_TEST(writesBytesStringsAndCheckedJson);
  CPPUNIT_TEST_SUITE_END();

 public:
  void writesEveryKindOfValue() {
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            R"({"text":"x","number":-5,"yes":true,"list":[1,"two",null,{}],"last":{"a":false}})"),
        write(JsonWriter::Style::kCompact));
  }

  void indentsAsGoDoes() {
    CPPUNIT_ASSERT_EQUAL(std::string("{\n"
                                     "    \"text\": \"x\",\n"
                                     "    \"number\": -5,\n"
                                     "    \"yes\": true,\n"
                                     "    \"list\": [\n"
                                     "        1,\n"
                                     "        \"two\",\n"
                                     "        null,\n"
                                     "        {}\n"
                                     "    ],\n"
                                     "    \"last\": {\n"
                                     "        \"a\": false\n"
                                     "    }\n"
                                     "}\n"),
                         write(JsonWriter::Style::kPretty));
  }

  void emptyBracketsStayTogether() {
    JsonWriter out(JsonWriter::Style::kPretty);
    out.beginArray();
    out.endArray();
    CPPUNIT_ASSERT_EQUAL(std::string("[]\n"), out.take());
  }

  void escapesAsGoDoes() {
    JsonWriter out(JsonWriter::Style::kCompact);
    out.beginObject();
    out.member("a<b", "\"\\\n&\x01\xC3\xA9\xFF");
    out.endObject();
    CPPUNIT_ASSERT_EQUAL(
        std::string("{\"a\\u003cb\":\"\\\"\\\\\\n\\u0026\\u0001\xC3\xA9\\ufffd\"}"), out.take());
  }

  void numbersKeepTheirRange() {
    JsonWriter out(JsonWriter::Style::kCompact);
    out.beginArray();
    out.number(std::numeric_limits<std::int64_t>::min());
    out.number(std::numeric_limits<std::uint64_t>::max());
    out.endArray();
    CPPUNIT_ASSERT_EQUAL(std::string("[-9223372036854775808,18446744073709551615]"), out.take());
  }

  void isEmptyAfterTake() {
    JsonWriter out(JsonWriter::Style::kCompact);
    out.string("a");
    CPPUNIT_ASSERT_EQUAL(std::string("\"a\""), out.take());
    out.string("b");
    CPPUNIT_ASSERT_EQUAL(std::string("\"b\""), out.take());
  }

  void writesBytesStringsAndCheckedJson() {
    JsonWriter out(JsonWriter::Style::kCompact);
    out.beginArray();
    out.base64("\xFF\x01");
    out.checked("{ \"a\" : [1, \"<\"] }");
    out.strings({{"b", "2"}, {"a", "1"}});
    out.strings({});
    out.endArray();
    CPPUNIT_ASSERT_EQUAL(std::string(R"(["/wE=",{"a":[1,"\u003c"]},{"a":"1","b":"2"},{}])"),
                         out.take());
  }

 private:
  static std::string write(JsonWriter::Style style) {
    JsonWriter out(style);
    out.beginObject();
    out.member("text", "x");
    out.member("number", -5);
    out.member("yes", true);
    out.key("list");
    out.beginArray();
    out.number(std::int64_t{1});
    out.string("two");
    out.null();
    out.beginObject();
    out.endObject();
    out.endArray();
    out.key("last");
    out.beginObject();
    out.member("a", false);
    out.endObject();
    out.endObject();
    return out.take();
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(JsonWriterTest);

}  // namespace evmicro::detail
