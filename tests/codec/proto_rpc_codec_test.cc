#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <google/protobuf/stubs/logging.h>

#include <evmicro/codec.h>

#include "codec/codec_support.h"
#include "tests/codec/mapping.pb.h"
#include "tests/codec/mapping_proto2.pb.h"
#include "tests/codec/peer.pb.h"

namespace evmicro {

using namespace std::string_literals;
using namespace test::mapping;
using test::errorOf;

// The bytes that go-micro sends are in golden_test.cc; here is what else can come, and go wrong.
class ProtoRpcCodecTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProtoRpcCodecTest);
  CPPUNIT_TEST(bodiesInAnyNumberOfBlocksAreTheSame);
  CPPUNIT_TEST(bigPayloadsArePassedThroughBlocks);
  CPPUNIT_TEST(theSeqIsEchoedBitForBit);
  CPPUNIT_TEST(aRequestWithoutSeqIsAnsweredWithZero);
  CPPUNIT_TEST(bytesAfterThePayloadAreIgnored);
  CPPUNIT_TEST(anEmptyPayloadIsTheDefaultMessage);
  CPPUNIT_TEST(aFrameCanBeUsedAgain);
  CPPUNIT_TEST(thePayloadCanBeReadTwice);
  CPPUNIT_TEST(envelopesThatAreCutShortAreRefused);
  CPPUNIT_TEST(envelopesThatAreNoneAreRefused);
  CPPUNIT_TEST(payloadsThatAreCutShortCanBeAnswered);
  CPPUNIT_TEST(payloadsThatAreNoMessageCanBeAnswered);
  CPPUNIT_TEST(stringsThatAreNotUtf8AreNamed);
  CPPUNIT_TEST(peersCannotMakeProtobufLog);
  CPPUNIT_TEST(missingRequiredFieldsAreNamed);
  CPPUNIT_TEST(jsonDocumentsAreRefused);
  CPPUNIT_TEST(aFailedWriteLeavesTheBufferAlone);
  CPPUNIT_TEST(writingAppends);
  CPPUNIT_TEST(marshalWritesThePayloadAlone);
  CPPUNIT_TEST(unmarshalReadsThePayloadAlone);
  CPPUNIT_TEST(repliesWithoutThePayloadBlockStillGiveTheirError);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    codec_ = makeProtoRpcCodec();
    message_.set_name("John");
  }

  void bodiesInAnyNumberOfBlocksAreTheSame() {
    const std::string bytes = request();
    for (std::size_t block = 1; block <= bytes.size(); ++block) {
      Buffer body = test::inBlocks(bytes, block);
      Frame frame;
      CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readRequest(body, frame)));
      CPPUNIT_ASSERT_EQUAL(std::string("Peer.Echo"), frame.method);
      CPPUNIT_ASSERT_EQUAL(std::size_t{6}, frame.payloadSize);
      test::peer::Request read;
      CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readPayload(frame, body, &read)));
      CPPUNIT_ASSERT_EQUAL(std::string("John"), read.name());
    }
  }

  void bigPayloadsArePassedThroughBlocks() {
    Lists big;
    for (int i = 0; i < 2000; ++i)
      big.add_items()->set_label(std::string(static_cast<std::size_t>(i % 300), 'x'));
    Buffer written;
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->writeRequest("A.B", 1, &big, written)));
    const std::string bytes = written.toString();
    for (const std::size_t block : {1000, 4096, 65536}) {
      Buffer body = test::inBlocks(bytes, block);
      Frame frame;
      CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readRequest(body, frame)));
      Lists read;
      CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readPayload(frame, body, &read)));
      CPPUNIT_ASSERT(big.SerializeAsString() == read.SerializeAsString());
    }
  }

  void theSeqIsEchoedBitForBit() {
    for (const std::uint64_t seq :
         {std::uint64_t{1}, std::uint64_t{0x0102030405060708}, std::uint64_t{0xFFFFFFFFFFFFFFFF}}) {
      Buffer body;
      CPPUNIT_ASSERT(codec_->writeRequest("A.B", seq, &message_, body).ok());
      Frame request;
      CPPUNIT_ASSERT(codec_->readRequest(body, request).ok());
      CPPUNIT_ASSERT_EQUAL(std::size_t{8}, request.id.size());
      CPPUNIT_ASSERT_EQUAL(static_cast<char>(seq & 0xFF), request.id[0]);
      CPPUNIT_ASSERT_EQUAL(static_cast<char>(seq >> 56), request.id[7]);
      Buffer answer;
      CPPUNIT_ASSERT(codec_->writeReply(request, &message_, answer).ok());
      Frame reply;
      CPPUNIT_ASSERT(codec_->readReply(answer, reply).ok());
      CPPUNIT_ASSERT_EQUAL(request.id, reply.id);
      CPPUNIT_ASSERT_EQUAL(std::string("A.B"), reply.method);
    }
  }

  void aRequestWithoutSeqIsAnsweredWithZero() {
    Buffer body(block("\x0a\x03"
                      "A.B") +
                block(""));
    Frame frame;
    CPPUNIT_ASSERT(codec_->readRequest(body, frame).ok());
    Buffer out;
    codec_->writeError(frame, "x", out);
    CPPUNIT_ASSERT_EQUAL(block("\x0a\x03"
                               "A.B\x11" +
                               std::string(8, '\0') + "\x1a\x01x") +
                             block(""),
                         out.toString());
  }

  void bytesAfterThePayloadAreIgnored() {
    Buffer body(request() + "garbage");
    Frame frame;
    CPPUNIT_ASSERT(codec_->readRequest(body, frame).ok());
    test::peer::Request read;
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readPayload(frame, body, &read)));
    CPPUNIT_ASSERT_EQUAL(std::string("John"), read.name());
  }

  void anEmptyPayloadIsTheDefaultMessage() {
    Buffer body(envelope() + block(""));
    Frame frame;
    CPPUNIT_ASSERT(codec_->readRequest(body, frame).ok());
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readPayload(frame, body, &message_)));
    CPPUNIT_ASSERT_EQUAL(std::string(), message_.name());
  }

  void aFrameCanBeUsedAgain() {
    Frame frame;
    Buffer broken(envelope());
    CPPUNIT_ASSERT(codec_->readRequest(broken, frame).ok());
    CPPUNIT_ASSERT(!codec_->readPayload(frame, broken, &message_).ok());
    Buffer good(request());
    CPPUNIT_ASSERT(codec_->readRequest(good, frame).ok());
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readPayload(frame, good, &message_)));
  }

  void thePayloadCanBeReadTwice() {
    Buffer body(request());
    Frame frame;
    CPPUNIT_ASSERT(codec_->readRequest(body, frame).ok());
    for (int i = 0; i < 2; ++i) {
      test::peer::Request read;
      CPPUNIT_ASSERT(codec_->readPayload(frame, body, &read).ok());
      CPPUNIT_ASSERT_EQUAL(std::string("John"), read.name());
    }
  }

  void envelopesThatAreCutShortAreRefused() {
    refuse("", "proto-rpc: envelope missing");
    refuse(std::string("\0\0\0", 3), "proto-rpc: the body ends within the length of the envelope");
    refuse(std::string("\0\0\0\x18", 4) + "1234",
           "proto-rpc: the envelope should have 24 bytes, but has only 4");
    refuse("Unsupported Content-Type",
           "proto-rpc: the envelope should have 1433301877 bytes, but has only 20");
    refuse(std::string("\0\0\0\1", 4),
           "proto-rpc: the envelope should have 1 byte, but has only 0");
    refuse(
        "\xFF\xFF\xFF\xFF"
        "x",
        "proto-rpc: the envelope should have 4294967295 bytes, but has only 1");
  }

  void envelopesThatAreNoneAreRefused() {
    refuse(block("{\"method\":1}") + block(""),
           "proto-rpc: the envelope is not a protobuf message");
    refuse(block("\x0a\x03"
                 "A.B"
                 "\x10\x01") +
               block(""),
           "proto-rpc: the seq (field 2) is not a fixed64");
  }

  void payloadsThatAreCutShortCanBeAnswered() {
    refusePayload("", "proto-rpc: payload (second block) missing");
    refusePayload(std::string("\0\0", 2),
                  "proto-rpc: the body ends within the length of the payload (second block)");
    refusePayload(std::string("\0\0\0\x06\x0a\x04Jo", 8),
                  "proto-rpc: the payload (second block) should have 6 bytes, but has only 4");
    refusePayload(std::string("\0\0\0\x07\x0a\x04John", 10),  // a message, but one byte short
                  "proto-rpc: the payload (second block) should have 7 bytes, but has only 6");
  }

  void payloadsThatAreNoMessageCanBeAnswered() {
    const std::string problem = ") is not a valid evmicro.test.peer.Request";
    refusePayload(block("John"), "proto-rpc: the payload (4 bytes" + problem);
    refusePayload(block(std::string("\x0a\x04Jo\0", 5)),
                  "proto-rpc: the payload (5 bytes" + problem);
    refusePayload(block(std::string(1, '\0')), "proto-rpc: the payload (1 byte" + problem);
    refusePayload(block("\x0c"), "proto-rpc: the payload (1 byte" + problem);
  }

  void stringsThatAreNotUtf8AreNamed() {
    const auto problemOf = [this](const std::string& payload, auto message) {
      Buffer body = test::inBlocks(payload, payload.size());
      return codec_->unmarshal(body, &message).detail();
    };
    CPPUNIT_ASSERT_EQUAL(
        "proto-rpc: the payload (5 bytes) is not a valid evmicro.test.peer.Request: "
        "the string name is not UTF-8"s,
        problemOf("\x0a\x03J\xc3n", test::peer::Request()));
    CPPUNIT_ASSERT_EQUAL(
        "proto-rpc: the payload (7 bytes) is not a valid evmicro.test.mapping.Lists: the string "
        "text[1] is not UTF-8"s,
        problemOf("\x42\x01\x61\x42\x02\xed\xa0", test::mapping::Lists()));
    CPPUNIT_ASSERT_EQUAL(""s, problemOf("\x0a\x04J\xc3\xb6n", test::peer::Request()));
  }

  void peersCannotMakeProtobufLog() {
    static int lines;
    lines = 0;
    const auto before = google::protobuf::SetLogHandler(
        [](google::protobuf::LogLevel, const char*, int, const std::string&) { ++lines; });
    stringsThatAreNotUtf8AreNamed();
    google::protobuf::SetLogHandler(before);
    CPPUNIT_ASSERT_EQUAL(0, lines);
  }

  void missingRequiredFieldsAreNamed() {
    Old old;
    Buffer body(envelope() + block(""));
    Frame frame;
    CPPUNIT_ASSERT(codec_->readRequest(body, frame).ok());
    const Status read = codec_->readPayload(frame, body, &old);
    CPPUNIT_ASSERT_EQUAL(
        std::string("proto-rpc: evmicro.test.mapping.Old lacks required fields: name"),
        errorOf(read));
    Buffer out("kept");
    const Status written = codec_->writeReply(frame, &old, out);
    CPPUNIT_ASSERT_EQUAL(std::string("proto-rpc: cannot write evmicro.test.mapping.Old, which "
                                     "lacks required fields: name"),
                         errorOf(written));
    CPPUNIT_ASSERT_EQUAL(400, written.code());
    CPPUNIT_ASSERT_EQUAL(std::string("kept"), out.toString());
  }

  void jsonDocumentsAreRefused() {
    const std::string problem =
        "proto-rpc: this content type carries protobuf messages, but the method speaks JSON only: "
        "call it with application/json";
    JsonDocument document;
    Buffer body(request());
    Frame frame;
    CPPUNIT_ASSERT(codec_->readRequest(body, frame).ok());
    const Status read = codec_->readPayload(frame, body, &document);
    CPPUNIT_ASSERT_EQUAL(problem, errorOf(read));
    CPPUNIT_ASSERT_EQUAL(400, read.code());

    Buffer out;
    const JsonDocument* source = &document;
    CPPUNIT_ASSERT_EQUAL(problem, errorOf(codec_->writeRequest("A.B", 0, source, out)));
    CPPUNIT_ASSERT_EQUAL(problem, errorOf(codec_->writeReply(frame, source, out)));
    CPPUNIT_ASSERT_EQUAL(problem, errorOf(codec_->marshal(source, out)));
    CPPUNIT_ASSERT_EQUAL(problem, errorOf(codec_->unmarshal(body, &document)));
    CPPUNIT_ASSERT(out.empty());
  }

  void aFailedWriteLeavesTheBufferAlone() {
    Buffer out("kept");
    const Old incomplete;
    CPPUNIT_ASSERT(!codec_->writeRequest("A.B", 0, &incomplete, out).ok());
    CPPUNIT_ASSERT(!codec_->marshal(&incomplete, out).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("kept"), out.toString());
  }

  void writingAppends() {
    Buffer out("before:");
    CPPUNIT_ASSERT(codec_->writeRequest("Peer.Echo", 0, &message_, out).ok());
    CPPUNIT_ASSERT_EQUAL("before:" + request(), out.toString());
  }

  void marshalWritesThePayloadAlone() {
    Buffer out;
    CPPUNIT_ASSERT(codec_->marshal(&message_, out).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("\x0a\x04John"), out.toString());
    Buffer empty;
    const test::peer::Request nothing;
    CPPUNIT_ASSERT(codec_->marshal(&nothing, empty).ok());
    CPPUNIT_ASSERT(empty.empty());
  }

  void unmarshalReadsThePayloadAlone() {
    Buffer body = test::inBlocks("\x0a\x04John", 2);
    test::peer::Request read;
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->unmarshal(body, &read)));
    CPPUNIT_ASSERT_EQUAL(std::string("John"), read.name());
    Buffer empty;
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->unmarshal(empty, &read)));
    CPPUNIT_ASSERT_EQUAL(std::string(), read.name());
    Buffer broken("John");
    CPPUNIT_ASSERT_EQUAL(
        std::string("proto-rpc: the payload (4 bytes) is not a valid evmicro.test.peer.Request"),
        errorOf(codec_->unmarshal(broken, &read)));
  }

  // go-micro's client reports "reading error payload: EOF" instead; the error itself is better.
  void repliesWithoutThePayloadBlockStillGiveTheirError() {
    Buffer body(
        block("\x0a\x03"
              "A.B\x11"
              "12345678\x1a\x04oops"));
    Frame frame;
    CPPUNIT_ASSERT(codec_->readReply(body, frame).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("oops"), frame.error);
  }

 private:
  static std::string block(const std::string& content) {
    std::string all(4, '\0');
    all[2] = static_cast<char>(content.size() >> 8);
    all[3] = static_cast<char>(content.size());
    return all + content;
  }

  static std::string envelope() { return block("\x0a\x09Peer.Echo\x11" + std::string(8, '\0')); }
  static std::string request() { return envelope() + block("\x0a\x04John"); }

  void refuse(const std::string& bytes, const std::string& problem) {
    Buffer body(bytes);
    Frame frame;
    const Status asRequest = codec_->readRequest(body, frame);
    CPPUNIT_ASSERT_EQUAL(problem, errorOf(asRequest));
    CPPUNIT_ASSERT_EQUAL(400, asRequest.code());
    Buffer again(bytes);
    CPPUNIT_ASSERT_EQUAL(problem, errorOf(codec_->readReply(again, frame)));
  }

  // The envelope must be readable, so that there is somebody to answer.
  void refusePayload(const std::string& rest, const std::string& problem) {
    for (const std::size_t blockSize : {1000, 1}) {
      Buffer body = test::inBlocks(envelope() + rest, blockSize);
      Frame frame;
      CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readRequest(body, frame)));
      CPPUNIT_ASSERT_EQUAL(std::string("Peer.Echo"), frame.method);
      const Status status = codec_->readPayload(frame, body, &message_);
      CPPUNIT_ASSERT_EQUAL(problem, errorOf(status));
      CPPUNIT_ASSERT_EQUAL(400, status.code());
    }
  }

  std::unique_ptr<Codec> codec_;
  test::peer::Request message_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(ProtoRpcCodecTest);

}  // namespace evmicro
