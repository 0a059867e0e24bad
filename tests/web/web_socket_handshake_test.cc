// Which requests for WebSockets are accepted, and how the others are refused.
#include "web/web_socket_handshake.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class WebSocketHandshakeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebSocketHandshakeTest);
  CPPUNIT_TEST(acceptsAsTheStandardSays);
  CPPUNIT_TEST(headersAreListsWithoutCase);
  CPPUNIT_TEST(refusesWhatIsNotAHandshake);
  CPPUNIT_TEST(refusesOtherVersions);
  CPPUNIT_TEST(checksTheKey);
  CPPUNIT_TEST(checksTheOrigin);
  CPPUNIT_TEST(choosesTheProtocol);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    options_ = WebSocketOptions();
    request_ = WebRequest();
    request_.method = "GET";
    request_.headers = {{"Host", "server.example.com"},
                        {"Upgrade", "websocket"},
                        {"Connection", "Upgrade"},
                        {"Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                        {"Sec-Websocket-Version", "13"}};
  }

  // The example of RFC 6455, 1.3.
  void acceptsAsTheStandardSays() {
    const WebSocketHandshake answer = answerHandshake(request_, options_);
    CPPUNIT_ASSERT_EQUAL(101, answer.status);
    CPPUNIT_ASSERT(findField(answer.headers, "Sec-WebSocket-Accept") ==
                   "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CPPUNIT_ASSERT(findField(answer.headers, "Upgrade") == "websocket");
    CPPUNIT_ASSERT(!findField(answer.headers, "Sec-WebSocket-Protocol"));
  }

  void headersAreListsWithoutCase() {
    set("Upgrade", "h2c , WebSocket");
    set("Connection", "keep-alive, upgrade");
    expect(101);
    set("Connection", "keep-alive");
    request_.headers.emplace_back("Connection", "UPGRADE");
    expect(101);
  }

  void refusesWhatIsNotAHandshake() {
    set("Upgrade", "h2c");
    expect(426);
    CPPUNIT_ASSERT(findField(answerHandshake(request_, options_).headers, "Upgrade") ==
                   "websocket");
    setUp();
    set("Upgrade", nullptr);
    expect(426);
    setUp();
    set("Connection", "keep-alive");
    expect(426);
    setUp();
    set("Connection", "upgraded");
    expect(426);
    setUp();
    request_.method = "POST";
    expect(405);
    setUp();
    request_.body = "x";
    expect(400);
    setUp();
    set("Host", nullptr);
    expect(400);
  }

  void refusesOtherVersions() {
    for (const char* const version : {"12", "14", "013", "13, 8", "x"}) {
      set("Sec-Websocket-Version", version);
      expect(426);
      CPPUNIT_ASSERT(
          findField(answerHandshake(request_, options_).headers, "Sec-WebSocket-Version") == "13");
    }
    set("Sec-Websocket-Version", nullptr);
    expect(400);
    setUp();
    request_.headers.emplace_back("Sec-Websocket-Version", "13");
    expect(426);
  }

  void checksTheKey() {
    for (const char* const key : {"", "x", "dGhlIHNhbXBsZSBub25jZQ", "AAAAAAAAAAAAAAAAAAAA",
                                  "AAAAAAAAAAAAAAAAAAAAAAA=", "dGhlIHNhbXBsZSBub25j*Q=="}) {
      set("Sec-Websocket-Key", key);
      expect(400);
    }
    set("Sec-Websocket-Key", nullptr);
    expect(400);
    setUp();
    request_.headers.emplace_back("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    expect(400);
  }

  void checksTheOrigin() {
    set("Origin", "http://server.example.com");
    expect(101);
    set("Origin", "https://SERVER.example.com");
    expect(101);
    for (const char* const origin : {"http://evil.example.com", "http://server.example.com:8080",
                                     "http://server.example.com.evil", "null", ""}) {
      set("Origin", origin);
      expect(403);
    }
    options_.origins = {"http://a", "http://evil.example.com"};
    set("Origin", "http://evil.example.com");
    expect(101);
    set("Origin", "http://server.example.com");
    expect(403);
    options_.origins = {"*"};
    expect(101);
  }

  void choosesTheProtocol() {
    set("Sec-Websocket-Protocol", "a, b");
    request_.headers.emplace_back("Sec-Websocket-Protocol", "c");
    options_.protocols = {"x", "c", "b"};
    const WebSocketHandshake answer = answerHandshake(request_, options_);
    CPPUNIT_ASSERT_EQUAL(std::string("c"), answer.protocol);
    CPPUNIT_ASSERT(findField(answer.headers, "Sec-WebSocket-Protocol") == "c");
    options_.protocols = {"A"};
    CPPUNIT_ASSERT_EQUAL(std::string(), answerHandshake(request_, options_).protocol);
    expect(101);
  }

 private:
  // nullptr: removes the header.
  void set(const std::string& name, const char* value) {
    WebFields others;
    for (const auto& field : request_.headers) {
      if (field.first != name) others.push_back(field);
    }
    request_.headers = std::move(others);
    if (value) request_.headers.emplace_back(name, value);
  }

  void expect(int status) {
    const WebSocketHandshake answer = answerHandshake(request_, options_);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.reason, status, answer.status);
  }

  WebSocketOptions options_;
  WebRequest request_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebSocketHandshakeTest);

}  // namespace evmicro::detail
