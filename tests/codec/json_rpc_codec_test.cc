#include <cmath>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/codec.h>

#include "codec/codec_support.h"
#include "tests/codec/mapping.pb.h"
#include "tests/codec/peer.pb.h"

namespace evmicro {

using namespace test::mapping;
using test::errorOf;

// The bytes that go-micro sends are in golden_test.cc; here is what else can come, and go wrong.
class JsonRpcCodecTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonRpcCodecTest);
  CPPUNIT_TEST(theIdIsEchoedAsItCame);
  CPPUNIT_TEST(keysMatchInAnyCaseAndOrder);
  CPPUNIT_TEST(ofTheSameKeyTheLastCounts);
  CPPUNIT_TEST(whatFollowsTheObjectIsIgnored);
  CPPUNIT_TEST(bodiesInAnyNumberOfBlocksAreTheSame);
  CPPUNIT_TEST(methodsAreDecoded);
  CPPUNIT_TEST(emptyParamsAreTheDefaultMessage);
  CPPUNIT_TEST(onlyTheFirstOfParamsCounts);
  CPPUNIT_TEST(paramsThatAreNoArrayCanBeAnswered);
  CPPUNIT_TEST(payloadsThatDoNotFitCanBeAnswered);
  CPPUNIT_TEST(bodiesThatMakeNoSenseAreRefused);
  CPPUNIT_TEST(repliesAreReadAsGoReadsThem);
  CPPUNIT_TEST(placesInRepliesStartWithResult);
  CPPUNIT_TEST(integersAbove63BitsSurvive);
  CPPUNIT_TEST(documentsAreTakenOutAsTheyCame);
  CPPUNIT_TEST(documentsAreSentCompact);
  CPPUNIT_TEST(aResultIsNeverNull);
  CPPUNIT_TEST(documentsThatAreNoJsonAreRefused);
  CPPUNIT_TEST(aFailedWriteLeavesTheBufferAlone);
  CPPUNIT_TEST(longTextsAreWrittenToo);
  CPPUNIT_TEST(methodsAndErrorsAreEscaped);
  CPPUNIT_TEST(marshalWritesThePayloadAlone);
  CPPUNIT_TEST(unmarshalReadsThePayloadAlone);
  CPPUNIT_TEST(aFrameCanBeUsedAgain);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { codec_ = makeJsonRpcCodec(); }

  void theIdIsEchoedAsItCame() {
    const struct {
      const char* id;
      const char* echo;
    } table[] = {
        {"0", "0"},
        {"\"abc\"", "\"abc\""},
        {"18446744073709551616000", "18446744073709551616000"},
        {"-1.50e+3", "-1.50e+3"},
        {"null", "null"},
        {"true", "true"},
        {"[1,2]", "[1,2]"},
        {" { \"a\" : \" \\u0041\\\"\" } ", R"({"a":" \u0041\""})"},  // compacted, as Go does
        {"\"<\"", R"("\u003c")"},
    };
    for (const auto& row : table) {
      const Frame frame = readRequest("{\"method\":\"A.B\",\"id\":" + std::string(row.id) + "}");
      Buffer out;
      codec_->writeError(frame, "x", out);
      CPPUNIT_ASSERT_EQUAL(std::string("{\"id\":") + row.echo + ",\"result\":{},\"error\":\"x\"}\n",
                           out.toString());
    }
    Buffer out;
    codec_->writeError(readRequest(R"({"method":"A.B"})"), "x", out);
    CPPUNIT_ASSERT_EQUAL(std::string("{\"id\":null,\"result\":{},\"error\":\"x\"}\n"),
                         out.toString());
    Buffer made;
    codec_->writeError(Frame(), "x", made);
    CPPUNIT_ASSERT_EQUAL(out.toString(), made.toString());
  }

  void keysMatchInAnyCaseAndOrder() {
    const std::string bodies[] = {
        R"({"ID":7,"PARAMS":[{"name":"John"}],"Method":"Peer.Echo"})",
        R"({"jsonrpc":"2.0","id":7,"x":{"method":1,"id":[{}]},"params":[{"name":"John"}],"method":"Peer.Echo"})",
        "\r\n { \"m\\u0065thod\" : \"Peer.Echo\" , \"params\" : [ {\"name\":\"John\"} ] , \"id\" : "
        "7 }",
    };
    for (const std::string& body : bodies) {
      CPPUNIT_ASSERT_EQUAL(std::string("Peer.Echo 7 John"), summary(body));
    }
  }

  void ofTheSameKeyTheLastCounts() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("C.D 2 Ann"),
        summary(
            R"({"method":"A.B","id":1,"params":5,"method":"C.D","params":[{"name":"Ann"}],"id":2})"));
    CPPUNIT_ASSERT_EQUAL(
        std::string(" 1 "),
        summary(R"({"method":"A.B","method":null,"params":[{"name":"x"}],"params":[],"id":1})"));
  }

  void whatFollowsTheObjectIsIgnored() {
    for (const char* rest : {"\n", " garbage", "{\"method\":5}", "\xFF", "}"}) {
      CPPUNIT_ASSERT_EQUAL(
          std::string("A.B 1 John"),
          summary(R"({"method":"A.B","params":[{"name":"John"}],"id":1})" + std::string(rest)));
    }
  }

  void bodiesInAnyNumberOfBlocksAreTheSame() {
    const std::string bytes = "{\"method\":\"A.B\",\"params\":[{\"name\":\"John\"}],\"id\":12}\n";
    for (std::size_t block = 1; block <= bytes.size(); ++block) {
      Buffer body = test::inBlocks(bytes, block);
      Frame frame;
      CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readRequest(body, frame)));
      test::peer::Request message;
      CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readPayload(frame, body, &message)));
      CPPUNIT_ASSERT_EQUAL(std::string("John"), message.name());
      CPPUNIT_ASSERT_EQUAL(std::string("12"), frame.id);
    }
  }

  void methodsAreDecoded() {
    CPPUNIT_ASSERT_EQUAL(std::string("A.\xC3\xBC\n"),
                         readRequest(R"({"method":"A.\u00fc\n"})").method);
    CPPUNIT_ASSERT_EQUAL(std::string("A.\xC3\xBC"),
                         readRequest("{\"method\":\"A.\xC3\xBC\"}").method);
    CPPUNIT_ASSERT_EQUAL(std::string("A.\xEF\xBF\xBD"),
                         readRequest("{\"method\":\"A.\xFF\"}").method);
    CPPUNIT_ASSERT_EQUAL(std::string("A.B  cut \xEF\xBF\xBD emoji"),
                         summary(R"({"method":"A.B","params":[{"name":"cut \ud83d emoji"}]})"));
    CPPUNIT_ASSERT_EQUAL(std::string(), readRequest("{}").method);
    CPPUNIT_ASSERT_EQUAL(std::string(), readRequest(R"({"method":null})").method);
  }

  void emptyParamsAreTheDefaultMessage() {
    for (const char* params : {"[]", "[null]", "[{}]", " [ ] ", "[{},5]"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          params, std::string("A.B 1 "),
          summary(R"({"method":"A.B","params":)" + std::string(params) + ",\"id\":1}"));
    }
  }

  void onlyTheFirstOfParamsCounts() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("A.B 1 John"),
        summary(R"({"method":"A.B","params":[{"name":"John"},{"name":"Ann"},5,[]],"id":1})"));
  }

  void paramsThatAreNoArrayCanBeAnswered() {
    const struct {
      const char* body;
      const char* problem;
    } table[] = {
        {R"({"method":"A.B","params":{"name":"x"},"id":1})",
         "json-rpc: params: expected an array, got an object"},
        {R"({"method":"A.B","params":null,"id":1})",
         "json-rpc: params: expected an array, got null"},
        {R"({"method":"A.B","params":"x","id":1})",
         "json-rpc: params: expected an array, got a string"},
        {R"({"method":"A.B","params":5,"id":1})",
         "json-rpc: params: expected an array, got a number"},
        {R"({"method":"A.B","params":true,"id":1})",
         "json-rpc: params: expected an array, got a boolean"},
        {R"({"method":"A.B","id":1})",
         "json-rpc: params: missing, expected an array with the request"},
    };
    for (const auto& row : table) checkPayloadProblem(row.body, row.problem);
  }

  void payloadsThatDoNotFitCanBeAnswered() {
    checkPayloadProblem(R"({"method":"A.B","params":[{"name":5}],"id":1})",
                        "json-rpc: params[0].name: expected a string, got the number 5");
    checkPayloadProblem(R"({"method":"A.B","params":["x"],"id":1})",
                        R"(json-rpc: params[0]: expected an object, got a string "x")");
  }

  void bodiesThatMakeNoSenseAreRefused() {
    const struct {
      std::string body;
      const char* problem;
    } table[] = {
        {"", "json-rpc: the body is empty"},
        {" \n", "json-rpc: the text ends early: expected an object at byte 2"},
        {"[]", "json-rpc: unexpected '[' at byte 0: expected an object"},
        {"null", "json-rpc: unexpected 'n' at byte 0: expected an object"},
        {"Unsupported Content-Type: x", "json-rpc: unexpected 'U' at byte 0: expected an object"},
        {"{\"method\":\"A.B\"", "json-rpc: the text ends early: expected a comma or } at byte 15"},
        {"{\"method\":\"A.B\",\"id\":01}",
         "json-rpc: unexpected '1' at byte 22: expected a comma or }"},
        {"{\"method\":\"A.B\",\"params\":[}",
         "json-rpc: unexpected '}' at byte 26: expected a value"},
        {"{\"method\":5}", "json-rpc: method: expected a string, got a number"},
        {"{\"method\":[]}", "json-rpc: method: expected a string, got an array"},
        {"{\"x\":" + std::string(300, '[') + "}",
         "json-rpc: nested deeper than 256 levels at byte 261"},
    };
    for (const auto& row : table) {
      Buffer body(row.body);
      Frame frame;
      const Status status = codec_->readRequest(body, frame);
      CPPUNIT_ASSERT_EQUAL(std::string(row.problem), errorOf(status));
      CPPUNIT_ASSERT_EQUAL(400, status.code());
    }
  }

  void repliesAreReadAsGoReadsThem() {
    const struct {
      const char* body;
      const char* error;
      const char* msg;
    } table[] = {
        {R"({"id":0,"result":{"msg":"x"},"error":null})", "", "x"},
        {R"({"result":{"msg":"x"}})", "", "x"},
        {R"({"ERROR":null,"Result":{"msg":"x"},"id":"a"})", "", "x"},
        {R"({"id":0,"result":null,"error":null})", "", ""},
        {R"({"id":0,"error":null})", "", ""},
        {R"({"id":0,"result":{},"error":"oops"})", "oops", ""},
        {R"({"id":0,"error":"a\n\u00fc"})", "a\n\xC3\xBC", ""},
        {R"({"id":0,"result":null,"error":""})", "unspecified error", ""},
        {R"({"id":0,"error":{"code":5}})", "invalid error {\"code\":5}", ""},
        {R"({"id":0,"error":false})", "invalid error false", ""},
        {R"({"id":0,"error":"\ud800"})", "\xEF\xBF\xBD", ""},
        {R"({"id":0,"error":"old","error":null,"result":{"msg":"x"}})", "", "x"},
    };
    for (const auto& row : table) {
      Buffer body(row.body);
      Frame frame;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.body, std::string(),
                                   errorOf(codec_->readReply(body, frame)));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.body, std::string(row.error), frame.error);
      if (!frame.error.empty()) continue;
      test::peer::Response message;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.body, std::string(),
                                   errorOf(codec_->readPayload(frame, body, &message)));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.body, std::string(row.msg), message.msg());
    }
    Buffer broken("{\"id\":0,\"result\":{}");
    Frame frame;
    CPPUNIT_ASSERT(!codec_->readReply(broken, frame).ok());
  }

  void placesInRepliesStartWithResult() {
    Buffer body(R"({"id":0,"result":{"msg":1},"error":null})");
    Frame frame;
    CPPUNIT_ASSERT(codec_->readReply(body, frame).ok());
    test::peer::Response message;
    CPPUNIT_ASSERT_EQUAL(std::string("json-rpc: result.msg: expected a string, got the number 1"),
                         errorOf(codec_->readPayload(frame, body, &message)));
  }

  void integersAbove63BitsSurvive() {
    Scalars sent;
    sent.set_u64(18446744073709551615U);
    sent.set_text("n1");
    Buffer body;
    CPPUNIT_ASSERT(codec_->writeRequest("A.B", 18446744073709551615U, &sent, body).ok());
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "{\"method\":\"A.B\",\"params\":[{\"u64\":18446744073709551615,\"text\":\"n1\"}],"
            "\"id\":18446744073709551615}\n"),
        body.toString());
    Frame frame;
    CPPUNIT_ASSERT(codec_->readRequest(body, frame).ok());
    Scalars read;
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readPayload(frame, body, &read)));
    CPPUNIT_ASSERT_EQUAL(sent.SerializeAsString(), read.SerializeAsString());
    CPPUNIT_ASSERT_EQUAL(std::string("18446744073709551615"), frame.id);
  }

  void documentsAreTakenOutAsTheyCame() {
    const struct {
      const char* params;
      const char* text;
    } table[] = {
        {R"([ {"a": 18446744073709551616, "b" : [1.50] } , 2])",
         R"({"a": 18446744073709551616, "b" : [1.50] })"},
        {"[5]", "5"},
        {"[\"x\"]", "\"x\""},
        {"[[]]", "[]"},
        {"[]", "{}"},
        {"[null]", "{}"},
    };
    for (const auto& row : table) {
      Buffer body(R"({"method":"A.B","params":)" + std::string(row.params) + ",\"id\":1}");
      Frame frame;
      CPPUNIT_ASSERT(codec_->readRequest(body, frame).ok());
      JsonDocument document{"old"};
      CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readPayload(frame, body, &document)));
      CPPUNIT_ASSERT_EQUAL(std::string(row.text), document.text);
    }
  }

  void documentsAreSentCompact() {
    const JsonDocument document{" {\"a\" : [ 1.50, \"x <y>\" ]}\n"};
    Buffer out;
    CPPUNIT_ASSERT(codec_->writeRequest("A.B", 3, &document, out).ok());
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "{\"method\":\"A.B\",\"params\":[{\"a\":[1.50,\"x \\u003cy\\u003e\"]}],\"id\":3}\n"),
        out.toString());
  }

  void aResultIsNeverNull() {
    Frame request;
    request.id = "1";
    const std::string expected = "{\"id\":1,\"result\":{},\"error\":null}\n";
    for (const char* text : {"null", " null ", "{}", "{ }"}) {
      const JsonDocument document{text};
      Buffer out;
      CPPUNIT_ASSERT(codec_->writeReply(request, &document, out).ok());
      CPPUNIT_ASSERT_EQUAL(expected, out.toString());
    }
    const test::peer::Response empty;
    Buffer out;
    CPPUNIT_ASSERT(codec_->writeReply(request, &empty, out).ok());
    CPPUNIT_ASSERT_EQUAL(expected, out.toString());
  }

  void documentsThatAreNoJsonAreRefused() {
    for (const char* text : {"", " ", "{", "{}}", "{} {}", "nul", "{'a':1}", "\"\n\""}) {
      const JsonDocument document{text};
      Buffer out("kept");
      for (const Status& status :
           {codec_->writeRequest("A.B", 0, &document, out),
            codec_->writeReply(Frame(), &document, out), codec_->marshal(&document, out)}) {
        CPPUNIT_ASSERT_EQUAL(400, status.code());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(
            status.detail(), std::size_t{0},
            status.detail().find("json-rpc: the document to send is not valid JSON: "));
      }
      CPPUNIT_ASSERT_EQUAL(std::string("kept"), out.toString());
    }
  }

  void aFailedWriteLeavesTheBufferAlone() {
    Scalars message;
    message.set_text(std::string(10000, 'x'));
    message.set_d(std::nan(""));
    Buffer out("kept");
    CPPUNIT_ASSERT_EQUAL(std::string("json-rpc: cannot write: evmicro.test.mapping.Scalars.d is "
                                     "NaN, which JSON cannot represent"),
                         errorOf(codec_->writeReply(Frame(), &message, out)));
    CPPUNIT_ASSERT(!codec_->writeRequest("A.B", 0, &message, out).ok());
    CPPUNIT_ASSERT(!codec_->marshal(&message, out).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("kept"), out.toString());
  }

  // Long texts are handed to the buffer instead of copied: other code than that for short ones.
  void longTextsAreWrittenToo() {
    for (const std::size_t size : {1000, 4095, 4096, 4097, 1000000}) {
      test::peer::Response message;
      message.set_msg(std::string(size, 'x'));
      Frame request;
      request.id = "1";
      Buffer out("before:");
      CPPUNIT_ASSERT(codec_->writeReply(request, &message, out).ok());
      out.append(":after");
      CPPUNIT_ASSERT_EQUAL(
          "before:{\"id\":1,\"result\":{\"msg\":\"" + message.msg() + "\"},\"error\":null}\n:after",
          out.toString());
    }
  }

  void methodsAndErrorsAreEscaped() {
    Buffer request;
    CPPUNIT_ASSERT(codec_->writeRequest("A.\"<\n", 0, &kEmpty, request).ok());
    CPPUNIT_ASSERT_EQUAL(
        std::string("{\"method\":\"A.\\\"\\u003c\\n\",\"params\":[{}],\"id\":0}\n"),
        request.toString());
    Buffer error;
    codec_->writeError(Frame(), "a \"b\" & \xFF", error);
    CPPUNIT_ASSERT_EQUAL(
        std::string("{\"id\":null,\"result\":{},\"error\":\"a \\\"b\\\" \\u0026 \\ufffd\"}\n"),
        error.toString());
  }

  void marshalWritesThePayloadAlone() {
    test::peer::Request message;
    message.set_name("John");
    Buffer out;
    CPPUNIT_ASSERT(codec_->marshal(&message, out).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("{\"name\":\"John\"}"), out.toString());
  }

  void unmarshalReadsThePayloadAlone() {
    Buffer body = test::inBlocks(" {\"name\":\"John\"}\n", 3);
    test::peer::Request message;
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->unmarshal(body, &message)));
    CPPUNIT_ASSERT_EQUAL(std::string("John"), message.name());
    Buffer raw(" [1 , 2] ");
    JsonDocument document;
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->unmarshal(raw, &document)));
    CPPUNIT_ASSERT_EQUAL(std::string("[1 , 2]"), document.text);

    const struct {
      const char* text;
      const char* problem;
    } table[] = {
        {"", "json-rpc: the text ends early: expected a value at byte 0"},
        {"{} x", "json-rpc: unexpected 'x' at byte 3: expected the end"},
        {"{\"name\":1}", "json-rpc: name: expected a string, got the number 1"},
        {"[]", "json-rpc: expected an object, got an array"},
    };
    for (const auto& row : table) {
      Buffer broken(row.text);
      CPPUNIT_ASSERT_EQUAL(std::string(row.problem), errorOf(codec_->unmarshal(broken, &message)));
    }
  }

  void aFrameCanBeUsedAgain() {
    Frame frame;
    Buffer first(R"({"method":"A.B","params":{},"id":"x"})");
    CPPUNIT_ASSERT(codec_->readRequest(first, frame).ok());
    test::peer::Request message;
    CPPUNIT_ASSERT(!codec_->readPayload(frame, first, &message).ok());
    Buffer second(R"({"params":[{"name":"John"}]})");
    CPPUNIT_ASSERT(codec_->readRequest(second, frame).ok());
    CPPUNIT_ASSERT_EQUAL(std::string(), frame.method);
    CPPUNIT_ASSERT_EQUAL(std::string(), frame.id);
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readPayload(frame, second, &message)));
    CPPUNIT_ASSERT_EQUAL(std::string("John"), message.name());
  }

 private:
  Frame readRequest(const std::string& text) {
    Buffer body(text);
    Frame frame;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string(), errorOf(codec_->readRequest(body, frame)));
    return frame;
  }

  // "method id name" of a request.
  std::string summary(const std::string& text) {
    Buffer body(text);
    Frame frame;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string(), errorOf(codec_->readRequest(body, frame)));
    test::peer::Request message;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string(),
                                 errorOf(codec_->readPayload(frame, body, &message)));
    return frame.method + " " + frame.id + " " + message.name();
  }

  void checkPayloadProblem(const std::string& text, const std::string& problem) {
    Buffer body(text);
    Frame frame;
    CPPUNIT_ASSERT_EQUAL(std::string(), errorOf(codec_->readRequest(body, frame)));
    CPPUNIT_ASSERT_EQUAL(std::string("A.B"), frame.method);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), frame.id);
    test::peer::Request message;
    const Status status = codec_->readPayload(frame, body, &message);
    CPPUNIT_ASSERT_EQUAL(problem, errorOf(status));
    CPPUNIT_ASSERT_EQUAL(400, status.code());
  }

  const test::peer::Request kEmpty;
  std::unique_ptr<Codec> codec_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(JsonRpcCodecTest);

}  // namespace evmicro
