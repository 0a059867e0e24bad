// How an HttpServer treats peers that break the rules: malformed requests, too large, too slow, too
// many. Each gets an answer and loses its connection, nothing of it reaches the handler, and the
// server lives on.
#include "http/server_fixture.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;
using namespace std::string_literals;

class HttpRefusalTest : public test::HttpServerFixture {
  CPPUNIT_TEST_SUITE(HttpRefusalTest);
  CPPUNIT_TEST(refusesWhatCouldBeUnderstoodDifferently);
  CPPUNIT_TEST(answersGoodRequestsBeforeABadOne);
  CPPUNIT_TEST(refusesWhatIsTooLarge);
  CPPUNIT_TEST(refusesALongBodyBeforeItComes);
  CPPUNIT_TEST(waitsASecondForARefusedPeerToClose);
  CPPUNIT_TEST(refusesAPeerThatHasEndedItsSide);
  CPPUNIT_TEST(serverMayGoWhileItWaitsForARefusedPeer);
  CPPUNIT_TEST(refusesASlowHead);
  CPPUNIT_TEST(refusesASlowBody);
  CPPUNIT_TEST(refusesASlowPipelinedRequest);
  CPPUNIT_TEST(aFastRequestIsNotHitByAnEarlierDeadline);
  CPPUNIT_TEST(closesIdleConnections);
  CPPUNIT_TEST(refusesConnectionsBeyondTheLimit);
  CPPUNIT_TEST(noTimeOutsWhenTheyAreZero);
  CPPUNIT_TEST(releasesATruncatedRequest);
  CPPUNIT_TEST_SUITE_END();

 public:
  void refusesWhatCouldBeUnderstoodDifferently() {
    const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    const std::string length = std::to_string(smuggled.size());
    const auto post = [](const std::string& headers) {
      return "POST / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n";
    };
    const std::vector<std::pair<int, std::string>> cases = {
        {400, post("Content-Length: 0\r\nContent-Length: " + length + "\r\n")},
        {400, post("Content-Length: " + length + "\r\nContent-Length: 0\r\n")},
        {400,
         post("Content-Length: " + length + "\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"},
        {400, post("Content-Length : " + length + "\r\n")},
        {400, post("Content-Length: +" + length + "\r\n")},
        {400, post("Content-Length: 0x10\r\n")},
        {400, post("Content-Length: -1\r\n")},
        {400, post("Content-Length: 5,5\r\n")},
        {501, post("Transfer-Encoding: gzip\r\n")},
        {501, post("Transfer-Encoding: identity\r\n")},
        {501, post("Transfer-Encoding: xchunked\r\n")},
        {501, post("Transfer-Encoding: chunked, gzip\r\n")},
        {400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"},
        {400, post("Transfer-Encoding : chunked\r\n") + "0\r\n\r\n"},
        {400, post("Transfer-Encoding: chunked\r\n") + "+3\r\nabc\r\n0\r\n\r\n"},
        {400, post("Transfer-Encoding: chunked\r\n") + "0x3\r\nabc\r\n0\r\n\r\n"},
        {400, post("Transfer-Encoding: chunked\r\n") + " 3\r\nabc\r\n0\r\n\r\n"},
        {400, post("Transfer-Encoding: chunked\r\n") + "-1\r\nabc\r\n0\r\n\r\n"},
        {413, post("Transfer-Encoding: chunked\r\n") + "fffffffffffffff0\r\nabc\r\n0\r\n\r\n"},
        {400, "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n"},
        {400, post("X: a\r\n folded\r\n")},
        {400, post("X: a\0b\r\n"s)},
        {400, post("X: a\rb\r\n")},
        {400, post("A B: c\r\n")},
        {400, post("no colon here\r\n")},
        {400, "GET / HTTP/-1.1\r\n\r\n"},
        {505, "GET / HTTP/2.0\r\n\r\n"},
        {400, "GET / http/1.1\r\n\r\n"},
        {400, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /\r\n\r\n"},
        {400, "\x16\x03\x01\x02\x01\x01\xfc\x03\x03"},
        {501, "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n"},
    };
    open();
    std::uint64_t refusals = 0;
    for (const auto& [status, bytes] : cases) {
      test::RawPeer& peer = connect();
      peer.send(bytes + smuggled);
      expectEnd(peer);
      const std::string line = "HTTP/1.1 " + std::to_string(status) + " ";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes + "\nwas answered\n" + peer.received(), std::size_t(0),
                                   peer.received().find(line));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, std::size_t(1), peer.count("Content-Length:"));
      CPPUNIT_ASSERT_MESSAGE(bytes, peer.has("\r\nConnection: close\r\n"));
      CPPUNIT_ASSERT_EQUAL(++refusals, server_->refusals().total());
    }
    CPPUNIT_ASSERT(seen_.empty());
    peers_.clear();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    expectAlive();
  }

  void answersGoodRequestsBeforeABadOne() {
    open();
    test::RawPeer& peer = connect();
    peer.send(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 "
        "HTTP/9.9\r\n\r\n"
        "GET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
    expectEnd(peer);
    CPPUNIT_ASSERT(peer.has("GET /1 []") && peer.has("GET /2 []") && peer.has("HTTP/1.1 505 "));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), seen_.size());
  }

  void refusesWhatIsTooLarge() {
    HttpServerOptions options;
    options.maxHeaderBytes = 100;
    options.maxHeaderLines = 3;
    options.maxBodyBytes = 10;
    open(options);
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"431", "GET /" + std::string(200, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"431", std::string(100, 'x')},
        {"431", "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"},
        {"413", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n01234567890"},
        {"413", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"},
        {"413",
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n"},
    };
    for (const auto& [status, bytes] : cases) {
      test::RawPeer& peer = connect();
      peer.send(bytes);
      expectEnd(peer);
      CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("HTTP/1.1 " + status + " "));
    }
    CPPUNIT_ASSERT(seen_.empty());
    test::RawPeer& peer = connect();
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nB: 2\r\nContent-Length: 10\r\n\r\n0123456789");
    expect(peer, "[0123456789]");
  }

  // The answer must get through although the peer is still sending: a plain close would reset the
  // connection, and the reset overtakes the answer.
  void refusesALongBodyBeforeItComes() {
    HttpServerOptions options;
    options.maxBodyBytes = 1'000;
    open(options);
    for (int i = 0; i < 20; ++i) {
      test::RawPeer& peer = connect();
      peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n");
      peer.send(std::string(8'000'000, 'x'));
      expectEnd(peer);
      CPPUNIT_ASSERT(peer.has("HTTP/1.1 413 Request Entity Too Large\r\n"));
      CPPUNIT_ASSERT(peer.has("the body is too large"));
      peer.close();
    }
    CPPUNIT_ASSERT(seen_.empty());
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
  }

  void waitsASecondForARefusedPeerToClose() {
    open();
    test::RawPeer& peer = connect();
    peer.send("nonsense\r\n\r\n");
    expectEnd(peer);
    pass(999ms);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
    pass(1ms);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->connections());
  }

  void refusesAPeerThatHasEndedItsSide() {
    open();
    test::RawPeer& peer = connect();
    peer.send("nonsense\r\n\r\n");
    peer.finish();
    expectEnd(peer);
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 400 Bad Request\r\n"));
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
  }

  void serverMayGoWhileItWaitsForARefusedPeer() {
    open();
    test::RawPeer& peer = connect();
    peer.send("nonsense\r\n\r\n");
    expectEnd(peer);
    server_.reset();
    CPPUNIT_ASSERT(seen_.empty());
  }

  void refusesASlowHead() { refusesADrip("GET /slow HTTP/1.1\r\nHost: h\r\n", "X: y\r\n"); }
  void refusesASlowBody() {
    refusesADrip("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n", "x");
  }
  void refusesASlowPipelinedRequest() {
    refusesADrip("GET /first HTTP/1.1\r\nHost: h\r\n\r\nPOST /", "x");
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), seen_.size());
  }

  void aFastRequestIsNotHitByAnEarlierDeadline() {
    HttpServerOptions options;
    options.requestTimeout = 150ms;
    open(options);
    test::RawPeer& slow = connect();
    slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n");
    test::RawPeer& halting = connect();
    halting.send("GET /halting HT");
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 2; }));
    pass(149ms);
    halting.send("TP/1.1\r\nHost: h\r\n\r\n");
    expect(halting, "GET /halting []");
    CPPUNIT_ASSERT(!slow.ended());
    pass(1ms);
    expect(slow, "HTTP/1.1 408 Request Timeout\r\n");
    expectEnd(slow);
    halting.send("GET /again HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(halting, "GET /again []");
  }

  void closesIdleConnections() {
    HttpServerOptions options;
    options.idleTimeout = 30ms;
    open(options);
    test::RawPeer& silent = connect();
    test::RawPeer& used = connect();
    used.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(used, "GET / []");
    pass(29ms);
    CPPUNIT_ASSERT(!silent.ended());
    pass(1ms);
    expectEnd(silent);
    CPPUNIT_ASSERT_EQUAL(std::string(), silent.received());
    expectEnd(used);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->connections());
  }

  void refusesConnectionsBeyondTheLimit() {
    HttpServerOptions options;
    options.maxConnections = 2;
    open(options);
    test::RawPeer& first = connect();
    connect();
    test::RawPeer& third = connect();
    expectEnd(third);
    CPPUNIT_ASSERT(third.has("HTTP/1.1 503 Service Unavailable\r\n"));
    CPPUNIT_ASSERT(third.has("too many connections"));
    first.close();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 1; }));
    expectAlive();
  }

  void noTimeOutsWhenTheyAreZero() {
    HttpServerOptions options;
    options.idleTimeout = 0ms;
    options.requestTimeout = 0ms;
    open(options);
    test::RawPeer& peer = connect();
    peer.send("GET / HT");
    CPPUNIT_ASSERT(until([&] { return peer.unsent() == 0 && server_->connections() == 1; }));
    pass(24h);
    CPPUNIT_ASSERT(!peer.ended());
    peer.send("TP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "GET / []");
  }

  void releasesATruncatedRequest() {
    open();
    for (const bool reset : {false, true}) {
      test::RawPeer& peer = connect();
      peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345");
      CPPUNIT_ASSERT(until([&] { return peer.unsent() == 0 && server_->connections() == 1; }));
      reset ? peer.reset() : peer.finish();
      CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    }
    CPPUNIT_ASSERT(seen_.empty());
  }

 private:
  // Every piece comes well within the idle time, but the whole takes too long.
  void refusesADrip(const std::string& start, const std::string& drop) {
    HttpServerOptions options;
    options.idleTimeout = 5'000ms;
    options.requestTimeout = 60ms;
    open(options);
    test::RawPeer& peer = connect();
    peer.send(start);
    CPPUNIT_ASSERT(until([&] { return peer.unsent() == 0 && server_->connections() == 1; }));
    test::turn(*loop_);
    for (int i = 0; i < 19; ++i) {
      pass(3ms);
      CPPUNIT_ASSERT(!peer.ended());
      peer.send(drop);
    }
    pass(3ms);
    expectEnd(peer);
    peer.close();
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 408 Request Timeout\r\n"));
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->refusals().tooSlow);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpRefusalTest);

}  // namespace evmicro
