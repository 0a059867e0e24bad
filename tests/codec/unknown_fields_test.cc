// Unknown fields are counted before they are parsed: each would become an object.
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/codec.h>

#include "codec/mapping.pb.h"
#include "codec/mapping_proto2.pb.h"
#include "codec/proto_envelope.h"
#include "codec/unknown_fields.h"

namespace evmicro::detail {

class UnknownFieldsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UnknownFieldsTest);
  CPPUNIT_TEST(countsWhatAMessageDoesNotHave);
  CPPUNIT_TEST(knownFieldsAreFree);
  CPPUNIT_TEST(countsInGroupsAndMessages);
  CPPUNIT_TEST(anotherEncodingIsUnknown);
  CPPUNIT_TEST(countsUnknownValuesOfClosedEnums);
  CPPUNIT_TEST(whatIsNotProtobufIsLeftToTheParser);
  CPPUNIT_TEST(aRequestMayHaveSoMany);
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
    CPPUNIT_ASSERT(!tooMany(times(1'000, "\x0a\x01x"), *test::mapping::Inner::descriptor(), 10));
    CPPUNIT_ASSERT(
        !tooMany(times(1'000, "\x0a\x03\x01\x02\x03"), *test::mapping::Inner::descriptor(), 10));
    CPPUNIT_ASSERT(hasTooManyUnknown(times(11, "\x0a\x01x"), nullptr, 10));
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
      const std::string payload = times(kMostUnknownFields + more, "\x78\x01");
      Buffer body(payload);
      test::mapping::Inner message;
      const Status status = makeProtoRpcCodec()->unmarshal(body, &message);
      CPPUNIT_ASSERT_EQUAL(more == 0, status.ok());
      if (more == 0) continue;
      CPPUNIT_ASSERT_EQUAL(std::string("proto-rpc: the payload has more than 262144 fields that "
                                       "are unknown in evmicro.test.mapping.Inner"),
                           status.detail());
      CPPUNIT_ASSERT_EQUAL(0, message.GetReflection()->GetUnknownFields(message).field_count());
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

  static bool tooMany(const std::string& bytes, const google::protobuf::Descriptor& type,
                      std::size_t most) {
    return hasTooManyUnknown(bytes, &type, most);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UnknownFieldsTest);

}  // namespace evmicro::detail
