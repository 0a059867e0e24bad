// Requests that are refused before they are whole: Go's clients read the body of the answer by
// their codec, whatever its status.
#include "server/rpc_fixture.h"
#include "support/manual_clock.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

const std::string kJson = "application/json";
const std::string kProto = "application/octet-stream";
const std::string kTooLarge =
    R"({"id":"echo","code":413,"detail":"the body is too large","status":"Request Entity Too Large"})";

std::string inJson(const std::string& error) {
  std::string text;
  for (const char c : error) text.append(c == '"' ? "\\" : "").append(1, c);
  return "\"error\":\"" + text + "\"";
}

}  // namespace

class RefusalFormTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(RefusalFormTest);
  CPPUNIT_TEST(bodiesOverTheLimit);
  CPPUNIT_TEST(alsoAfterACall);
  CPPUNIT_TEST(malformedAndSlowBodies);
  CPPUNIT_TEST(textBeforeTheContentTypeIsKnown);
  CPPUNIT_TEST(aCallerGetsTheError);
  CPPUNIT_TEST(aStreamGetsTheError);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    RpcFixture::setUp();
    ServerOptions options;
    options.limits.maxBodyBytes = 1'000;
    makeServer(options);
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
    server_->handleStream<Text, Text>("Echo.Talk", [](Context, ServerStream<Text, Text> stream) {
      stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
    });
    start();
  }
  void tearDown() override {
    RpcFixture::tearDown();
    clock_.reset();
  }

  void bodiesOverTheLimit() {
    RawPeer& json = connect();
    json.send(request(std::string(1'001, ' '), {}, kJson));
    CPPUNIT_ASSERT(ends(json));
    CPPUNIT_ASSERT(json.has("HTTP/1.1 413 "));
    CPPUNIT_ASSERT(json.has("\r\nContent-Type: application/json\r\n"));
    CPPUNIT_ASSERT(json.has("\r\nConnection: close\r\n"));
    CPPUNIT_ASSERT_MESSAGE(json.received(), json.has(inJson(kTooLarge)));

    RawPeer& proto = connect();
    proto.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: " + kProto +
               "\r\nHost: x\r\n\r\n3e9\r\n");
    CPPUNIT_ASSERT(ends(proto));
    CPPUNIT_ASSERT(proto.has("HTTP/1.1 413 "));
    const std::string answer = proto.received();
    Buffer body(answer.substr(answer.find("\r\n\r\n") + 4));
    Frame frame;
    CPPUNIT_ASSERT(makeProtoRpcCodec()->readReply(body, frame).ok());
    CPPUNIT_ASSERT_EQUAL(kTooLarge, frame.error);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, server_->stats().listener.tooLarge);
  }

  void alsoAfterACall() {
    RawPeer& peer = connect();
    std::string whole = R"({"method":"Echo.Say","params":[{"status":"x"}],"id":1})";
    whole.resize(1'000, ' ');  // just within the limit
    peer.send(request(whole));
    CPPUNIT_ASSERT(receives(peer, "\"result\""));
    peer.send(request(std::string(1'001, ' ')));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has(inJson(kTooLarge)));
  }

  void malformedAndSlowBodies() {
    RawPeer& malformed = connect();
    malformed.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: " + kJson +
                   "\r\nHost: x\r\n\r\nzz\r\n");
    CPPUNIT_ASSERT(ends(malformed));
    CPPUNIT_ASSERT(malformed.has("HTTP/1.1 400 "));
    CPPUNIT_ASSERT(malformed.has("\\\"code\\\":400,\\\"detail\\\":\\\"malformed chunk size"));

    RawPeer& slow = connect();
    slow.send("POST / HTTP/1.1\r\nContent-Length: 9\r\nContent-Type: " + kJson +
              "\r\nHost: x\r\n\r\n{");
    CPPUNIT_ASSERT(clock_->runUntil(*loop_, [&] { return slow.ended(); }));
    CPPUNIT_ASSERT(slow.has("HTTP/1.1 408 "));
    CPPUNIT_ASSERT(slow.has("\\\"code\\\":408,"));
  }

  void textBeforeTheContentTypeIsKnown() {
    for (const std::string& head : {
             "POST / HTTP/1.1\r\nContent-Length: 1001\r\nHost: x\r\n\r\n"s,
             "POST / HTTP/1.1\r\nContent-Length: 1001\r\nContent-Type: text/x\r\nHost: x\r\n\r\n"s,
             "GET / HTTP/1.1\r\nContent-Length: 1001\r\nContent-Type: " + kJson +
                 "\r\nHost: x\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: " + kJson +
                 "\r\nX: " + std::string(70'000, 'x'),
         }) {
      RawPeer& peer = connect();
      peer.send(head);
      CPPUNIT_ASSERT(ends(peer));
      CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("too large\n"));
      CPPUNIT_ASSERT(!peer.has("\"code\""));
    }
  }

  void aCallerGetsTheError() {
    for (const std::string& contentType : {kJson, kProto}) {
      CallOptions options;
      options.contentType = contentType;
      const Status status = call("Echo.Say", std::string(1'001, 'x'), options).status();
      CPPUNIT_ASSERT_EQUAL(413, status.code());
      CPPUNIT_ASSERT(status.kind() == ErrorKind::kInvalid);
      CPPUNIT_ASSERT_MESSAGE(status.detail(),
                             status.detail().find("the body is too large") != std::string::npos);
    }
  }

  void aStreamGetsTheError() {
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Talk");
    std::optional<Status> end;
    stream.onMessage([](const Text&) {});
    stream.onEnd([&end](Status status) { end = std::move(status); });
    stream.send(test::text("x"));
    stream.send(test::text(std::string(1'001, 'x')));
    CPPUNIT_ASSERT(runUntil(*loop_, [&end] { return end.has_value(); }));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end->toString(), 413, end->code());
  }

 private:
  std::unique_ptr<test::ManualClock> clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RefusalFormTest);

}  // namespace evmicro
