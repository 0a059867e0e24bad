// Requests and replies of an HttpServer whose handler answers immediately.
#include "http/server.h"

#include "http/server_fixture.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;

class HttpServerTest : public test::HttpServerFixture {
  CPPUNIT_TEST_SUITE(HttpServerTest);
  CPPUNIT_TEST(answersARequest);
  CPPUNIT_TEST(answersOneRequestAfterAnother);
  CPPUNIT_TEST(answersPipelinedRequestsInOrder);
  CPPUNIT_TEST(readsARequestThatComesByteByByte);
  CPPUNIT_TEST(readsAChunkedBody);
  CPPUNIT_TEST(servesEveryMethod);
  CPPUNIT_TEST(refusesWhatEvhttpCannotRead);
  CPPUNIT_TEST(splitsTheTarget);
  CPPUNIT_TEST(handsOutHeadersAndPeer);
  CPPUNIT_TEST(closesWhenThePeerAsksForIt);
  CPPUNIT_TEST(keepsAnHttp10ConnectionOnlyOnRequest);
  CPPUNIT_TEST(replyAndCloseCloses);
  CPPUNIT_TEST(someRepliesHaveNoBody);
  CPPUNIT_TEST(replyHeadersCannotBreakTheFraming);
  CPPUNIT_TEST(droppedExchangeIsAnswered500);
  CPPUNIT_TEST(peerMayEndItsSideAndStillGetALongReply);
  CPPUNIT_TEST(offersToContinueToWhoWaits);
  CPPUNIT_TEST(doesNotOfferToContinueToWhoSends);
  CPPUNIT_TEST(takesALargeBody);
  CPPUNIT_TEST(survivesAPeerThatLeavesDuringAReply);
  CPPUNIT_TEST(stopAcceptingLeavesConnectionsAlone);
  CPPUNIT_TEST(stopAcceptingTakesWhoWaitsInTheBacklog);
  CPPUNIT_TEST(countsWhoHasNotAskedYet);
  CPPUNIT_TEST(countsWhoIsInTheMiddleOfARequest);
  CPPUNIT_TEST(countsWhoWaitsInTheBacklogAtTheEnd);
  CPPUNIT_TEST(aBodyThatNobodyReadsIsDropped);
  CPPUNIT_TEST(countsConnections);
  CPPUNIT_TEST(addressInUseIsAnErrorThatNamesIt);
  CPPUNIT_TEST_SUITE_END();

 public:
  void answersARequest() {
    open();
    test::RawPeer& peer = connect();
    peer.send("POST /a/b?c=d HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    expect(peer, "POST /a/b ?c=d [hello]");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), peer.received().find("HTTP/1.1 200 OK\r\n"));
    CPPUNIT_ASSERT(peer.has("\r\nContent-Length: 22\r\n"));
    CPPUNIT_ASSERT(peer.has("\r\nContent-Type: text/plain\r\n"));
    CPPUNIT_ASSERT(!peer.has("Connection:"));
    CPPUNIT_ASSERT(!peer.ended());
  }

  void answersOneRequestAfterAnother() {
    open();
    test::RawPeer& peer = connect();
    for (int i = 0; i < 50; ++i) {
      peer.forget();
      const std::string body = std::to_string(i);
      peer.send("PUT /n HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
      expect(peer, "PUT /n [" + body + "]");
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
  }

  void answersPipelinedRequestsInOrder() {
    open();
    test::RawPeer& peer = connect();
    std::string all;
    for (int i = 0; i < 200; ++i) {
      all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
    }
    peer.send(all);
    expect(peer, "POST /199 [x]");
    CPPUNIT_ASSERT_EQUAL(std::size_t(200), seen_.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(200), peer.count("HTTP/1.1 200 OK\r\n"));
    std::size_t at = 0;
    for (int i = 0; i < 200; ++i) {
      at = peer.received().find("POST /" + std::to_string(i) + " [x]", at);
      CPPUNIT_ASSERT(at != std::string::npos);
    }
  }

  void readsARequestThatComesByteByByte() {
    open();
    test::RawPeer& peer = connect();
    const std::string request = "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
    for (const char c : request) {
      peer.send({&c, 1});
      until([&] { return peer.unsent() == 0; });
      if (&c != &request.back()) CPPUNIT_ASSERT(seen_.empty());
      bool turned = false;
      const Call turn = loop_->defer([&turned] { turned = true; });
      until([&] { return turned; });
    }
    expect(peer, "POST /slow [hello]");
  }

  void readsAChunkedBody() {
    open();
    test::RawPeer& peer = connect();
    peer.send(
        "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "GET /next []");
    CPPUNIT_ASSERT(peer.has("POST /c [abcde]"));
  }

  void servesEveryMethod() {
    open();
    test::RawPeer& peer = connect();
    for (const std::string method : {"POST", "PUT", "PATCH"}) {
      peer.send(method + " /m HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
      expect(peer, method + " /m [ab]");
    }
    for (const std::string method : {"GET", "DELETE", "OPTIONS", "TRACE"}) {
      peer.send(method + " /m HTTP/1.1\r\nHost: h\r\n\r\n");
      expect(peer, method + " /m []");
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(7), seen_.size());
  }

  // evhttp would answer them in a way of its own.
  void refusesWhatEvhttpCannotRead() {
    open();
    for (const auto& [line, status] :
         {std::pair("BREW /m", "501"), std::pair("PROPFIND /m", "501"), std::pair("GETS /m", "501"),
          std::pair("GET //[x/y", "400")}) {
      test::RawPeer& peer = connect();
      peer.send(std::string(line) + " HTTP/1.1\r\nHost: h\r\n\r\n");
      expectEnd(peer);
      CPPUNIT_ASSERT_MESSAGE(line, peer.has(std::string("HTTP/1.1 ") + status + " "));
    }
    CPPUNIT_ASSERT(seen_.empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(4), server_->refusals().malformed);
  }

  void splitsTheTarget() {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"/", "/ []"},
        {"/a?", "/a []"},
        {"/a?b?c", "/a ?b?c []"},
        {"/a%2fb?x=%20", "/a%2fb ?x=%20 []"},
        {"/a#frag?no", "/a []"},
        {"http://host:1/p?q", "/p ?q []"},
        {"http://host", "/ []"},
        {"http://host?q", "/ ?q []"},
        {"/x?u=http://y/z", "/x ?u=http://y/z []"},
        {"*", "* []"},
    };
    open();
    for (const auto& [target, expected] : cases) {
      test::RawPeer& peer = connect();
      peer.send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
      expect(peer, "GET " + expected);
    }
  }

  void handsOutHeadersAndPeer() {
    open();
    std::string headers;
    std::string address;
    handle_ = [&](HttpExchange exchange) {
      for (const auto entry : exchange.message().headers) {
        headers.append(entry.name).append("=").append(entry.value).append(";");
      }
      address = exchange.peerAddress();
      exchange.reply(204, {}, {});
    };
    test::RawPeer& peer = connect();
    peer.send("GET / HTTP/1.1\r\nhost: h\r\nx-one: 1\r\nX-ONE: 2\r\n\r\n");
    expect(peer, "\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("Host=h;X-One=1;"), headers);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), address.find("127.0.0.1:"));
  }

  void closesWhenThePeerAsksForIt() {
    open();
    for (const std::string connection : {"close", "Close", "foo, close"}) {
      test::RawPeer& peer = connect();
      peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: " + connection +
                "\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
      expectEnd(peer);
      CPPUNIT_ASSERT(peer.has("GET / []") && peer.has("\r\nConnection: close\r\n"));
      CPPUNIT_ASSERT(!peer.has("/2"));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), seen_.size());
  }

  void keepsAnHttp10ConnectionOnlyOnRequest() {
    open();
    test::RawPeer& once = connect();
    once.send("GET / HTTP/1.0\r\n\r\n");
    expectEnd(once);
    CPPUNIT_ASSERT(once.has("GET / []"));
    test::RawPeer& kept = connect();
    kept.send("GET /1 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    expect(kept, "GET /1 []");
    CPPUNIT_ASSERT(kept.has("\r\nConnection: keep-alive\r\n"));
    kept.send("GET /2 HTTP/1.0\r\n\r\n");
    expect(kept, "GET /2 []");
    expectEnd(kept);
  }

  void replyAndCloseCloses() {
    open();
    handle_ = [](HttpExchange exchange) { exchange.replyAndClose(503, {}, "stopping"); };
    test::RawPeer& peer = connect();
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expectEnd(peer);
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 503 Service Unavailable\r\n") && peer.has("stopping"));
  }

  // evhttp writes these bodies, and the peer would take them for the next reply.
  void someRepliesHaveNoBody() {
    open();
    handle_ = [](HttpExchange exchange) {
      const int status = exchange.path() == "/ok" ? 200 : std::stoi(exchange.path().substr(1));
      exchange.reply(status, {}, "the body");
    };
    test::RawPeer& peer = connect();
    peer.send(
        "HEAD /ok HTTP/1.1\r\nHost: h\r\n\r\nGET /204 HTTP/1.1\r\nHost: h\r\n\r\nGET /304 "
        "HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "HTTP/1.1 304 Not Modified\r\n");
    peer.send("GET /ok HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "the body");
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("the body"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), peer.count("Content-Length: 8\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), peer.count("Content-Length:"));
  }

  void replyHeadersCannotBreakTheFraming() {
    const std::vector<HttpExchange::Headers> cases = {
        {{"X", "a\r\nSet-Cookie: b"}},
        {{"X", "a\nb"}},
        {{"X: y\r\nZ", "a"}},
        {{"X Y", "a"}},
        {{"", "a"}},
        {{"X", std::string("a\0b", 3)}},
    };
    open();
    for (const auto& headers : cases) {
      handle_ = [&headers](HttpExchange exchange) { exchange.reply(200, headers, "never sent"); };
      test::RawPeer& peer = connect();
      peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      expect(peer, "malformed header");
      CPPUNIT_ASSERT_EQUAL(std::size_t(0), peer.received().find("HTTP/1.1 500 "));
      CPPUNIT_ASSERT(!peer.has("never sent") && !peer.has("Set-Cookie"));
    }
    handle_ = [](HttpExchange exchange) {
      exchange.reply(200, {{"content-length", "99"}, {"Transfer-Encoding", "chunked"}}, "five!");
    };
    test::RawPeer& peer = connect();
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "five!");
    CPPUNIT_ASSERT(peer.has("Content-Length: 5\r\n") && !peer.has("99") && !peer.has("chunked"));
  }

  void droppedExchangeIsAnswered500() {
    open();
    handle_ = [](HttpExchange) {};
    test::RawPeer& peer = connect();
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "request dropped by its handler");
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 500 Internal Server Error\r\n"));
  }

  // evhttp reads while it writes, and drops what is left of the reply at the peer's end of file.
  void peerMayEndItsSideAndStillGetALongReply() {
    open();
    const std::string body(8U << 20, 'x');
    handle_ = [&body](HttpExchange exchange) { exchange.reply(200, {}, body); };
    test::RawPeer& peer = connect();
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    peer.finish();
    expectEnd(peer);
    CPPUNIT_ASSERT(peer.received().size() > body.size());
  }

  void offersToContinueToWhoWaits() {
    open();
    test::RawPeer& peer = connect();
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    CPPUNIT_ASSERT(until([&] { return peer.unsent() == 0 && server_->connections() == 1; }));
    test::turn(*loop_);
    pass(19ms);
    CPPUNIT_ASSERT_EQUAL(std::string(), peer.received());
    pass(1ms);
    expect(peer, "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("hello");
    expect(peer, "POST / [hello]");
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("100 Continue"));
  }

  void doesNotOfferToContinueToWhoSends() {
    open();
    test::RawPeer& peer = connect();
    peer.send(
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
    expect(peer, "POST / [hello]");
    pass(1min);
    CPPUNIT_ASSERT(!peer.has("100"));
  }

  void takesALargeBody() {
    open();
    std::size_t size = 0;
    handle_ = [&size](HttpExchange exchange) {
      size = exchange.message().body.size();
      exchange.reply(200, {}, "taken");
    };
    test::RawPeer& peer = connect();
    const std::string body(10U << 20, 'y');
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n");
    peer.send(body);
    expect(peer, "taken");
    CPPUNIT_ASSERT_EQUAL(body.size(), size);
  }

  void survivesAPeerThatLeavesDuringAReply() {
    open();
    const std::string body(8U << 20, 'x');
    handle_ = [&body](HttpExchange exchange) { exchange.reply(200, {}, body); };
    for (const bool reset : {false, true}) {
      test::RawPeer& peer = connect();
      peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      expect(peer, "xxxx");
      reset ? peer.reset() : peer.close();
      CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    }
    expectAlive();
  }

  void stopAcceptingLeavesConnectionsAlone() {
    open();
    test::RawPeer& peer = connect();
    peer.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "GET /1");
    server_->stopAccepting();
    test::turn(*loop_);
    CPPUNIT_ASSERT_THROW(connect(), std::runtime_error);
    peer.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "GET /2");
  }

  // The loop has not turned: the kernel has connected them, nobody has accepted them yet.
  void stopAcceptingTakesWhoWaitsInTheBacklog() {
    open();
    test::RawPeer& first = connect();
    test::RawPeer& second = connect();
    server_->stopAccepting();
    test::turn(*loop_);
    CPPUNIT_ASSERT_THROW(connect(), std::runtime_error);
    first.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    second.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(first, "GET /1");
    expect(second, "GET /2");
  }

  void countsWhoHasNotAskedYet() {
    open();
    test::RawPeer& first = connect();
    test::RawPeer& second = connect();
    CPPUNIT_ASSERT(until([&] { return server_->awaited() == 2; }));
    first.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(first, "GET /1");
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->awaited());
    server_->stopAccepting();
    pass(std::chrono::milliseconds(999));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->awaited());
    pass(std::chrono::milliseconds(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->awaited());
    second.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(second, "GET /2");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->awaited());
  }

  void countsWhoIsInTheMiddleOfARequest() {
    open();
    test::RawPeer& peer = connect();
    peer.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "GET /1");
    pass(std::chrono::milliseconds(5'000));
    peer.send("GET /2 HTTP/1.1\r\n");
    CPPUNIT_ASSERT(until([&] { return server_->awaited() == 1; }));
    pass(std::chrono::milliseconds(999));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->awaited());
    pass(std::chrono::milliseconds(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->awaited());
    peer.send("Host: h\r\n");
    CPPUNIT_ASSERT(until([&] { return server_->awaited() == 1; }));
    peer.send("\r\n");
    expect(peer, "GET /2");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->awaited());
  }

  // Nobody has accepted them yet.
  void countsWhoWaitsInTheBacklogAtTheEnd() {
    open();
    connect();
    server_->stopAccepting();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->awaited());
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->awaited());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
    peers_.clear();
    CPPUNIT_ASSERT(until([&] { return server_->awaited() == 0; }));
  }

  // evhttp reads none there, and would take it for the next request.
  void aBodyThatNobodyReadsIsDropped() {
    open();
    test::RawPeer& peer = connect();
    const std::string inner = "GET /inner HTTP/1.1\r\nHost: h\r\n\r\n";
    for (const std::string method : {"GET", "DELETE", "OPTIONS", "TRACE"}) {
      peer.send(method + " /outer HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                std::to_string(inner.size()) + "\r\n\r\n" + inner);
    }
    peer.send("GET /last HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "GET /last []");
    CPPUNIT_ASSERT_EQUAL(std::size_t(5), seen_.size());
    for (const std::string& one : seen_) CPPUNIT_ASSERT(one.find("/inner") == std::string::npos);
  }

  void countsConnections() {
    open();
    connect();
    test::RawPeer& second = connect();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 2; }));
    second.close();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 1; }));
  }

  void addressInUseIsAnErrorThatNamesIt() {
    open();
    const auto second = HttpServer::open(*loop_, server_->address(), {}, *this);
    CPPUNIT_ASSERT(!second.ok());
    CPPUNIT_ASSERT_EQUAL("listen on " + server_->address() + ": Address already in use",
                         second.status().detail());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServerTest);

}  // namespace evmicro
