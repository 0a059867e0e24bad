#include "json/reader.h"

#include <cmath>
#include <limits>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>

#include "codec/codec_support.h"
#include "json/message_writer.h"
#include "tests/codec/mapping.pb.h"
#include "tests/codec/mapping_proto2.pb.h"

namespace evmicro::detail {

using namespace test::mapping;

// What is refused, and how that is said, is in json_reader_errors_test.cc.
class JsonReaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonReaderTest);
  CPPUNIT_TEST(whatGoWritesIsReadBack);
  CPPUNIT_TEST(theExtremesOfIntegersAreExact);
  CPPUNIT_TEST(integersMayBeStrings);
  CPPUNIT_TEST(integersMayHaveAPointOrAnExponent);
  CPPUNIT_TEST(integersBeyondInt64DoNotTouchStrings);
  CPPUNIT_TEST(floatsTakeAnyNumber);
  CPPUNIT_TEST(floatsMayBeNames);
  CPPUNIT_TEST(base64MayHaveAnyForm);
  CPPUNIT_TEST(negativeZeroKeepsItsSign);
  CPPUNIT_TEST(tinyNumbersAreZero);
  CPPUNIT_TEST(enumsMayBeNames);
  CPPUNIT_TEST(keysMatchInSeveralWays);
  CPPUNIT_TEST(theExactKeyWinsOverAnyCase);
  CPPUNIT_TEST(nullMeansTheDefault);
  CPPUNIT_TEST(nullElementsAreZero);
  CPPUNIT_TEST(unknownMembersAreSkipped);
  CPPUNIT_TEST(theLastOfRepeatedMembersCounts);
  CPPUNIT_TEST(theLastOfAOneofCounts);
  CPPUNIT_TEST(aOneofAsGoWritesItIsRead);
  CPPUNIT_TEST(mapsOfEveryKindOfKeyAreRead);
  CPPUNIT_TEST(stringsAreDecoded);
  CPPUNIT_TEST(brokenTextBecomesReplacementCharacters);
  CPPUNIT_TEST(proto2IsReadToo);
  CPPUNIT_TEST(theMessageIsClearedFirst);
  CPPUNIT_TEST(deepMessagesAreRead);
  CPPUNIT_TEST(numbersOfListsAreReadAtTheirLimits);
  CPPUNIT_TEST_SUITE_END();

 public:
  void whatGoWritesIsReadBack() {
    sameAgain<Scalars>(
        R"({"d":1.5,"f":0.1,"i32":-1,"i64":-2,"u32":3,"u64":4,"s32":-5,"s64":-6,"fx32":7,)"
        R"("fx64":8,"sfx32":-9,"sfx64":-10,"flag":true,"text":"John","data":"AQI=","color":7,)"
        R"("inner":{"label":"in","count":2,"next":{}}})");
    sameAgain<Lists>(R"({"d":[0,-0],"f":[1e+21],"i32":[0],"i64":[-1],"u32":[0],)"
                     R"("u64":[18446744073709551615,0],"flag":[false,true],"text":["","a"],)"
                     R"("data":["","YWJj"],"color":[0,1],"items":[{},{"count":3}]})");
    sameAgain<Choice>(R"({"before":"b","inner":{"label":"x"},"after":"a"})");
    sameAgain<Names>(R"({"user_id":"5","HTMLBody":"2","renamed":"3","maybe":0,"maybe_text":""})");
  }

  void theExtremesOfIntegersAreExact() {
    sameAgain<Scalars>(R"({"i32":-2147483648,"i64":-9223372036854775808,"u32":4294967295,)"
                       R"("u64":18446744073709551615,"fx64":9223372036854775808})");
    sameAgain<Scalars>(R"({"i32":2147483647,"i64":9223372036854775807,"u64":9223372036854775807})");
    sameAgain<Scalars>(
        R"({"s32":-2147483648,"s64":-9223372036854775808,"sfx64":9007199254740993})");
  }

  void integersMayBeStrings() {
    const auto m = read<Scalars>(R"({"i32":"-7","i64":"-9223372036854775808","u32":"4294967295",)"
                                 R"("u64":"18446744073709551615"})");
    CPPUNIT_ASSERT_EQUAL(-7, m.i32());
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::int64_t>::min(), m.i64());
    CPPUNIT_ASSERT_EQUAL(4294967295U, m.u32());
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::uint64_t>::max(), m.u64());
    CPPUNIT_ASSERT_EQUAL(0U, read<Scalars>(R"({"u32":-0})").u32());
    CPPUNIT_ASSERT_EQUAL(0U, read<Scalars>(R"({"u32":"-0"})").u32());
  }

  void integersMayHaveAPointOrAnExponent() {
    CPPUNIT_ASSERT_EQUAL(3, read<Scalars>(R"({"i32":3.0})").i32());
    CPPUNIT_ASSERT_EQUAL(100, read<Scalars>(R"({"i32":1e2})").i32());
    CPPUNIT_ASSERT_EQUAL(100, read<Scalars>(R"({"i32":1e+2})").i32());
    CPPUNIT_ASSERT_EQUAL(-15, read<Scalars>(R"({"i32":-150E-1})").i32());
    CPPUNIT_ASSERT_EQUAL(0, read<Scalars>(R"({"i32":0e999999999999999999999})").i32());
    CPPUNIT_ASSERT_EQUAL(0U, read<Scalars>(R"({"u32":-0.0})").u32());
    CPPUNIT_ASSERT_EQUAL(1, read<Scalars>(R"({"i32":"1.0"})").i32());
    CPPUNIT_ASSERT_EQUAL(RED, read<Scalars>(R"({"color":1.0})").color());
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::int64_t>::min(),
                         read<Scalars>(R"({"i64":-9.223372036854775808e18})").i64());
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::uint64_t>::max(),
                         read<Scalars>(R"({"u64":18446744073709551615.000})").u64());
    for (const char* text : {"1e20", "18446744073709551616.0", "1e99999999999999999999"}) {
      Scalars m;
      const std::string problem = errorOf("{\"u64\":" + std::string(text) + "}", m);
      CPPUNIT_ASSERT_EQUAL(
          "params[0].u64: the number " + std::string(text) + " is out of the range of uint64",
          problem);
    }
  }

  void integersBeyondInt64DoNotTouchStrings() {
    const auto m = read<Scalars>(
        R"({"u64":9223372036854775808,"text":"n9223372036854775808","data":"AQI=","i32":-12,)"
        R"("d":-2.5e-1,"color":"BLUE","flag":true,"inner":{"label":"","count":"5"},"x\\\"y":[1,{}]})");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1} << 63, static_cast<std::uint64_t>(m.u64()));
    CPPUNIT_ASSERT_EQUAL(std::string("n9223372036854775808"), m.text());
    CPPUNIT_ASSERT_EQUAL(std::string("\x01\x02"), m.data());
    CPPUNIT_ASSERT_EQUAL(-12, m.i32());
    CPPUNIT_ASSERT_EQUAL(-0.25, m.d());
    CPPUNIT_ASSERT_EQUAL(BLUE, m.color());
    CPPUNIT_ASSERT(m.flag());
    CPPUNIT_ASSERT(m.has_inner());
    CPPUNIT_ASSERT_EQUAL(5, m.inner().count());
    CPPUNIT_ASSERT_EQUAL(std::string("s\"\\"),
                         read<Scalars>(R"({"u64":18446744073709551615,"text":"s\"\\"})").text());
  }

  void floatsTakeAnyNumber() {
    CPPUNIT_ASSERT_EQUAL(3.0, read<Scalars>(R"({"d":3})").d());
    CPPUNIT_ASSERT_EQUAL(-1e300, read<Scalars>(R"({"d":-1E300})").d());
    CPPUNIT_ASSERT_EQUAL(18446744073709551616.0,
                         read<Scalars>(R"({"d":18446744073709551616})").d());
    CPPUNIT_ASSERT_EQUAL(0.1F, read<Scalars>(R"({"f":0.1})").f());
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<float>::max(),
                         read<Scalars>(R"({"f":3.4028235e+38})").f());
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<double>::lowest(),
                         read<Scalars>(R"({"d":-1.7976931348623157e+308})").d());
  }

  // As protobuf's mapping writes them: JSON has no numbers for these.
  void floatsMayBeNames() {
    CPPUNIT_ASSERT(std::isnan(read<Scalars>(R"({"d":"NaN"})").d()));
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<float>::infinity(),
                         read<Scalars>(R"({"f":"Infinity"})").f());
    CPPUNIT_ASSERT_EQUAL(-std::numeric_limits<double>::infinity(),
                         read<Scalars>(R"({"d":"-Infinity"})").d());
    CPPUNIT_ASSERT_EQUAL(-1.5, read<Scalars>(R"({"d":"-1.5"})").d());
  }

  void base64MayHaveAnyForm() {
    for (const char* text : {"+/8=", "+/8", "-_8=", "-_8"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          text, std::string("\xFB\xFF"),
          read<Scalars>("{\"data\":\"" + std::string(text) + "\"}").data());
    }
  }

  // Symptom: -0, which is how -0.0 is written, came back as 0: to jansson it is an integer.
  void negativeZeroKeepsItsSign() {
    for (const char* text : {"-0", "-0.0", "-0e5", " -0 "}) {
      const auto list = read<Lists>(R"({"d":[1,)" + std::string(text) + R"(],"f":[-0]})");
      CPPUNIT_ASSERT_MESSAGE(text, std::signbit(list.d(1)));
      CPPUNIT_ASSERT_MESSAGE(text, std::signbit(list.f(0)));
    }
    CPPUNIT_ASSERT(std::signbit(read<Scalars>(R"({"d":-0})").d()));
    CPPUNIT_ASSERT(!std::signbit(read<Scalars>(R"({"d":0,"text":"-0"})").d()));
    CPPUNIT_ASSERT_EQUAL(std::string("a-0,"), read<Scalars>(R"({"text":"a-0,"})").text());
    sameAgain<Lists>(R"({"d":[0,-0]})");
  }

  void tinyNumbersAreZero() {
    CPPUNIT_ASSERT_EQUAL(0.0, read<Scalars>(R"({"d":1e-400})").d());
    CPPUNIT_ASSERT(std::signbit(read<Scalars>(R"({"d":-1e-400})").d()));
    CPPUNIT_ASSERT_EQUAL(0.0, read<Scalars>(R"({"d":1e-400,"u64":9223372036854775808})").d());
    CPPUNIT_ASSERT_EQUAL(0.0F, read<Scalars>(R"({"f":1e-60})").f());
    // Beyond double, but of no interest: an unknown member.
    CPPUNIT_ASSERT_EQUAL(1, read<Scalars>(R"({"unknown":1e400,"i32":1})").i32());
  }

  void enumsMayBeNames() {
    CPPUNIT_ASSERT_EQUAL(BLUE, read<Scalars>(R"({"color":"BLUE"})").color());
    CPPUNIT_ASSERT_EQUAL(RED, read<Scalars>(R"({"color":1})").color());
    CPPUNIT_ASSERT_EQUAL(-5, static_cast<int>(read<Scalars>(R"({"color":-5})").color()));
    const auto list = read<Lists>(R"({"color":["RED",7,"NONE"]})");
    CPPUNIT_ASSERT_EQUAL(3, list.color_size());
    CPPUNIT_ASSERT_EQUAL(RED, list.color(0));
  }

  void keysMatchInSeveralWays() {
    for (const char* key :
         {"user_id", "userId", "USER_ID", "UserID", "userid", "User_Id", "us\\u0065r_id"}) {
      const std::string json = std::string("{\"") + key + "\":\"x\"}";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(key, std::string("x"), read<Names>(json).user_id());
    }
    CPPUNIT_ASSERT_EQUAL(std::string("x"), read<Names>(R"({"@other":"x"})").renamed());
    CPPUNIT_ASSERT_EQUAL(std::string("x"), read<Names>(R"({"renamed":"x"})").renamed());
    for (const char* key : {"htmlbody", "html_body", "HTML_Body", "Html__Body_"}) {
      const std::string json = std::string("{\"") + key + "\":\"x\"}";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(key, std::string("x"), read<Names>(json).htmlbody());
    }
    CPPUNIT_ASSERT_EQUAL(
        std::string(),
        read<Names>(R"({"user id":"x","user":"x","":"x","_user_id":"x","_":"x"})").user_id());
  }

  // protoc warns of such names, but lets proto2 have them.
  void theExactKeyWinsOverAnyCase() {
    google::protobuf::FileDescriptorProto file;
    CPPUNIT_ASSERT(google::protobuf::TextFormat::ParseFromString(
        "name: 'alike.proto' message_type { name: 'Alike' "
        "field { name: 'name' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } "
        "field { name: 'Name' number: 2 type: TYPE_STRING label: LABEL_OPTIONAL } }",
        &file));
    google::protobuf::DescriptorPool pool;
    const auto* type = pool.BuildFile(file)->message_type(0);
    google::protobuf::DynamicMessageFactory factory;
    const std::unique_ptr<google::protobuf::Message> m(factory.GetPrototype(type)->New());
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(R"({"name":"1","Name":"2","NAME":"3"})", *m));
    // Without an exact match it is the first field.
    CPPUNIT_ASSERT_EQUAL(std::string("name: \"3\" Name: \"2\""), m->ShortDebugString());
  }

  void nullMeansTheDefault() {
    Scalars m;
    m.set_text("old");
    m.mutable_inner();
    CPPUNIT_ASSERT_EQUAL(
        std::string(),
        errorOf(
            R"({"d":null,"i32":null,"u64":null,"flag":null,"text":null,"data":null,"color":null,)"
            R"("inner":null})",
            m));
    CPPUNIT_ASSERT_EQUAL(std::string(), m.SerializeAsString());
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         read<Lists>(R"({"d":null,"items":null})").SerializeAsString());
    CPPUNIT_ASSERT_EQUAL(std::string(), read<Maps>(R"({"labels":null})").SerializeAsString());
    CPPUNIT_ASSERT_EQUAL(std::string(), read<Scalars>("null").SerializeAsString());
    CPPUNIT_ASSERT(!read<Names>(R"({"maybe":null})").has_maybe());
  }

  void nullElementsAreZero() {
    const auto m = read<Lists>(
        R"({"d":[1,null],"i32":[null],"u64":[null],"flag":[null],"text":[null,"a"],"data":[null],)"
        R"("color":[null],"items":[null,{"count":1}]})");
    CPPUNIT_ASSERT_EQUAL(2, m.d_size());
    CPPUNIT_ASSERT_EQUAL(0.0, m.d(1));
    CPPUNIT_ASSERT_EQUAL(1, m.i32_size());
    CPPUNIT_ASSERT_EQUAL(1, m.u64_size());
    CPPUNIT_ASSERT_EQUAL(1, m.flag_size());
    CPPUNIT_ASSERT_EQUAL(std::string("a"), m.text(1));
    CPPUNIT_ASSERT_EQUAL(1, m.data_size());
    CPPUNIT_ASSERT_EQUAL(NONE, m.color(0));
    CPPUNIT_ASSERT_EQUAL(1, m.items(1).count());
    const auto maps = read<Maps>(R"({"labels":{"a":null},"by_number":{"1":null}})");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, maps.labels().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, maps.by_number().count(1));
  }

  void unknownMembersAreSkipped() {
    const auto m = read<Scalars>(R"({"x":{"i32":5},"i32":1,"y":[1,[2]],"inner":{"z":null}})");
    CPPUNIT_ASSERT_EQUAL(1, m.i32());
    CPPUNIT_ASSERT(m.has_inner());
  }

  void theLastOfRepeatedMembersCounts() {
    CPPUNIT_ASSERT_EQUAL(2, read<Scalars>(R"({"i32":1,"i32":2})").i32());
    CPPUNIT_ASSERT_EQUAL(2, read<Scalars>(R"({"i32":1,"I32":2})").i32());
    const auto list = read<Lists>(R"({"i32":[1,2],"I32":[3]})");
    CPPUNIT_ASSERT_EQUAL(1, list.i32_size());
    CPPUNIT_ASSERT_EQUAL(std::string("2"),
                         read<Maps>(R"({"by_number":{"1":{"label":"1"},"01":{"label":"2"}}})")
                             .by_number()
                             .at(1)
                             .label());
  }

  void theLastOfAOneofCounts() {
    const auto m = read<Choice>(R"({"display_name":"x","number":5})");
    CPPUNIT_ASSERT_EQUAL(Choice::kNumber, m.the_kind_case());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, m.number());
    // null does not select a field of the oneof.
    CPPUNIT_ASSERT_EQUAL(Choice::kDisplayName,
                         read<Choice>(R"({"displayName":"x","number":null})").the_kind_case());
    CPPUNIT_ASSERT_EQUAL(Choice::kInner, read<Choice>(R"({"inner":{}})").the_kind_case());
  }

  void aOneofAsGoWritesItIsRead() {
    const auto m = read<Choice>(R"({"before":"b","TheKind":{"DisplayName":"x"},"after":"a"})");
    CPPUNIT_ASSERT_EQUAL(std::string("x"), m.display_name());
    CPPUNIT_ASSERT_EQUAL(std::string("a"), m.after());
    CPPUNIT_ASSERT_EQUAL(std::string("y"),
                         read<Choice>(R"({"TheKind":{"Inner":{"label":"y"}}})").inner().label());
    // A name that is not a field of the oneof is unknown there.
    CPPUNIT_ASSERT_EQUAL(std::string(), read<Choice>(R"({"TheKind":{"before":"b"}})").before());
    CPPUNIT_ASSERT_EQUAL(Choice::THE_KIND_NOT_SET,
                         read<Choice>(R"({"TheKind":null})").the_kind_case());
    CPPUNIT_ASSERT_EQUAL(Choice::THE_KIND_NOT_SET,
                         read<Choice>(R"({"TheKind":{"TheKind":{"number":1}}})").the_kind_case());
    // A proto3 optional is a oneof of its own inside protobuf, but not in Go.
    CPPUNIT_ASSERT(!read<Names>(R"({"_maybe":{"maybe":1}})").has_maybe());
  }

  void mapsOfEveryKindOfKeyAreRead() {
    sameAgain<Maps>(R"({"labels":{"":"e","B":"1","a":"","b\u003c":"2"},)"
                    R"("by_number":{"-1":{},"10":{},"9":{"label":"nine"}},)"
                    R"("weights":{"18446744073709551615":0.5},"colors":{"false":0,"true":1},)"
                    R"("blobs":{"k":"YWJj"},"sums":{"-9223372036854775808":18446744073709551615},)"
                    R"("flags":{"4294967295":false}})");
  }

  void stringsAreDecoded() {
    CPPUNIT_ASSERT_EQUAL(std::string("\xC3\xBC\xF0\x9F\x98\x80\n/\0!", 10),
                         read<Scalars>(R"({"text":"\u00fc\ud83d\ude00\n\/\u0000!"})").text());
  }

  // As Go's decoder does it.
  void brokenTextBecomesReplacementCharacters() {
    const std::string u = "\xEF\xBF\xBD";
    const std::pair<std::string, std::string> table[] = {
        {"cut \\ud83d emoji", "cut " + u + " emoji"},
        {"\\ude00", u},
        {"\\ud83d\\ud83d\\ude00", u + "\xF0\x9F\x98\x80"},
        {"\\ud83d\\u0041", u + "A"},
        {"\\ud83d\\n", u + "\n"},
        {"\\ud83d", u},
        {"a\xFF\xC3z", "a" + u + u + "z"},
        {"\xED\xA0\x80", u + u + u},
    };
    for (const auto& [sent, text] : table) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(sent, text, read<Scalars>("{\"text\":\"" + sent + "\"}").text());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          sent, std::size_t{1},
          read<Maps>("{\"labels\":{\"" + sent + "\":\"\"}}").labels().count(text));
    }
  }

  void proto2IsReadToo() {
    const auto m = read<Old>(
        R"({"name":"n","count":0,"data":"","size":"SMALL","sizes":[1,2],"part":{"id":"p"}})");
    CPPUNIT_ASSERT(m.has_count() && m.count() == 0);
    CPPUNIT_ASSERT(m.has_data());
    CPPUNIT_ASSERT_EQUAL(Old::SMALL, m.size());
    CPPUNIT_ASSERT_EQUAL(2, m.sizes_size());
    CPPUNIT_ASSERT_EQUAL(std::string("p"), m.part().id());
    // A closed enum keeps a number it does not know among the unknown fields.
    CPPUNIT_ASSERT(!read<Old>(R"({"size":9})").has_size());
  }

  void theMessageIsClearedFirst() {
    Scalars m;
    m.set_text("old");
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf("{}", m));
    CPPUNIT_ASSERT_EQUAL(std::string(), m.text());
  }

  void deepMessagesAreRead() {
    std::string json = "{}";
    for (int i = 0; i < 200; ++i) json = R"({"next":)" + json + "}";
    const auto m = read<Inner>(json);
    const Inner* at = &m;
    int depth = 0;
    for (; at->has_next(); at = &at->next()) ++depth;
    CPPUNIT_ASSERT_EQUAL(200, depth);
  }

  // Short integers have a way of their own.
  void numbersOfListsAreReadAtTheirLimits() {
    const auto m = read<Lists>(
        R"({"d":[999999999,1000000000,123456789.5,-1],"f":[16777217,999999999],)"
        R"("i32":[0,999999999,1000000000,2147483647,-2147483648,"7",1e1, 5 , 6],)"
        R"("i64":[999999999,9223372036854775807],"u32":[999999999,4294967295],)"
        R"("u64":[999999999,18446744073709551615],"color":[7,"RED",0],"flag":[true,false]})");
    using Doubles = std::vector<double>;
    const Doubles expected = {999'999'999, 1'000'000'000, 123'456'789.5, -1};
    CPPUNIT_ASSERT(expected == Doubles(m.d().begin(), m.d().end()));
    CPPUNIT_ASSERT_EQUAL(16'777'216.0F, m.f(0));  // the nearest
    CPPUNIT_ASSERT_EQUAL(1e9F, m.f(1));
    const std::vector<std::int32_t> integers = {0,
                                                999'999'999,
                                                1'000'000'000,
                                                2'147'483'647,
                                                std::numeric_limits<std::int32_t>::min(),
                                                7,
                                                10,
                                                5,
                                                6};
    CPPUNIT_ASSERT(integers == std::vector<std::int32_t>(m.i32().begin(), m.i32().end()));
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::int64_t>::max(), m.i64(1));
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::uint32_t>::max(), m.u32(1));
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::uint64_t>::max(), m.u64(1));
    CPPUNIT_ASSERT_EQUAL(BLUE, m.color(0));
    CPPUNIT_ASSERT_EQUAL(RED, m.color(1));
    CPPUNIT_ASSERT(m.flag(0) && !m.flag(1));
  }

 private:
  static std::string errorOf(std::string_view json, google::protobuf::Message& message) {
    return test::errorOf(readJson(json, "params[0]", message));
  }

  template <typename Message>
  static Message read(std::string_view json) {
    Message message;
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(json, message));
    return message;
  }

  // Reads canonical text and writes it again.
  template <typename Message>
  static void sameAgain(const std::string& json) {
    std::string written;
    CPPUNIT_ASSERT_EQUAL(std::string(), test::errorOf(writeJson(read<Message>(json), written)));
    CPPUNIT_ASSERT_EQUAL(json, written);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(JsonReaderTest);

}  // namespace evmicro::detail
