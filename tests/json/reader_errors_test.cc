#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "codec/codec_support.h"
#include "json/reader.h"
#include "tests/codec/mapping.pb.h"
#include "tests/codec/mapping_proto2.pb.h"

namespace evmicro::detail {

using namespace test::mapping;

// What a caller is told about JSON that does not fit: the place, what was expected and what came.
class JsonReaderErrorsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonReaderErrorsTest);
  CPPUNIT_TEST(scalarsOfTheWrongType);
  CPPUNIT_TEST(integersOutOfRange);
  CPPUNIT_TEST(floatsOutOfRange);
  CPPUNIT_TEST(theSameInTextsWithGreatIntegers);
  CPPUNIT_TEST(placesInListsAndMessages);
  CPPUNIT_TEST(placesInMaps);
  CPPUNIT_TEST(placesInOneofs);
  CPPUNIT_TEST(theWholeValueIsOfTheWrongType);
  CPPUNIT_TEST(longValuesAreCutInTheMessage);
  CPPUNIT_TEST(brokenTextIsRefusedWithItsPlace);
  CPPUNIT_TEST(withoutARootThePathStartsAtTheMember);
  CPPUNIT_TEST(membersToNoEffectAreLimited);
  CPPUNIT_TEST(messagesAndStringsAreLimited);
  CPPUNIT_TEST_SUITE_END();

 public:
  void scalarsOfTheWrongType() {
    check<Scalars>({
        {R"({"i32":"x"})", R"(params[0].i32: expected an integer, got a string "x")"},
        {R"({"i32":""})", R"(params[0].i32: expected an integer, got a string "")"},
        {R"({"i32":" 1"})", R"(params[0].i32: expected an integer, got a string " 1")"},
        {R"({"i32":"1.5"})", R"(params[0].i32: expected an integer, got a string "1.5")"},
        {R"({"i32":1e-1})", "params[0].i32: expected an integer, got the number 1e-1"},
        {R"({"i32":"0x1"})", R"(params[0].i32: expected an integer, got a string "0x1")"},
        {R"({"i32":"+1"})", R"(params[0].i32: expected an integer, got a string "+1")"},
        {R"({"i32":1.5})", "params[0].i32: expected an integer, got the number 1.5"},
        {R"({"i64":true})", "params[0].i64: expected an integer, got true"},
        {R"({"u32":[]})", "params[0].u32: expected an integer, got an array"},
        {R"({"u64":{}})", "params[0].u64: expected an integer, got an object"},
        {R"({"d":"1.5 "})", R"(params[0].d: expected a number, got a string "1.5 ")"},
        {R"({"d":"nan"})", R"(params[0].d: expected a number, got a string "nan")"},
        {R"({"d":""})", R"(params[0].d: expected a number, got a string "")"},
        {R"({"f":false})", "params[0].f: expected a number, got false"},
        {R"({"flag":1})", "params[0].flag: expected true or false, got the number 1"},
        {R"({"flag":"true"})", R"(params[0].flag: expected true or false, got a string "true")"},
        {R"({"text":1})", "params[0].text: expected a string, got the number 1"},
        {R"({"text":{}})", "params[0].text: expected a string, got an object"},
        {R"({"data":[1]})", "params[0].data: expected a string of base64, got an array"},
        {R"({"data":"AQ="})", R"(params[0].data: expected base64, got a string "AQ=")"},
        {R"({"data":"A Q"})", R"(params[0].data: expected base64, got a string "A Q")"},
        {R"({"color":"GREEN"})",
         R"(params[0].color: expected a name or number of the enum Color, got a string "GREEN")"},
        {R"({"color":1.5})",
         "params[0].color: expected a name or number of the enum Color, got the number 1.5"},
        {R"({"color":[]})",
         "params[0].color: expected a name or number of the enum Color, got an array"},
        {R"({"inner":"x"})", R"(params[0].inner: expected an object, got a string "x")"},
        {R"({"inner":[]})", "params[0].inner: expected an object, got an array"},
    });
  }

  void integersOutOfRange() {
    check<Scalars>({
        {R"({"i32":2147483648})",
         "params[0].i32: the number 2147483648 is out of the range of int32"},
        {R"({"i32":-2147483649})",
         "params[0].i32: the number -2147483649 is out of the range of int32"},
        {R"({"s32":"2147483648"})",
         R"(params[0].s32: a string "2147483648" is out of the range of int32)"},
        {R"({"u32":-1})", "params[0].u32: the number -1 is out of the range of uint32"},
        {R"({"u32":4294967296})",
         "params[0].u32: the number 4294967296 is out of the range of uint32"},
        {R"({"u64":-1})", "params[0].u64: the number -1 is out of the range of uint64"},
        {R"({"u64":"-1"})", R"(params[0].u64: a string "-1" is out of the range of uint64)"},
        {R"({"color":2147483648})",
         "params[0].color: the number 2147483648 is out of the range of enum"},
    });
  }

  void floatsOutOfRange() {
    check<Scalars>({
        {R"({"f":1e39})", "params[0].f: the number 1e39 is out of the range of float"},
        {R"({"f":-3.4028236e38})",
         "params[0].f: the number -3.4028236e38 is out of the range of float"},
        {R"({"d":1e400})", "params[0].d: the number 1e400 is out of the range of double"},
        {R"({"f":-1e400})", "params[0].f: the number -1e400 is out of the range of float"},
    });
  }

  void theSameInTextsWithGreatIntegers() {
    check<Scalars>({
        {R"({"i64":9223372036854775808})",
         "params[0].i64: the number 9223372036854775808 is out of the range of int64"},
        {R"({"i64":-9223372036854775809})",
         "params[0].i64: the number -9223372036854775809 is out of the range of int64"},
        {R"({"u64":18446744073709551616})",
         "params[0].u64: the number 18446744073709551616 is out of the range of uint64"},
        {R"({"i32":9223372036854775808})",
         "params[0].i32: the number 9223372036854775808 is out of the range of int32"},
        {R"({"text":9223372036854775808})",
         "params[0].text: expected a string, got the number 9223372036854775808"},
        {R"({"u64":9223372036854775808,"i32":1.5})",
         "params[0].i32: expected an integer, got the number 1.5"},
        {R"({"u64":9223372036854775808,"i32":"n5"})",
         R"(params[0].i32: expected an integer, got a string "n5")"},
        {R"({"u64":9223372036854775808,"inner":{"count":[]}})",
         "params[0].inner.count: expected an integer, got an array"},
        {R"({"u64":9223372036854775808,"data":1})",
         "params[0].data: expected a string of base64, got the number 1"},
    });
  }

  void placesInListsAndMessages() {
    check<Lists>({
        {R"({"items":[{},{},{},{"count":"x"}]})",
         R"(params[0].items[3].count: expected an integer, got a string "x")"},
        {R"({"items":[{"next":{"next":{"label":1}}}]})",
         "params[0].items[0].next.next.label: expected a string, got the number 1"},
        {R"({"items":[1]})", "params[0].items[0]: expected an object, got the number 1"},
        {R"({"i32":[1,"2",3.5]})", "params[0].i32[2]: expected an integer, got the number 3.5"},
        {R"({"i32":5})", "params[0].i32: expected an array, got the number 5"},
        {R"({"text":"abc"})", R"(params[0].text: expected an array, got a string "abc")"},
        {R"({"text":[[]]})", "params[0].text[0]: expected a string, got an array"},
        {R"({"ITEMS":{}})", "params[0].ITEMS: expected an array, got an object"},
    });
  }

  void placesInMaps() {
    check<Maps>({
        {R"({"labels":[]})", "params[0].labels: expected an object, got an array"},
        {R"({"labels":{"a\"b":1}})",
         R"(params[0].labels["a\"b"]: expected a string, got the number 1)"},
        {R"({"by_number":{"1":{"label":2}}})",
         R"(params[0].by_number["1"].label: expected a string, got the number 2)"},
        {R"({"byNumber":{"x":{}}})", R"(params[0].byNumber["x"]: the key is not a valid int32)"},
        {R"({"by_number":{"2147483648":{}}})",
         R"(params[0].by_number["2147483648"]: the key is not a valid int32)"},
        {R"({"weights":{"-1":1}})", R"(params[0].weights["-1"]: the key is not a valid uint64)"},
        {R"({"sums":{"":1}})", R"(params[0].sums[""]: the key is not a valid int64)"},
        {R"({"flags":{"1.5":true}})", R"(params[0].flags["1.5"]: the key is not a valid uint32)"},
        {R"({"colors":{"yes":1}})", R"(params[0].colors["yes"]: the key must be true or false)"},
    });
  }

  void placesInOneofs() {
    check<Choice>({
        {R"({"number":"x"})", R"(params[0].number: expected an integer, got a string "x")"},
        {R"({"TheKind":{"Number":[]}})",
         "params[0].TheKind.Number: expected an integer, got an array"},
    });
  }

  void theWholeValueIsOfTheWrongType() {
    check<Inner>({
        {"[]", "params[0]: expected an object, got an array"},
        {"5", "params[0]: expected an object, got the number 5"},
        {"\"x\"", "params[0]: expected an object, got a string \"x\""},
        {"true", "params[0]: expected an object, got true"},
        {"18446744073709551616",
         "params[0]: expected an object, got the number 18446744073709551616"},
    });
  }

  void longValuesAreCutInTheMessage() {
    const std::string euros = "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC";
    const std::string text = "a" + euros + euros + euros;  // 46 bytes, a character over the 40th
    CPPUNIT_ASSERT_EQUAL("params[0].i32: expected an integer, got a string \"a" + euros + euros +
                             "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\"...",
                         error<Scalars>("{\"i32\":\"" + text + "\"}"));
    CPPUNIT_ASSERT_EQUAL(
        "params[0].u64: the number " + std::string(40, '9') + "... is out of the range of uint64",
        error<Scalars>("{\"u64\":" + std::string(5000, '9') + "}"));
    CPPUNIT_ASSERT(error<Maps>("{\"by_number\":{\"" + std::string(5000, 'k') + "\":{}}}").size() <
                   200);
  }

  void brokenTextIsRefusedWithItsPlace() {
    check<Lists>({
        {"{\"i32\":[1,", "params[0]: the text ends early: expected a value at byte 10"},
        {"{\"items\":[{\"x\" 1}]}", "params[0]: unexpected '1' at byte 15: expected a colon"},
        {"{\"text\":[tru]}", "params[0]: unexpected ']' at byte 12: expected true, false or null"},
        {"{\"i32\":[1,true]}", "params[0].i32[1]: expected an integer, got true"},
        {"{\"i32\":[2147483648]}",
         "params[0].i32[0]: the number 2147483648 is out of the range of int32"},
        {"{\"flag\":[1]}", "params[0].flag[0]: expected true or false, got the number 1"},
        {"{\"text\":[\"\",1]}", "params[0].text[1]: expected a string, got the number 1"},
        {"{\"color\":[0,\"GREEN\"]}",
         "params[0].color[1]: expected a name or number of the enum Color, got a string "
         "\"GREEN\""},
        {"{\"i32\":[01]}", "params[0]: unexpected '1' at byte 9: expected a comma or ]"},
        {"{1:2}", "params[0]: unexpected '1' at byte 1: expected a key in quotes"},
        {"{\"x\":\"", "params[0]: the text ends early: expected a closing quote at byte 6"},
    });
  }

  void withoutARootThePathStartsAtTheMember() {
    Lists lists;
    CPPUNIT_ASSERT_EQUAL(std::string("items[0].count: expected an integer, got true"),
                         test::errorOf(readJson(R"({"items":[{"count":true}]})", "", lists)));
    CPPUNIT_ASSERT_EQUAL(std::string("expected an object, got an array"),
                         test::errorOf(readJson("[]", "", lists)));
  }

  // The first unknown member of an object is free, like the first value of a field.
  void membersToNoEffectAreLimited() {
    const std::string problem =
        "params[0]: there are more than 262144 members that are unknown, or repeated in vain";
    for (const char* const member : {"\"a\":0", "\"count\":1"}) {
      Inner message;
      const std::string most = objectOf(262'145, member);
      CPPUNIT_ASSERT_MESSAGE(member, readJson(most, "params[0]", message).ok());
      CPPUNIT_ASSERT_EQUAL(problem, error<Inner>(objectOf(262'146, member)));
    }
    Lists lists;
    CPPUNIT_ASSERT(readJson(listOf("items", 300'000, R"({"a":0})"), "", lists).ok());
  }

  void messagesAndStringsAreLimited() {
    Lists lists;
    CPPUNIT_ASSERT(readJson(listOf("items", 419'429, "{}"), "params[0]", lists).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("params[0].items[419429]: there are too many messages and "
                                     "strings for the size of the text"),
                         error<Lists>(listOf("items", 419'430, "{}")));
    CPPUNIT_ASSERT(readJson(listOf("i32", 1'000'000, "1"), "params[0]", lists).ok());
  }

 private:
  static std::string objectOf(std::size_t count, const std::string& member) {
    std::string json = "{" + member;
    for (std::size_t i = 1; i < count; ++i) json.append(",").append(member);
    return json + "}";
  }
  static std::string listOf(const std::string& field, std::size_t count, const std::string& value) {
    std::string json = "{\"" + field + "\":[" + value;
    for (std::size_t i = 1; i < count; ++i) json.append(",").append(value);
    return json + "]}";
  }

  struct Row {
    const char* json;
    const char* problem;
  };

  template <typename Message>
  static std::string error(const std::string& json) {
    Message message;
    const Status status = readJson(json, "params[0]", message);
    CPPUNIT_ASSERT_MESSAGE(json, !status.ok());
    CPPUNIT_ASSERT_EQUAL(400, status.code());
    return status.detail();
  }

  template <typename Message>
  static void check(const std::vector<Row>& table) {
    for (const Row& row : table) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.problem), error<Message>(row.json));
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(JsonReaderErrorsTest);

}  // namespace evmicro::detail
