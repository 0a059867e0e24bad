// Fields that cost more than their bytes are counted before they are parsed.
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <evmicro/codec.h>

#include "codec/field_limits.h"
#include "codec/mapping.pb.h"
#include "codec/mapping_proto2.pb.h"
#include "codec/proto_envelope.h"
#include "json/object_weight.h"

namespace evmicro::detail {

class FieldLimitsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FieldLimitsTest);
  CPPUNIT_TEST(countsWhatAMessageDoesNotHave);
  CPPUNIT_TEST(knownFieldsAreFree);
  CPPUNIT_TEST(countsValuesThatAreReplaced);
  CPPUNIT_TEST(messagesAndStringsWeigh);
  CPPUNIT_TEST(messagesOfManyFieldsWeighMore);
  CPPUNIT_TEST(countsInGroupsAndMessages);
  CPPUNIT_TEST(anotherEncodingIsUnknown);
  CPPUNIT_TEST(countsUnknownValuesOfClosedEnums);
  CPPUNIT_TEST(whatIsNotProtobufIsLeftToTheParser);
  CPPUNIT_TEST(aRequestMayHaveSoMany);
  CPPUNIT_TEST(aRequestMayHaveSoManyMessages);
  CPPUNIT_TEST(anEnvelopeMayHaveFew);
  CPPUNIT_TEST_SUITE_END();

 public:
  void countsWhatAMessageDoesNotHave() {
    const auto& inner = *test::mapping::Inner::descriptor();
    for (const char* const field : {"\x78\x01", "\x7a\x01x",
                                    "\x7d"
                                    "abcd",
                                    "\x79"
                                    "abcdefgh"}) {
      CPPUNIT_ASSERT(!tooMany(times(10, field), inner, 10));
      CPPUNIT_ASSERT(tooMany(times(11, field), inner, 10));
    }
  }

  void knownFieldsAreFree() {
    const auto& lists = *test::mapping::Lists::descriptor();
    CPPUNIT_ASSERT(!tooMany(times(1'000, "\x42\x01x"), lists, 10));
    CPPUNIT_ASSERT(!tooMany(times(1'000, "\x5a\x03\x0a\x01x"), lists, 10));
    CPPUNIT_ASSERT(tooMany(times(11, "\x0a\x01x"), nullptr, 10));
  }

  // In between others as well.
  void countsValuesThatAreReplaced() {
    const auto& inner = *test::mapping::Inner::descriptor();
    for (const char* const field : {"\x0a\x01x", "\x10\x01", "\x1a\x02\x10\x01"}) {
      CPPUNIT_ASSERT(!tooMany(times(11, field), inner, 10));
      CPPUNIT_ASSERT(tooMany(times(12, field), inner, 10));
    }
    CPPUNIT_ASSERT(!tooMany(times(6, "\x0a\x01x\x10\x01"), inner, 10));
    CPPUNIT_ASSERT(tooMany(times(6, "\x0a\x01x\x10\x01") + "\x10\x01", inner, 10));
  }

  void messagesAndStringsWeigh() {
    const auto& lists = *test::mapping::Lists::descriptor();
    const std::size_t many = 1'000;
    const auto weighs = [&](const std::string& bytes, std::size_t weight) {
      return excessOf(bytes, &lists, many, weight) == FieldExcess::kNone &&
             excessOf(bytes, &lists, many, weight - 1) == FieldExcess::kObjects;
    };
    CPPUNIT_ASSERT(weighs(times(10, std::string("\x42\0", 2)), 10));        // strings
    CPPUNIT_ASSERT(weighs(times(10, std::string("\x4a\0", 2)), 10));        // bytes
    CPPUNIT_ASSERT(weighs(times(10, std::string("\x5a\0", 2)), 20));        // messages
    CPPUNIT_ASSERT(weighs(times(10, std::string("\x5a\2\x0a\0", 4)), 30));  // with strings
    CPPUNIT_ASSERT(excessOf(times(100, "\x18\x01"), &lists, many, 0) == FieldExcess::kNone);
    CPPUNIT_ASSERT_EQUAL(std::size_t(524'288), mostObjects(3));
    CPPUNIT_ASSERT_EQUAL(std::size_t(524'288 + 1'000), mostObjects(4'000));
  }

  // A message has room for all of its fields.
  void messagesOfManyFieldsWeighMore() {
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), messageWeight(*test::mapping::Inner::descriptor()));
    CPPUNIT_ASSERT_EQUAL(std::size_t(6), messageWeight(*test::mapping::Scalars::descriptor()));
    google::protobuf::DescriptorPool pool;
    google::protobuf::FileDescriptorProto file;
    file.set_name("weights.proto");
    auto& list = *file.add_message_type();
    list.set_name("List");
    auto& items = *list.add_field();
    items.set_name("items");
    items.set_number(1);
    items.set_label(google::protobuf::FieldDescriptorProto::LABEL_REPEATED);
    items.set_type_name("List");
    for (int i = 2; i <= 8; ++i) {
      auto& field = *list.add_field();
      field.set_name("f" + std::to_string(i));
      field.set_number(i);
      field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
      field.set_type(google::protobuf::FieldDescriptorProto::TYPE_INT32);
    }
    const auto* const type = pool.BuildFile(file)->message_type(0);
    const std::string ten = times(10, std::string("\x0a\0", 2));  // of eight fields: 4 each
    CPPUNIT_ASSERT(excessOf(ten, type, 0, 40) == FieldExcess::kNone);
    CPPUNIT_ASSERT(excessOf(ten, type, 0, 39) == FieldExcess::kObjects);
  }

  void countsInGroupsAndMessages() {
    const auto& inner = *test::mapping::Inner::descriptor();
    CPPUNIT_ASSERT(!tooMany("\x7b" + times(9, "\x78\x01") + "\x7c", inner, 10));
    CPPUNIT_ASSERT(tooMany("\x7b" + times(10, "\x78\x01") + "\x7c", inner, 10));
    // Inner.next, a message, with fields of its own.
    CPPUNIT_ASSERT(!tooMany(std::string("\x1a\x14") + times(10, "\x78\x01"), inner, 10));
    CPPUNIT_ASSERT(tooMany(std::string("\x1a\x16") + times(11, "\x78\x01"), inner, 10));
  }

  void anotherEncodingIsUnknown() {
    CPPUNIT_ASSERT(
        tooMany(times(11, "\x08\x01"), *test::mapping::Inner::descriptor(), 10));  // a string
    CPPUNIT_ASSERT(!tooMany(times(11, "\x10\x01"), *test::mapping::Inner::descriptor(), 10));
    const auto& lists = *test::mapping::Lists::descriptor();
    CPPUNIT_ASSERT(!tooMany(times(11, "\x1a\x01\x01"), lists, 10));  // packed
    CPPUNIT_ASSERT(!tooMany(times(11, "\x18\x01"), lists, 10));
    CPPUNIT_ASSERT(tooMany(times(11, "\x08\x01"), lists, 10));  // a double
  }

  void countsUnknownValuesOfClosedEnums() {
    const auto& old = *test::mapping::Old::descriptor();
    CPPUNIT_ASSERT(!tooMany(times(11, "\x28\x02"), old, 10));
    CPPUNIT_ASSERT(!tooMany(times(10, "\x28\x03") + times(5, "\x28\x01"), old, 10));
    CPPUNIT_ASSERT(tooMany(times(11, "\x28\x03"), old, 10));
    CPPUNIT_ASSERT(!tooMany("\x2a\x1e" + times(10, "\x03") + times(20, "\x01"), old, 10));
    CPPUNIT_ASSERT(tooMany("\x2a\x1e" + times(11, "\x03") + times(19, "\x01"), old, 10));
  }

  void whatIsNotProtobufIsLeftToTheParser() {
    const auto& inner = *test::mapping::Inner::descriptor();
    for (const char* const end :
         {"\xff", "\x7e", "\x7f", "\x7a\x7f", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}) {
      CPPUNIT_ASSERT(!tooMany(times(10, "\x78\x01") + end + times(20, "\x78"), inner, 12));
    }
    CPPUNIT_ASSERT(!tooMany(times(1'000, "\x7b"), inner, 200));  // deeper than is parsed
  }

  void aRequestMayHaveSoMany() {
    for (const std::size_t more : {0U, 1U}) {
      const std::string payload = times(kMostSurplusFields + more, "\x78\x01");
      Buffer body(payload);
      test::mapping::Inner message;
      const Status status = makeProtoRpcCodec()->unmarshal(body, &message);
      CPPUNIT_ASSERT_EQUAL(more == 0, status.ok());
      if (more == 0) continue;
      CPPUNIT_ASSERT_EQUAL(
          std::string("proto-rpc: the payload has more than 262144 fields that are "
                      "unknown in evmicro.test.mapping.Inner, or repeated in vain"),
          status.detail());
      CPPUNIT_ASSERT_EQUAL(0, message.GetReflection()->GetUnknownFields(message).field_count());
    }
  }

  // Two bytes each, and four times as many would be a gigabyte of objects.
  void aRequestMayHaveSoManyMessages() {
    constexpr std::size_t kMost = 349'525;
    for (const std::size_t more : {0U, 1U}) {
      Buffer body(times(kMost + more, std::string("\x5a\0", 2)));
      test::mapping::Lists message;
      const Status status = makeProtoRpcCodec()->unmarshal(body, &message);
      CPPUNIT_ASSERT_EQUAL(more == 0, status.ok());
      CPPUNIT_ASSERT_EQUAL(more == 0 ? int(kMost) : 0, message.items_size());
      if (more == 0) continue;
      CPPUNIT_ASSERT_EQUAL(
          std::string("proto-rpc: the payload (699052 bytes) has too many messages "
                      "and strings for its size"),
          status.detail());
    }
  }

  void anEnvelopeMayHaveFew() {
    const std::string good(
        "\x0a\x03"
        "A.B\x11\0\0\0\0\0\0\0\0",
        14);
    for (const std::size_t more : {0U, 1U}) {
      Frame frame;
      const char* const problem = readProtoEnvelope(good + times(1'022 + more, "\x78\x01"),
                                                    ProtoEnvelope::Kind::kRequest, frame);
      CPPUNIT_ASSERT_EQUAL(std::string(more == 0 ? "" : "the envelope has too many fields"),
                           std::string(problem ? problem : ""));
    }
  }

 private:
  static std::string times(std::size_t count, const std::string& text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
  }

  static bool tooMany(const std::string& bytes, const google::protobuf::Descriptor* type,
                      std::size_t most) {
    return excessOf(bytes, type, most, bytes.size()) == FieldExcess::kSurplus;
  }
  static bool tooMany(const std::string& bytes, const google::protobuf::Descriptor& type,
                      std::size_t most) {
    return tooMany(bytes, &type, most);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FieldLimitsTest);

}  // namespace evmicro::detail
