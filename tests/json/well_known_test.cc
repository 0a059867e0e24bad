#include <string>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "codec/codec_support.h"
#include "json/message_writer.h"
#include "json/reader.h"
#include "json/time_text.h"
#include "tests/json/well_known.pb.h"

namespace evmicro::detail {

using test::known::Known;

// Both ways to write google.protobuf's own messages: what JSON stands for each of them, and what
// Go's encoding/json makes of it, which is what is written.
class JsonWellKnownTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonWellKnownTest);
  CPPUNIT_TEST(timesAreRead);
  CPPUNIT_TEST(durationsAreRead);
  CPPUNIT_TEST(structsAreRead);
  CPPUNIT_TEST(whatLooksLikeGosFormButIsNotIsAStruct);
  CPPUNIT_TEST(valuesAndListsAreRead);
  CPPUNIT_TEST(wrappersAreRead);
  CPPUNIT_TEST(fieldMasksAreRead);
  CPPUNIT_TEST(anysAreRead);
  CPPUNIT_TEST(whatIsWrittenIsReadBack);
  CPPUNIT_TEST(whatDoesNotFitIsRefused);
  CPPUNIT_TEST(unknownMembersAreRefused);
  CPPUNIT_TEST(nestingIsBounded);
  CPPUNIT_TEST(limitsOfTimesAndDurations);
  CPPUNIT_TEST_SUITE_END();

 public:
  void timesAreRead() {
    same(R"({"ts":"2016-04-01T12:00:00Z"})", R"({"ts":{"seconds":1459512000}})");
    same(R"({"ts":"2016-04-01T14:00:00.5+02:00"})",
         R"({"ts":{"seconds":1459512000,"nanos":500000000}})");
    same(R"({"ts":"1969-12-31T23:59:59.999999999Z"})",
         R"({"ts":{"seconds":-1,"nanos":999999999}})");
    same(R"({"ts":"1970-01-01T00:00:00Z"})", R"({"ts":{}})");
    same(R"({"ts":null})", "{}");
    same(R"({"times":{"a":"2000-02-29T00:00:00Z"}})", R"({"times":{"a":{"seconds":951782400}}})");
  }

  void durationsAreRead() {
    same(R"({"dur":"1.5s"})", R"({"dur":{"seconds":1,"nanos":500000000}})");
    same(R"({"dur":"-0.000000001s"})", R"({"dur":{"nanos":-1}})");
    same(R"({"dur":"0s"})", R"({"dur":{}})");
  }

  void structsAreRead() {
    same(R"({"st":{"colour":"red","size":3}})",
         R"({"st":{"fields":{"colour":{"string_value":"red"},"size":{"number_value":3}}}})");
    same(R"({"st":{"colour":"red"}})",
         R"({"st":{"fields":{"colour":{"Kind":{"StringValue":"red"}}}}})");
    same(R"({"st":{"a":{"b":[true,null]}}})",
         R"({"st":{"fields":{"a":{"Kind":{"StructValue":{"fields":{"b":{"Kind":{"ListValue":)"
         R"({"values":[{"Kind":{"BoolValue":true}},{"Kind":{"NullValue":0}}]}}}}}}}}}})");
    CPPUNIT_ASSERT(read(R"({"st":{}})").has_st());
  }

  void whatLooksLikeGosFormButIsNotIsAStruct() {
    const auto field = [](const std::string& json, const std::string& key) {
      return read(json).st().fields().count(key);
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, field(R"({"st":{"fields":"wheat"}})", "fields"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, field(R"({"st":{"fields":{"a":1}}})", "fields"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, field(R"({"st":{"fields":{}}})", "fields"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         field(R"({"st":{"fields":{"pet":{"kind":"dog"}}}})", "fields"));
    CPPUNIT_ASSERT_EQUAL(std::string("dog"), read(R"({"st":{"pet":{"Kind":"dog"}}})")
                                                 .st()
                                                 .fields()
                                                 .at("pet")
                                                 .struct_value()
                                                 .fields()
                                                 .at("Kind")
                                                 .string_value());
    // Two members, or a value of another type.
    for (const char* json :
         {R"({"value":{"string_value":"x","b":1}})", R"({"value":{"number_value":"x","b":1}})",
          R"({"value":{"bool_value":1}})", R"({"value":{"stringValue":"x"}})"}) {
      CPPUNIT_ASSERT_MESSAGE(json, read(json).value().has_struct_value());
    }
  }

  void valuesAndListsAreRead() {
    same(R"({"value":5})", R"({"value":{"number_value":5}})");
    same(R"({"value":"x"})", R"({"value":{"Kind":{"StringValue":"x"}}})");
    same(R"({"value":null})", R"({"value":{"null_value":0}})");
    same(R"({"value":[1]})", R"({"value":{"list_value":{"values":[{"number_value":1}]}}})");
    same(R"({"value":{"a":false}})",
         R"({"value":{"struct_value":{"fields":{"a":{"bool_value":false}}}}})");
    same(R"({"list":[1,"a",null,[]]})",
         R"({"list":{"values":[{"number_value":1},{"string_value":"a"},{"null_value":0},)"
         R"({"list_value":{}}]}})");
    CPPUNIT_ASSERT(read(R"({"value":{}})").value().has_struct_value());
  }

  void wrappersAreRead() {
    same(R"({"number":5})", R"({"number":{"value":5}})");
    same(R"({"number":"-9223372036854775808"})", R"({"number":{"value":-9223372036854775808}})");
    same(R"({"number":0})", R"({"number":{}})");
    same(R"({"text":"x","data":"-_8","real":1.5,"flag":true})",
         R"({"text":{"value":"x"},"data":{"value":"+/8="},"real":{"value":1.5},)"
         R"("flag":{"value":true}})");
    same(R"({"numbers":[1,2]})", R"({"numbers":[{"value":1},{"value":2}]})");
    same(R"({"number":null})", "{}");
  }

  void fieldMasksAreRead() {
    same(R"({"mask":"user.displayName,photo"})",
         R"({"mask":{"paths":["user.display_name","photo"]}})");
    same(R"({"mask":""})", R"({"mask":{}})");
  }

  void anysAreRead() {
    const Known direct = read(
        R"({"any":{"number":5,"@type":"type.googleapis.com/evmicro.test.known.Known","x":1}})");
    Known inner;
    CPPUNIT_ASSERT(direct.any().UnpackTo(&inner));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, inner.number().value());
    google::protobuf::Duration duration;
    CPPUNIT_ASSERT(
        read(R"({"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"2s"}})")
            .any()
            .UnpackTo(&duration));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, duration.seconds());
    const Known go = read(R"({"any":{"type_url":"a/b.C","value":"YWJj"}})");
    CPPUNIT_ASSERT_EQUAL(std::string("a/b.C"), go.any().type_url());
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), go.any().value());
    CPPUNIT_ASSERT(read(R"({"any":{}})").has_any());
  }

  void whatIsWrittenIsReadBack() {
    const Known m =
        read(R"({"ts":"2016-04-01T12:00:00Z","dur":"-1.5s","st":{"a":[1,{"b":null}],"fields":"x"},)"
             R"("value":{"x":"y"},"list":[[],"z"],"mask":"a,b","number":1,"numbers":[1],)"
             R"("any":{"@type":"type.googleapis.com/google.protobuf.Struct","value":{"a":"b"}}})");
    std::string written;
    CPPUNIT_ASSERT(writeJson(m, written).ok());
    CPPUNIT_ASSERT_EQUAL(m.ShortDebugString(), read(written).ShortDebugString());
  }

  void whatDoesNotFitIsRefused() {
    const std::pair<const char*, const char*> table[] = {
        {R"({"ts":"yesterday"})",
         R"(ts: expected a time such as "2006-01-02T15:04:05Z", got a string "yesterday")"},
        {R"({"ts":5})", R"(ts: expected a time such as "2006-01-02T15:04:05Z", got the number 5)"},
        {R"({"dur":"1.5"})",
         R"(dur: expected a duration in seconds such as "1.5s", got a string "1.5")"},
        {R"({"st":[1]})", "st: expected an object, got an array"},
        {R"({"st":"x"})", R"(st: expected an object, got a string "x")"},
        {R"({"list":1})", "list: expected an array, got the number 1"},
        {R"({"number":true})", "number: expected an integer, got true"},
        {R"({"mask":1})", "mask: expected a string of comma-separated paths, got the number 1"},
        {R"({"any":"x"})", R"(any: expected an object, got a string "x")"},
        {R"({"any":{"@type":"a/no.Such"}})", R"(any.@type: unknown message type "no.Such")"},
        {R"({"any":{"@type":""}})", R"(any.@type: unknown message type "")"},
        {R"({"any":{"@type":"x/google.protobuf.Duration","value":1}})",
         R"(any.value: expected a duration in seconds such as "1.5s", got the number 1)"},
        {R"({"st":{"a":[{"b":1e999}]}})",
         R"(st["a"][0]["b"]: the number 1e999 is out of the range of double)"},
    };
    for (const auto& [json, problem] : table) {
      CPPUNIT_ASSERT_EQUAL(std::string(problem), problemOf(json));
    }
  }

  void unknownMembersAreRefused() {
    const std::pair<const char*, const char*> table[] = {
        {R"({"ts":{"seconds":1,"millis":2}})", "ts.millis: unknown in google.protobuf.Timestamp"},
        {R"({"dur":{"secs":1}})", "dur.secs: unknown in google.protobuf.Duration"},
        {R"({"number":{"Value":1,"x":2}})", "number.x: unknown in google.protobuf.Int64Value"},
        {R"({"mask":{"path":[]}})", "mask.path: unknown in google.protobuf.FieldMask"},
        {R"({"list":{"items":[]}})", "list.items: unknown in google.protobuf.ListValue"},
        {R"({"st":{"fields":{"a":{"number_value":1}},"x":1}})",
         "st.x: unknown in google.protobuf.Struct"},
        {R"({"any":{"type":"x"}})", "any.type: unknown in google.protobuf.Any"},
        {R"({"any":{"@type":"x/google.protobuf.Duration","seconds":1}})",
         "any.seconds: unknown in google.protobuf.Any"},
    };
    for (const auto& [json, problem] : table) {
      CPPUNIT_ASSERT_EQUAL(std::string(problem), problemOf(json));
    }
  }

  void nestingIsBounded() {
    const auto lists = [](std::size_t depth) {
      return R"({"value":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), problemOf(lists(255)));
    CPPUNIT_ASSERT(problemOf(lists(256)).find("nested deeper than 256 levels") !=
                   std::string::npos);
    const auto anys = [](int depth) {
      std::string json;
      for (int i = 0; i < depth; ++i) {
        json = R"(,"any":{"@type":"x/evmicro.test.known.Known")" + json + "}";
      }
      json[0] = '{';
      json += '}';
      return json;
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), problemOf(anys(16)));
    CPPUNIT_ASSERT(problemOf(anys(17)).find("more than 16 Any") != std::string::npos);
    std::string inARow;
    for (int i = 0; i < 17; ++i) inARow += "," + anys(1).substr(1, anys(1).size() - 2);
    inARow[0] = '{';
    CPPUNIT_ASSERT_EQUAL(std::string(), problemOf(inARow + "}"));
  }

  void limitsOfTimesAndDurations() {
    TimeParts parts;
    for (const char* text :
         {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2000-02-29T00:00:00-23:59"}) {
      CPPUNIT_ASSERT_MESSAGE(text, parseTimestamp(text, parts));
    }
    for (const char* text : {"",
                             "2016",
                             "0000-01-01T00:00:00Z",
                             "0001-01-01T00:00:00+00:01",
                             "9999-12-31T23:59:59-00:01",
                             "1900-02-29T00:00:00Z",
                             "2016-13-01T00:00:00Z",
                             "2016-00-01T00:00:00Z",
                             "2016-04-31T00:00:00Z",
                             "2016-04-00T00:00:00Z",
                             "2016-04-01T24:00:00Z",
                             "2016-04-01T00:60:00Z",
                             "2016-04-01T00:00:60Z",
                             "2016-04-01 00:00:00Z",
                             "2016-04-01T00:00:00",
                             "2016-04-01T00:00:00z",
                             "2016-04-01T00:00:00.Z",
                             "2016-04-01T00:00:00.0123456789Z",
                             "2016-04-01T00:00:00Z ",
                             "2016-04-01T00:00:00+0100",
                             "2016-04-01T00:00:00+24:00",
                             "2016-4-1T00:00:00Z"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !parseTimestamp(text, parts));
    }
    for (const char* text : {"315576000000s", "-315576000000.0s", "0.999999999s"}) {
      CPPUNIT_ASSERT_MESSAGE(text, parseDuration(text, parts));
    }
    for (const char* text :
         {"", "s", "1", "1.s", ".5s", "--1s", "+1s", "1.0123456789s", "1 s", "315576000001s",
          "315576000000.000000001s", "1e2s", "1ms", "9999999999999s"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !parseDuration(text, parts));
    }
  }

 private:
  static std::string problemOf(const std::string& json) {
    Known message;
    return test::errorOf(readJson(json, "", message));
  }

  static Known read(const std::string& json) {
    Known message;
    CPPUNIT_ASSERT_EQUAL(std::string(), test::errorOf(readJson(json, "", message)));
    return message;
  }

  static void same(const std::string& json, const std::string& asGo) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(json, read(asGo).ShortDebugString(),
                                 read(json).ShortDebugString());
    CPPUNIT_ASSERT(json == R"({"ts":null})" || json == R"({"number":null})" ||
                   !read(json).ShortDebugString().empty());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(JsonWellKnownTest);

}  // namespace evmicro::detail
