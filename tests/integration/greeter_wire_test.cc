// The built greeter as seen by a peer that sends raw bytes: what go-micro's clients send, captured
// from them, and what nobody should send.
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"
#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/reported.h"
#include "support/turn_until.h"

namespace evmicro {

namespace {

using namespace std::string_literals;

const std::string kOctets = "application/octet-stream";
const std::string kJson = "application/json";

// A request as Go's client writes it, with some metadata.
std::string post(const std::string& contentType, const std::string& body) {
  return "POST / HTTP/1.1\r\n"
         "Host: 127.0.0.1:9092\r\n"
         "User-Agent: Go-http-client/1.1\r\n"
         "Content-Length: " +
         std::to_string(body.size()) +
         "\r\n"
         "Content-Type: " +
         contentType +
         "\r\n"
         "Lower-Key: v1\r\n"
         "Under_score: v2\r\n"
         "X-User-Id: john\r\n"
         "X-Weird: a: b, c;d\r\n"
         "\r\n" +
         body;
}

// One length-prefixed block of proto-rpc.
std::string block(const std::string& bytes) {
  std::string result;
  for (int shift = 24; shift >= 0; shift -= 8) {
    result += static_cast<char>((bytes.size() >> shift) & 0xff);
  }
  return result + bytes;
}

std::string field(char tag, const std::string& bytes) {
  return tag + std::string(1, static_cast<char>(bytes.size())) + bytes;
}

const std::string kSeq = "\x11\0\0\0\0\0\0\0\0"s;

std::string protoRequest(const std::string& method, const std::string& payload) {
  return block(field('\x0a', method) + kSeq) + block(payload);
}

std::string protoReply(const std::string& method, const std::string& error,
                       const std::string& payload = "") {
  return block(field('\x0a', method) + kSeq + field('\x1a', error)) + block(payload);
}

// As captured from go-micro's greeter.
const std::string kHello =
    "\x00\x00\x00\x18\x0a\x0dGreeter.Hello\x11\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x06\x0a\x04John"s;
const std::string kHelloJohn =
    "\x00\x00\x00\x1a\x0a\x0dGreeter.Hello\x11\x00\x00\x00\x00\x00\x00\x00\x00\x1a\x00"
    "\x00\x00\x00\x0c\x12\x0aHello John"s;
const std::string kJsonHello =
    "{\"method\":\"Greeter.Hello\",\"params\":[{\"name\":\"John\"}],\"id\":0}\n";
const std::string kJsonHelloJohn =
    "{\"id\":0,\"result\":{\"greeting\":\"Hello John\"},\"error\":null}\n";

}  // namespace

class GreeterWireTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GreeterWireTest);
  CPPUNIT_TEST(capturedRequestIsAnswered);
  CPPUNIT_TEST(everyContentTypeIsAnswered);
  CPPUNIT_TEST(answersBytesThatTrickleIn);
  CPPUNIT_TEST(halfClosedRequestIsAnswered);
  CPPUNIT_TEST(requestsFollowOneAnother);
  CPPUNIT_TEST(answersDebugHealth);
  CPPUNIT_TEST(unknownNamesAreAnsweredAndClosed);
  CPPUNIT_TEST(unknownContentTypesAreNamed);
  CPPUNIT_TEST(parametersOfContentTypesAreIgnored);
  CPPUNIT_TEST(undecodablePayloadsAreAnswered);
  CPPUNIT_TEST(senselessBodiesAreRefusedAndClosed);
  CPPUNIT_TEST(whatIsNoRequestIsRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    greeter_ = std::make_unique<test::ServiceProcess>("greeter", agent_->address());
    loop_ = std::make_unique<EventLoop>();
  }

  void tearDown() override {
    peer_.reset();
    loop_.reset();
    greeter_.reset();
    agent_.reset();
  }

  void capturedRequestIsAnswered() {
    connect();
    send(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:9090\r\nUser-Agent: Go-http-client/1.1\r\n"
        "Content-Length: 38\r\nContent-Type: application/octet-stream\r\n"
        "X-Micro-From-Service: greeter\r\n\r\n" +
        kHello);
    answers(kOctets, kHelloJohn);
  }

  void everyContentTypeIsAnswered() {
    for (const char* type :
         {"application/octet-stream", "application/protobuf", "application/proto-rpc"}) {
      connect();
      send(post(type, kHello));
      answers(type, kHelloJohn);
    }
    for (const char* type : {"application/json", "application/json-rpc"}) {
      connect();
      send(post(type, kJsonHello));
      answers(type, kJsonHelloJohn);
    }
  }

  void answersBytesThatTrickleIn() {
    connect();
    for (const char byte : post(kOctets, kHello)) {
      send(std::string(1, byte));
      until([this] { return peer_->unsent() == 0; });
    }
    answers(kOctets, kHelloJohn);
  }

  void halfClosedRequestIsAnswered() {
    connect();
    send(post(kOctets, kHello));
    peer_->finish();
    answers(kOctets, kHelloJohn);
    ends();
  }

  void requestsFollowOneAnother() {
    connect();
    for (int i = 0; i < 3; ++i) {
      send(post(kOctets, kHello));
      answers(kOctets, kHelloJohn);
      send(post(kJson, kJsonHello));
      answers(kJson, kJsonHelloJohn);
    }
  }

  void answersDebugHealth() {
    connect();
    send(post(kOctets, protoRequest("Debug.Health", "")));
    answers(kOctets, protoReply("Debug.Health", "", "\x0a\x02ok"));
  }

  void unknownNamesAreAnsweredAndClosed() {
    const std::pair<std::string, std::string> cases[] = {
        {"Nope.Echo", "rpc: can't find service Nope.Echo"},
        {"Greeter.Nope", "rpc: can't find method Greeter.Nope"},
        {"greeter.Hello", "rpc: can't find service greeter.Hello"},
        {"Greeter", "rpc: service/method request ill-formed: Greeter"},
        {"Greeter.Hello.Again", "rpc: service/method request ill-formed: Greeter.Hello.Again"},
        {"", "rpc: service/method request ill-formed: "}};
    for (const auto& [method, error] : cases) {
      connect();
      send(post(kOctets, protoRequest(method, "\x0a\x04John")));
      answers(kOctets, protoReply(method, error));
      ends();
      connect();
      send(post(kJson, R"({"method":")" + method + R"(","params":[{}],"id":0})"));
      answers(kJson, R"({"id":0,"result":{},"error":")" + error + "\"}\n");
      ends();
    }
    isAlive();
  }

  void unknownContentTypesAreNamed() {
    for (const char* type : {"Application/JSON", "application/jsonx", "text/html"}) {
      connect();
      send(post(type, kJsonHello));
      answers("text/plain", "Unsupported Content-Type: "s + type);
      ends();
    }
    isAlive();
  }

  void parametersOfContentTypesAreIgnored() {
    connect();
    send(post("application/json; charset=utf-8", kJsonHello));
    answers("application/json; charset=utf-8", kJsonHelloJohn);
  }

  void undecodablePayloadsAreAnswered() {
    // A string of 100 bytes of which 4 are there; a field of the wrong wire type; no payload.
    const std::string envelope = block(field('\x0a', "Greeter.Hello") + kSeq);
    for (const std::string& body :
         {envelope + block("\x0a\x64John"), envelope + block("\x0f\x01"), envelope}) {
      connect();
      send(post(kOctets, body));
      const std::string reply = answer(kOctets);
      CPPUNIT_ASSERT_MESSAGE(reply, reply.find("Greeter.Hello" + kSeq + "\x1a") != reply.npos);
      CPPUNIT_ASSERT_EQUAL("\0\0\0\0"s, reply.substr(reply.size() - 4));
      ends();
    }
    for (const char* params : {R"([{"name":5}])", R"([[]])", R"({"name":"John"})"}) {
      connect();
      send(post(kJson, R"({"method":"Greeter.Hello","params":)"s + params + R"(,"id":7})"));
      const std::string reply = answer(kJson);
      const std::string start = R"({"id":7,"result":{},"error":")";
      CPPUNIT_ASSERT_EQUAL(start, reply.substr(0, start.size()));
      ends();
    }
    isAlive();
  }

  // go-micro closes without a word. Here the caller learns why, in the form that its codec reads.
  void senselessBodiesAreRefusedAndClosed() {
    for (const std::string& body : {""s, "\0"s, "\0\0\0\x18 short"s, "\xff\xff\xff\xff"s + kHello,
                                    block("\x08\x01") + block(""), "Hello John"s}) {
      connect();
      send(post(kOctets, body));
      const std::string error = answer(kOctets);
      CPPUNIT_ASSERT_MESSAGE(error, error.find(R"("code":400)") != std::string::npos);
      ends();
    }
    for (const char* body : {"", "{", "Hello John", R"({"method":5,"params":[{}],"id":0})",
                             R"({"method":"Greeter.Hello","params":[{"name":"Jo)"}) {
      connect();
      send(post(kJson, body));
      const std::string error = answer(kJson);
      CPPUNIT_ASSERT_MESSAGE(error, error.find(R"(\"code\":400)") != std::string::npos);
      ends();
    }
    isAlive();
  }

  void whatIsNoRequestIsRefused() {
    for (
        const std::string& bytes :
        {"Hello John\r\n\r\n"s, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"s,
         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"s,
         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"s,
         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\nHello"s}) {
      connect();
      send(bytes);
      ends();
      const std::string& got = peer_->received();
      CPPUNIT_ASSERT_MESSAGE(bytes + "\n" + got, got.empty() || got.rfind("HTTP/1.1 4", 0) == 0);
    }
    isAlive();
  }

 private:
  void connect() { peer_ = std::make_unique<test::RawPeer>(*loop_, greeter_->address()); }
  void send(const std::string& bytes) { peer_->send(bytes); }
  bool until(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }

  // Where the head of the reply ends and how long the whole is; false when it is incomplete.
  bool complete(std::size_t& head, std::size_t& whole) const {
    const std::string& got = peer_->received();
    head = got.find("\r\n\r\n");
    const std::size_t length = got.find("Content-Length: ");
    if (head == got.npos || length == got.npos) return false;
    head += 4;
    whole = head + std::stoul(got.substr(length + 16));
    return got.size() >= whole;
  }

  // The body of one reply, of the type that is expected.
  std::string answer(const std::string& contentType) {
    std::size_t head = 0, whole = 0;
    until([&] { return complete(head, whole) || peer_->ended(); });
    const std::string got = peer_->received();
    CPPUNIT_ASSERT_MESSAGE("no reply: " + got, complete(head, whole));
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 200 OK\r\n"s, got.substr(0, 17));
    CPPUNIT_ASSERT_MESSAGE(got, got.find("\r\nContent-Type: " + contentType + "\r\n") < head);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("more than one reply: " + got, whole, got.size());
    peer_->forget();
    return got.substr(head);
  }
  void answers(const std::string& contentType, const std::string& body) {
    CPPUNIT_ASSERT_EQUAL(body, answer(contentType));
  }
  void ends() {
    CPPUNIT_ASSERT_MESSAGE("stays open", until([this] { return peer_->ended(); }));
  }
  void isAlive() {
    connect();
    send(post(kOctets, kHello));
    answers(kOctets, kHelloJohn);
    ASSERT_REPORTED(greeter_->process().report(), greeter_->process().running());
  }

  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::ServiceProcess> greeter_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<test::RawPeer> peer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GreeterWireTest);

}  // namespace evmicro
