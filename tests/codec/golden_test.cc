// Bodies captured from go-micro (golden/): both directions are decoded, and encoded again byte by
// byte.

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/codec.h>

#include "codec/codec_support.h"
#include "tests/codec/peer.pb.h"

namespace evmicro {

class GoldenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GoldenTest);
  CPPUNIT_TEST(protoRequestsAreReadAndWritten);
  CPPUNIT_TEST(protoRepliesAreReadAndWritten);
  CPPUNIT_TEST(protoErrorsAreReadAndWritten);
  CPPUNIT_TEST(jsonRequestsAreReadAndWritten);
  CPPUNIT_TEST(jsonRepliesAreReadAndWritten);
  CPPUNIT_TEST(jsonErrorsAreReadAndWritten);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    proto_ = makeProtoRpcCodec();
    json_ = makeJsonRpcCodec();
  }

  void protoRequestsAreReadAndWritten() {
    checkRequest<test::peer::HelloRequest>(*proto_, "greeter_proto", "Greeter.Hello", "John");
    checkRequest(*proto_, "unary_octet_stream", "Peer.Echo", "John");
    checkRequest(*proto_, "fail_proto_notfound", "Peer.Fail", "notfound");
    checkRequest(*proto_, "fail_proto_plain", "Peer.Fail", "plain");
    checkRequest(*proto_, "debug_health", "Debug.Health", "John");
    checkRequest(*proto_, "unknown_method_proto", "Peer.Nope", "John");
    checkRequest(*proto_, "unknown_service_proto", "Nope.Echo", "John");
  }

  void protoRepliesAreReadAndWritten() {
    checkReply(*proto_, "unary_octet_stream", [](const test::peer::Response& reply) {
      CPPUNIT_ASSERT_EQUAL(std::string("John"), reply.msg());
    });
    checkReply(*proto_, "greeter_proto", [](const test::peer::HelloResponse& reply) {
      CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), reply.greeting());
    });
    checkReply(*proto_, "debug_health", [](const test::peer::Health& reply) {
      CPPUNIT_ASSERT_EQUAL(std::string("ok"), reply.status());
    });
  }

  void protoErrorsAreReadAndWritten() {
    checkError(*proto_, "fail_proto_plain", "plain error text");
    checkError(*proto_, "unknown_method_proto", "rpc: can't find method Peer.Nope");
    checkError(*proto_, "unknown_service_proto", "rpc: can't find service Nope.Echo");
    checkError(*proto_, "fail_proto_notfound", kNotFound);
  }

  void jsonRequestsAreReadAndWritten() {
    checkRequest(*json_, "unary_json", "Peer.Echo", "John");
    checkRequest(*json_, "fail_json_notfound", "Peer.Fail", "notfound");
    checkRequest(*json_, "fail_json_plain", "Peer.Fail", "plain");
    checkRequest(*json_, "unknown_method_json", "Peer.Nope", "John");
    checkRequest(*json_, "unknown_service_json", "Nope.Echo", "John");
  }

  void jsonRepliesAreReadAndWritten() {
    checkReply(*json_, "unary_json", [](const test::peer::Response& reply) {
      CPPUNIT_ASSERT_EQUAL(std::string("John"), reply.msg());
    });
  }

  void jsonErrorsAreReadAndWritten() {
    checkError(*json_, "fail_json_plain", "plain error text");
    checkError(*json_, "unknown_method_json", "rpc: can't find method Peer.Nope");
    checkError(*json_, "unknown_service_json", "rpc: can't find service Nope.Echo");
    checkError(*json_, "fail_json_notfound", kNotFound);
  }

 private:
  static constexpr char kNotFound[] =
      R"({"id":"peer.fail","code":404,"detail":"thing \u003cx\u003e \u0026 \"y\" not found",)"
      R"("status":"Not Found"})";

  template <typename Message = test::peer::Request>
  static void checkRequest(const Codec& codec, const std::string& name, const std::string& method,
                           const std::string& argument) {
    const std::string bytes = test::golden(name + ".request");
    Buffer body(bytes);
    Frame frame;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(),
                                 test::errorOf(codec.readRequest(body, frame)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, method, frame.method);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, idOfZero(codec), frame.id);
    Message message;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(),
                                 test::errorOf(codec.readPayload(frame, body, &message)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, argument, message.name());

    Buffer written;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(),
                                 test::errorOf(codec.writeRequest(method, 0, &message, written)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, bytes, written.toString());
  }

  // Reads the captured reply, then answers the captured request with what was read.
  template <typename Message>
  static void checkReply(const Codec& codec, const std::string& name,
                         void (*check)(const Message&)) {
    const std::string bytes = test::golden(name + ".reply");
    Buffer body(bytes);
    Frame frame;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), test::errorOf(codec.readReply(body, frame)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), frame.error);
    Message message;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(),
                                 test::errorOf(codec.readPayload(frame, body, &message)));
    check(message);

    Buffer written;
    const Frame request = readGoldenRequest(codec, name);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(),
                                 test::errorOf(codec.writeReply(request, &message, written)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, bytes, written.toString());
  }
  template <typename Check>
  static void checkReply(const Codec& codec, const std::string& name, Check check) {
    checkReply(codec, name, +check);
  }

  static void checkError(const Codec& codec, const std::string& name, const std::string& error) {
    const std::string bytes = test::golden(name + ".reply");
    Buffer body(bytes);
    Frame frame;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), test::errorOf(codec.readReply(body, frame)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, error, frame.error);

    Buffer written;
    codec.writeError(readGoldenRequest(codec, name), error, written);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, bytes, written.toString());
  }

  static Frame readGoldenRequest(const Codec& codec, const std::string& name) {
    Buffer body(test::golden(name + ".request"));
    Frame frame;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(),
                                 test::errorOf(codec.readRequest(body, frame)));
    return frame;
  }

  static std::string idOfZero(const Codec& codec) {
    return codec.name() == "proto-rpc" ? std::string(8, '\0') : "0";
  }

  std::unique_ptr<Codec> proto_;
  std::unique_ptr<Codec> json_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(GoldenTest);

}  // namespace evmicro
