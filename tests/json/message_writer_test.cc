#include "json/message_writer.h"

#include <cmath>
#include <limits>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <google/protobuf/dynamic_message.h>

#include "codec/codec_support.h"
#include "tests/codec/mapping.pb.h"
#include "tests/codec/mapping_proto2.pb.h"

namespace evmicro::detail {

using namespace test::mapping;

class MessageWriterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MessageWriterTest);
  CPPUNIT_TEST(anEmptyMessageIsAnEmptyObject);
  CPPUNIT_TEST(everyScalarIsWrittenAsGoDoes);
  CPPUNIT_TEST(theExtremesOfIntegersAreExact);
  CPPUNIT_TEST(zeroValuesAreLeftOut);
  CPPUNIT_TEST(presentMessagesAreWrittenEvenWhenEmpty);
  CPPUNIT_TEST(listsKeepTheirZeros);
  CPPUNIT_TEST(mapsAreSortedByTheTextOfTheirKeys);
  CPPUNIT_TEST(oneofFieldsArePlainMembers);
  CPPUNIT_TEST(membersFollowTheProtoFileWithItsNames);
  CPPUNIT_TEST(optionalFieldsAreWrittenWhenPresent);
  CPPUNIT_TEST(proto2FieldsAreWrittenWhenPresent);
  CPPUNIT_TEST(unknownEnumNumbersAreKept);
  CPPUNIT_TEST(stringsAreEscapedAsGoDoes);
  CPPUNIT_TEST(numbersThatJsonLacksAreRefused);
  CPPUNIT_TEST(dynamicMessagesAreWrittenTheSame);
  CPPUNIT_TEST(manyNumbersAreWrittenLikeFew);
  CPPUNIT_TEST_SUITE_END();

 public:
  void anEmptyMessageIsAnEmptyObject() {
    check("{}", Scalars());
    check("{}", Lists());
    check("{}", Maps());
    check("{}", Choice());
  }

  void everyScalarIsWrittenAsGoDoes() {
    Scalars m;
    m.set_d(1.5);
    m.set_f(0.1F);
    m.set_i32(-1);
    m.set_i64(-2);
    m.set_u32(3);
    m.set_u64(4);
    m.set_s32(-5);
    m.set_s64(-6);
    m.set_fx32(7);
    m.set_fx64(8);
    m.set_sfx32(-9);
    m.set_sfx64(-10);
    m.set_flag(true);
    m.set_text("John");
    m.set_data("\x01\x02");
    m.set_color(BLUE);
    m.mutable_inner()->set_label("in");
    check(R"({"d":1.5,"f":0.1,"i32":-1,"i64":-2,"u32":3,"u64":4,"s32":-5,"s64":-6,"fx32":7,)"
          R"("fx64":8,"sfx32":-9,"sfx64":-10,"flag":true,"text":"John","data":"AQI=","color":7,)"
          R"("inner":{"label":"in"}})",
          m);
  }

  void theExtremesOfIntegersAreExact() {
    Scalars m;
    m.set_i32(std::numeric_limits<std::int32_t>::min());
    m.set_i64(std::numeric_limits<std::int64_t>::min());
    m.set_u32(std::numeric_limits<std::uint32_t>::max());
    m.set_u64(std::numeric_limits<std::uint64_t>::max());
    m.set_fx64(std::uint64_t{1} << 63);
    check(R"({"i32":-2147483648,"i64":-9223372036854775808,"u32":4294967295,)"
          R"("u64":18446744073709551615,"fx64":9223372036854775808})",
          m);
  }

  void zeroValuesAreLeftOut() {
    Scalars m;
    m.set_d(0);
    m.set_text("");
    m.set_color(NONE);
    check("{}", m);
    m.set_d(-0.0);  // zero to Go
    m.set_f(-0.0F);
    check("{}", m);
  }

  void presentMessagesAreWrittenEvenWhenEmpty() {
    Scalars m;
    m.mutable_inner()->mutable_next();
    check(R"({"inner":{"next":{}}})", m);
  }

  void listsKeepTheirZeros() {
    Lists m;
    m.add_d(0);
    m.add_d(-0.0);
    m.add_f(1e21F);
    m.add_i32(0);
    m.add_i64(-1);
    m.add_u32(0);
    m.add_u64(std::numeric_limits<std::uint64_t>::max());
    m.add_u64(0);
    m.add_flag(false);
    m.add_flag(true);
    m.add_text("");
    m.add_text("a");
    m.add_data("");
    m.add_data("abc");
    m.add_color(NONE);
    m.add_color(RED);
    m.add_items();
    m.add_items()->set_count(3);
    check(R"({"d":[0,-0],"f":[1e+21],"i32":[0],"i64":[-1],"u32":[0],)"
          R"("u64":[18446744073709551615,0],"flag":[false,true],"text":["","a"],)"
          R"("data":["","YWJj"],"color":[0,1],"items":[{},{"count":3}]})",
          m);
  }

  void mapsAreSortedByTheTextOfTheirKeys() {
    Maps m;
    (*m.mutable_labels())["b<"] = "2";
    (*m.mutable_labels())["a"] = "";
    (*m.mutable_labels())["B"] = "1";
    for (const int key : {10, 9, -1, 100}) (*m.mutable_by_number())[key];
    (*m.mutable_by_number())[9].set_label("nine");
    (*m.mutable_weights())[18446744073709551615U] = 0.5;
    (*m.mutable_colors())[true] = RED;
    (*m.mutable_colors())[false] = NONE;
    (*m.mutable_blobs())["k"] = "abc";
    (*m.mutable_sums())[-9223372036854775807 - 1] = 0;
    (*m.mutable_flags())[4294967295U] = false;
    check(R"({"labels":{"B":"1","a":"","b\u003c":"2"},)"
          R"("by_number":{"-1":{},"10":{},"100":{},"9":{"label":"nine"}},)"
          R"("weights":{"18446744073709551615":0.5},"colors":{"false":0,"true":1},)"
          R"("blobs":{"k":"YWJj"},"sums":{"-9223372036854775808":0},"flags":{"4294967295":false}})",
          m);
  }

  void oneofFieldsArePlainMembers() {
    Choice m;
    m.set_before("b");
    m.set_after("a");
    check(R"({"before":"b","after":"a"})", m);
    m.set_display_name("");  // set, though empty
    check(R"({"before":"b","display_name":"","after":"a"})", m);
    m.set_number(0);
    check(R"({"before":"b","number":0,"after":"a"})", m);
    m.mutable_inner();
    check(R"({"before":"b","inner":{},"after":"a"})", m);
  }

  void membersFollowTheProtoFileWithItsNames() {
    Names m;
    m.set_renamed("3");
    m.set_htmlbody("2");
    m.set_user_id("5");
    check(R"({"user_id":"5","HTMLBody":"2","renamed":"3"})", m);
  }

  void optionalFieldsAreWrittenWhenPresent() {
    Names m;
    m.set_maybe(0);
    check(R"({"maybe":0})", m);
    m.set_maybe_text("");
    check(R"({"maybe":0,"maybe_text":""})", m);
    m.clear_maybe();
    check(R"({"maybe_text":""})", m);
  }

  void proto2FieldsAreWrittenWhenPresent() {
    Old m;
    check("{}", m);
    m.set_name("");
    m.set_count(0);
    m.set_size(Old::SMALL);
    m.add_sizes(Old::LARGE);
    m.mutable_part()->set_id("p");
    check(R"({"name":"","count":0,"size":1,"sizes":[2],"part":{"id":"p"}})", m);
  }

  void unknownEnumNumbersAreKept() {
    Scalars m;
    m.set_color(static_cast<Color>(-12));
    check(R"({"color":-12})", m);
  }

  void stringsAreEscapedAsGoDoes() {
    Scalars m;
    m.set_text("<\"\xFF\xC3\xBC\n>");
    check("{\"text\":\"\\u003c\\\"\\ufffd\xC3\xBC\\n\\u003e\"}", m);
  }

  void numbersThatJsonLacksAreRefused() {
    Scalars nan;
    nan.set_d(std::nan(""));
    refuse("evmicro.test.mapping.Scalars.d is NaN, which JSON cannot represent", nan);
    Scalars infinite;
    infinite.set_f(-std::numeric_limits<float>::infinity());
    refuse("evmicro.test.mapping.Scalars.f is infinite, which JSON cannot represent", infinite);
    Lists list;
    list.add_d(1);
    list.add_d(std::numeric_limits<double>::infinity());
    refuse("evmicro.test.mapping.Lists.d is infinite, which JSON cannot represent", list);
    Maps map;
    (*map.mutable_weights())[1] = std::nan("");
    CPPUNIT_ASSERT(!writeJson(map, scratch_).ok());
  }

  void dynamicMessagesAreWrittenTheSame() {
    Maps m;
    (*m.mutable_labels())["b"] = "2";
    (*m.mutable_labels())["a"] = "1";
    google::protobuf::DynamicMessageFactory factory;
    const std::unique_ptr<google::protobuf::Message> dynamic(
        factory.GetPrototype(Maps::descriptor())->New());
    CPPUNIT_ASSERT(dynamic->ParseFromString(m.SerializeAsString()));
    check(R"({"labels":{"a":"1","b":"2"}})", *dynamic);
  }

  void setUp() override { scratch_.clear(); }

  // They are gathered in blocks.
  void manyNumbersAreWrittenLikeFew() {
    test::mapping::Lists lists;
    std::string integers, flags;
    for (std::int64_t i = 0; i < 3'000; ++i) {
      const std::int64_t value = i % 3 == 0 ? i : std::numeric_limits<std::int64_t>::min() + i;
      lists.add_i64(value);
      lists.add_flag(i % 2 == 0);
      integers.append(i == 0 ? "" : ",").append(std::to_string(value));
      flags.append(i == 0 ? "" : ",").append(i % 2 == 0 ? "true" : "false");
    }
    std::string out;
    CPPUNIT_ASSERT(writeJson(lists, out).ok());
    CPPUNIT_ASSERT_EQUAL("{\"i64\":[" + integers + "],\"flag\":[" + flags + "]}", out);
  }

 private:
  static void check(const std::string& expected, const google::protobuf::Message& message) {
    std::string out = ">";
    CPPUNIT_ASSERT_EQUAL(std::string(), test::errorOf(writeJson(message, out)));
    CPPUNIT_ASSERT_EQUAL(">" + expected, out);
  }

  static void refuse(const std::string& expected, const google::protobuf::Message& message) {
    std::string out;
    const Status status = writeJson(message, out);
    CPPUNIT_ASSERT_EQUAL(expected, test::errorOf(status));
    CPPUNIT_ASSERT_EQUAL(400, status.code());
  }

  std::string scratch_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(MessageWriterTest);

}  // namespace evmicro::detail
