// HTTP on the port of the RPCs as other programs speak it: every request is answered with the same
// bytes, whether it is the first on its connection or comes after a call.
#include "server/rpc_fixture.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using namespace std::string_literals;

class PlainHttpTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(PlainHttpTest);
  CPPUNIT_TEST(sameBytesBeforeAndAfterACall);
  CPPUNIT_TEST(noReplyHasADate);
  CPPUNIT_TEST(optionsNamesTheMethods);
  CPPUNIT_TEST(http10KeepAliveIsAnsweredAsSuch);
  CPPUNIT_TEST(http10WithoutKeepAliveEnds);
  CPPUNIT_TEST(emptyLinesAreSkipped);
  CPPUNIT_TEST(paddedChunkSizesAreTaken);
  CPPUNIT_TEST(neverContinues);
  CPPUNIT_TEST(otherProtocolsAreNamed);
  CPPUNIT_TEST(manyHeaderLinesAreRefused);
  CPPUNIT_TEST(halfClosedPeersGetTheirPages);
  CPPUNIT_TEST_SUITE_END();

 public:
  void sameBytesBeforeAndAfterACall() {
    start();
    const std::string host = "Host: x\r\n\r\n";
    const std::vector<std::string> battery = {
        "GET /health HTTP/1.1\r\n" + host,
        "HEAD /health HTTP/1.1\r\n" + host,
        "GET /health?verbose=1 HTTP/1.1\r\n" + host,
        "GET /nothing HTTP/1.1\r\n" + host,
        "HEAD /nothing HTTP/1.1\r\n" + host,
        "GET http://x/health HTTP/1.1\r\n" + host,
        "GET /health HTTP/1.1\r\nConnection: close\r\n" + host,
        "GET /health HTTP/1.0\r\n\r\n",
        "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "GET /health HTTP/1.1\r\n" + host + "GET /health HTTP/1.1\r\n" + host,
        "\r\nGET /health HTTP/1.1\r\n" + host,
        "OPTIONS / HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\n" + host,
        "PUT /health HTTP/1.1\r\n" + host,
        "DELETE /health HTTP/1.1\r\n" + host,
        "FOO /health HTTP/1.1\r\n" + host,
        "CONNECT x:80 HTTP/1.1\r\n" + host,
        "GET /health HTTP/2.0\r\n" + host,
        "GET /health HTTP/1.1\r\nExpect: a miracle\r\n" + host,
        "GET /health HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n" + host + "ok",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + host + "ab",
        "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + host,
        "GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n" + host,
        "GET / HTTP/1.1\r\nX: " + std::string(70'000, 'y') + "\r\n" + host,
        "GET / HTTP/1.1\r\nno colon\r\n" + host,
        "GET /\r\n\r\n",
        "nonsense\r\n\r\n",
        "\x01\x02\x03\r\n\r\n",
    };
    for (const std::string& bytes : battery) {
      const std::string first = answerOn(connect(), bytes);
      CPPUNIT_ASSERT_MESSAGE(bytes, !first.empty());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, first, answerOn(called(), bytes));
    }
  }

  void noReplyHasADate() {
    start();
    CPPUNIT_ASSERT_EQUAL(
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Cache-Control: no-store\r\n\r\nok\n"
        "HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"
        "Connection: close\r\n\r\n404 page not found\n"s,
        answerOn(connect(), "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"));
  }

  // HAProxy's default check.
  void optionsNamesTheMethods() {
    start();
    RawPeer& peer = connect();
    peer.send("OPTIONS / HTTP/1.0\r\n\r\n");
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(
        "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n"
        "Allow: GET, HEAD, OPTIONS, POST\r\nConnection: close\r\n\r\n"s,
        peer.received());
  }

  void http10KeepAliveIsAnsweredAsSuch() {
    start();
    std::string call = request(kSay);
    call.replace(call.find("HTTP/1.1"), 8, "HTTP/1.0");
    call.insert(call.find("\r\n") + 2, "Connection: Keep-Alive\r\n");
    RawPeer& peer = connect();
    for (std::size_t round = 1; round <= 2; ++round) {
      peer.send(call);
      CPPUNIT_ASSERT(receives(peer, "\"result\"", round));
      CPPUNIT_ASSERT_EQUAL(round, peer.count("\r\nConnection: keep-alive\r\n"));
    }
    CPPUNIT_ASSERT(!peer.ended());
    peer.forget();
    peer.send(request(kSay));  // of HTTP/1.1: is not told what it knows
    CPPUNIT_ASSERT(receives(peer, "\"result\""));
    CPPUNIT_ASSERT(!peer.has("Connection:"));
  }

  void http10WithoutKeepAliveEnds() {
    start();
    std::string call = request(kSay);
    call.replace(call.find("HTTP/1.1"), 8, "HTTP/1.0");
    RawPeer& peer = connect();
    peer.send(call);
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has("\"result\""));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("\r\nConnection: close\r\n"));
  }

  void emptyLinesAreSkipped() {
    start();
    RawPeer& peer = connect();
    peer.send("\r\n" + request(kSay) + "\r\n" + request(kSay) + "\n" + request(kSay));
    CPPUNIT_ASSERT(receives(peer, "\"result\"", 3));
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), peer.count("HTTP/1.1 200 OK"));
  }

  void paddedChunkSizesAreTaken() {
    start();
    RawPeer& peer = connect();
    peer.send(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
        "37    \r\n" +
        std::string(kSay) + "\r\n0     \r\n\r\n");
    CPPUNIT_ASSERT(receives(peer, "\"result\""));
  }

  // Go's transport takes an interim reply for the reply.
  void neverContinues() {
    start();
    std::string head = request(kSay);
    head.erase(head.find("\r\n\r\n") + 4);
    head.insert(head.find("\r\n") + 2, "Expect: 100-continue\r\n");
    for (RawPeer* const peer : {&connect(), &called()}) {
      peer->send(head);
      test::runFor(*loop_, std::chrono::milliseconds(60));  // evhttp's server waits 20 ms
      CPPUNIT_ASSERT_EQUAL(""s, peer->received());
      peer->send(kSay);
      CPPUNIT_ASSERT(receives(*peer, "\"result\""));
      CPPUNIT_ASSERT_EQUAL(std::size_t(0), peer->received().find("HTTP/1.1 200 OK\r\n"));
    }
  }

  void otherProtocolsAreNamed() {
    start();
    RawPeer& tls = connect();
    tls.send("\x16\x03\x01\x02\x01\x01\xfc\x03\x03");
    CPPUNIT_ASSERT(ends(tls));
    CPPUNIT_ASSERT_MESSAGE(tls.received(), tls.has("\r\n\r\nthis port does not speak TLS\n"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().listener.malformed);
    RawPeer& similar = connect();
    similar.send("P");
    similar.send(request(kSay).substr(1));
    CPPUNIT_ASSERT(receives(similar, "\"result\""));
  }

  void manyHeaderLinesAreRefused() {
    start();
    const auto page = [](int lines) {
      std::string text = "GET /health HTTP/1.1\r\nHost: h\r\n";
      for (int i = 0; i < lines; ++i) text += "X-" + std::to_string(i) + ": y\r\n";
      return text + "\r\n";
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), answerOn(connect(), page(127)).find("HTTP/1.1 200 "));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), answerOn(connect(), page(128)).find("HTTP/1.1 431 "));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().listener.tooLarge);
  }

  void halfClosedPeersGetTheirPages() {
    start();
    RawPeer& peer = connect();
    peer.send("GET /health HTTP/1.1\r\nHost: h\r\n\r\nGET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    peer.finish();
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), peer.count("HTTP/1.1 200 OK"));
  }

 private:
  static constexpr const char* kSay = R"({"method":"Echo.Say","params":[{"status":"hi"}],"id":0})";

  void start() {
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
    RpcFixture::start();
  }
  /// A connection on which a call has been answered.
  RawPeer& called() {
    RawPeer& peer = connect();
    peer.send(request(kSay));
    CPPUNIT_ASSERT(receives(peer, "\"result\""));
    peer.forget();
    return peer;
  }
  /// All that comes for `bytes` and for a last request that ends the connection.
  std::string answerOn(RawPeer& peer, const std::string& bytes) {
    peer.send(bytes + "GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    CPPUNIT_ASSERT_MESSAGE(bytes, ends(peer));
    return peer.received();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PlainHttpTest);

}  // namespace evmicro
