#include "codec/proto_envelope.h"

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class ProtoEnvelopeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProtoEnvelopeTest);
  CPPUNIT_TEST(aRequestIsWrittenInFull);
  CPPUNIT_TEST(aReplyHasAnErrorEvenWhenEmpty);
  CPPUNIT_TEST(aSeqThatIsNotEightBytesCountsAsZero);
  CPPUNIT_TEST(longTextsGoBothWays);
  CPPUNIT_TEST(fieldsMayComeInAnyOrder);
  CPPUNIT_TEST(absentFieldsAreEmpty);
  CPPUNIT_TEST(unknownFieldsAreSkipped);
  CPPUNIT_TEST(ofARepeatedFieldTheLastCounts);
  CPPUNIT_TEST(aRequestsFieldThreeIsNobodysError);
  CPPUNIT_TEST(wrongWireTypesAreRefused);
  CPPUNIT_TEST(brokenBytesAreRefused);
  CPPUNIT_TEST(whatWasInTheFrameIsGone);
  CPPUNIT_TEST_SUITE_END();

 public:
  using Kind = ProtoEnvelope::Kind;

  void aRequestIsWrittenInFull() {
    CPPUNIT_ASSERT_EQUAL(
        "\x0a\x03"
        "A.B"
        "\x11" +
            kSeq,
        write({Kind::kRequest, "A.B", kSeq, "x"}));
    CPPUNIT_ASSERT_EQUAL("\x0a" + zeros(1) + "\x11" + zeros(8),
                         write({Kind::kRequest, "", "", ""}));
  }

  void aReplyHasAnErrorEvenWhenEmpty() {
    CPPUNIT_ASSERT_EQUAL(
        "\x0a\x03"
        "A.B"
        "\x11" +
            kSeq + "\x1a" + zeros(1),
        write({Kind::kReply, "A.B", kSeq, ""}));
    CPPUNIT_ASSERT_EQUAL(
        "\x0a\x03"
        "A.B"
        "\x11" +
            kSeq +
            "\x1a\x03"
            "EOS",
        write({Kind::kReply, "A.B", kSeq, "EOS"}));
  }

  void aSeqThatIsNotEightBytesCountsAsZero() {
    for (const char* seq : {"", "1234567", "123456789", "null"}) {
      CPPUNIT_ASSERT_EQUAL(
          "\x0a\x03"
          "A.B"
          "\x11" +
              zeros(8),
          write({Kind::kRequest, "A.B", seq, ""}));
    }
  }

  void longTextsGoBothWays() {
    for (const std::size_t length : {0, 1, 126, 127, 128, 129, 16383, 16384, 100000}) {
      const std::string method(length, 'm'), error(length, 'e');
      const std::string bytes = write({Kind::kReply, method, kSeq, error});
      expect(bytes, Kind::kReply, method, kSeq, error);
    }
    // Taken for lengths of one byte, these would fit as well.
    const std::string method = std::string(127, 'm') + "\x11", error(25, 'e');
    const std::string seq = "\x01\x02\x03\x04\x05\x06\x07\x1a";
    expect(write({Kind::kReply, method, seq, error}), Kind::kReply, method, seq, error);
  }

  void fieldsMayComeInAnyOrder() {
    expect(
        "\x1a\x01"
        "e"
        "\x11" +
            kSeq +
            "\x0a\x03"
            "A.B",
        Kind::kReply, "A.B", kSeq, "e");
    expect("\x11" + kSeq +
               "\x0a\x03"
               "A.B",
           Kind::kRequest, "A.B", kSeq, "");
  }

  void absentFieldsAreEmpty() {
    expect("", Kind::kRequest, "", "", "");
    expect(
        "\x0a\x03"
        "A.B",
        Kind::kRequest, "A.B", "", "");
    expect(
        "\x0a\x03"
        "A.B",
        Kind::kReply, "A.B", "", "");
    expect(
        "\x0a\x03"
        "A.B"
        "\x11" +
            kSeq,
        Kind::kReply, "A.B", kSeq, "");
    expect("\x11" + kSeq, Kind::kRequest, "", kSeq, "");
  }

  void unknownFieldsAreSkipped() {
    const std::string known =
        "\x0a\x03"
        "A.B"
        "\x11" +
        kSeq;
    const std::string unknown[] = {
        "\x20\x96\x01",  // 4: varint
        "\x29" + kSeq,   // 5: fixed64
        "\x32\x02"
        "xy",                                 // 6: bytes
        std::string("\x3d\x01\x02\x03\x04"),  // 7: fixed32
        "\x43\x20\x01\x44",                   // 8: a group
        std::string("\xf2\x07\x01"
                    "z"),  // 126: bytes
    };
    for (const std::string& field : unknown) {
      expect(field + known, Kind::kRequest, "A.B", kSeq, "");
      expect(known + field, Kind::kRequest, "A.B", kSeq, "");
      expect(known +
                 "\x1a\x01"
                 "e" +
                 field,
             Kind::kReply, "A.B", kSeq, "e");
    }
  }

  void ofARepeatedFieldTheLastCounts() {
    expect(
        "\x0a\x03"
        "A.B"
        "\x11" +
            kSeq +
            "\x0a\x03"
            "C.D",
        Kind::kRequest, "C.D", kSeq, "");
    expect("\x11" + zeros(8) +
               "\x0a\x03"
               "A.B"
               "\x11" +
               kSeq,
           Kind::kRequest, "A.B", kSeq, "");
  }

  void aRequestsFieldThreeIsNobodysError() {
    expect(
        "\x0a\x03"
        "A.B"
        "\x11" +
            kSeq +
            "\x1a\x01"
            "e",
        Kind::kRequest, "A.B", kSeq, "");
    expect(
        "\x0a\x03"
        "A.B"
        "\x18\x05",
        Kind::kRequest, "A.B", "", "");
  }

  void wrongWireTypesAreRefused() {
    refuse(
        "\x0a\x03"
        "A.B"
        "\x10\x01",
        Kind::kRequest, "the seq (field 2) is not a fixed64");
    refuse(
        "\x0a\x03"
        "A.B"
        "\x12\x01"
        "1",
        Kind::kRequest, "the seq (field 2) is not a fixed64");
    refuse("\x08\x01", Kind::kRequest, "the method (field 1) is not a string");
    refuse("\x09" + kSeq, Kind::kReply, "the method (field 1) is not a string");
    refuse("\x18\x01", Kind::kReply, "the error (field 3) is not a string");
  }

  void brokenBytesAreRefused() {
    const std::string broken[] = {
        "\x0a",  // no length
        "\x0a\x04"
        "A.B",  // longer than what is there
        "\x0a\xff\xff\xff\xff\x0f"
        "A.B",  // much longer
        "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "A",                 // an endless length
        "\x11" + zeros(7),   // half a seq
        zeros(1),            // tag 0
        "\x0f",              // wire type 7
        "\x43\x20\x01",      // a group that does not end
        "\x43\x20\x01\x4c",  // a group that ends as another
        "\x44",              // the end of no group
        "Greeter.Hello",
    };
    for (const std::string& bytes : broken) {
      refuse(bytes, Kind::kRequest, "the envelope is not a protobuf message");
      refuse(
          "\x0a\x03"
          "A.B"
          "\x11" +
              kSeq + bytes,
          Kind::kReply, "the envelope is not a protobuf message");
    }
  }

  void whatWasInTheFrameIsGone() {
    for (const std::string bytes : {"",
                                    "\x0a\x01"
                                    "A"}) {
      Frame frame;
      frame.method = "Old.Method";
      frame.id = "old";
      frame.error = "old";
      CPPUNIT_ASSERT(!readProtoEnvelope(bytes, Kind::kRequest, frame));
      CPPUNIT_ASSERT_EQUAL(std::string(bytes.empty() ? "" : "A"), frame.method);
      CPPUNIT_ASSERT_EQUAL(std::string(), frame.id);
      CPPUNIT_ASSERT_EQUAL(std::string(), frame.error);
    }
    Frame frame;
    frame.error = "old";
    CPPUNIT_ASSERT(
        !readProtoEnvelope("\x0a\x01"
                           "A"
                           "\x11"
                           "12345678",
                           Kind::kRequest, frame));
    CPPUNIT_ASSERT_EQUAL(std::string(), frame.error);
  }

 private:
  const std::string kSeq = "\x01\x02\x03\x04\x05\x06\x07\xff";

  static std::string zeros(std::size_t count) { return std::string(count, '\0'); }

  static std::string write(const ProtoEnvelope& envelope) {
    std::string bytes(envelope.size(), '?');
    auto* const start = reinterpret_cast<std::uint8_t*>(bytes.data());
    CPPUNIT_ASSERT(envelope.write(start) == start + bytes.size());
    return bytes;
  }

  static void expect(const std::string& bytes, Kind kind, const std::string& method,
                     const std::string& id, const std::string& error) {
    Frame frame;
    const char* problem = readProtoEnvelope(bytes, kind, frame);
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(problem ? problem : ""));
    CPPUNIT_ASSERT_EQUAL(method, frame.method);
    CPPUNIT_ASSERT_EQUAL(id, frame.id);
    CPPUNIT_ASSERT_EQUAL(error, frame.error);
  }

  static void refuse(const std::string& bytes, Kind kind, const std::string& expected) {
    Frame frame;
    const char* problem = readProtoEnvelope(bytes, kind, frame);
    CPPUNIT_ASSERT_EQUAL(expected, std::string(problem ? problem : "read without a problem"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ProtoEnvelopeTest);

}  // namespace evmicro::detail
