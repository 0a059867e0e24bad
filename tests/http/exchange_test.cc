// Requests that are answered later, peers that close meanwhile, servers that are destroyed first.
#include "http/server_fixture.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;

class HttpExchangeTest : public test::HttpServerFixture {
  CPPUNIT_TEST_SUITE(HttpExchangeTest);
  CPPUNIT_TEST(answersLater);
  CPPUNIT_TEST(laterAnswersKeepTheOrder);
  CPPUNIT_TEST(waitingIsNotIdling);
  CPPUNIT_TEST(idleTimeCountsAgainAfterALateAnswer);
  CPPUNIT_TEST(tellsWhenThePeerLeaves);
  CPPUNIT_TEST(tellsWhenThePeerResets);
  CPPUNIT_TEST(tellsLateListenersToo);
  CPPUNIT_TEST(answerAfterThePeerHasLeftIsHarmless);
  CPPUNIT_TEST(nobodyIsToldAfterTheAnswer);
  CPPUNIT_TEST(nobodyIsToldAfterAnAnswerThatCameTooLate);
  CPPUNIT_TEST(goneMayDestroyTheExchange);
  CPPUNIT_TEST(goneMayDestroyTheServer);
  CPPUNIT_TEST(destroyedExchangeIsNotTold);
  CPPUNIT_TEST(heldExchangeThatIsDroppedIsAnswered500);
  CPPUNIT_TEST(takesInALimitedAmountWhileItWaits);
  CPPUNIT_TEST(messageMayBeMovedOut);
  CPPUNIT_TEST(serverMayBeDestroyedBeforeTheAnswer);
  CPPUNIT_TEST(serverMayBeDestroyedInItsCallback);
  CPPUNIT_TEST(serverMayBeDestroyedInItsCallbackAfterTheAnswer);
  CPPUNIT_TEST(serverMayBeDestroyedWithConnectionsInEveryState);
  CPPUNIT_TEST(loopMayBeDestroyedWithoutAnotherTurn);
  CPPUNIT_TEST_SUITE_END();

 public:
  void answersLater() {
    holdAll();
    open();
    test::RawPeer& peer = request("/late");
    held_.front().reply(200, {{"X", "y"}}, "at last");
    expect(peer, "at last");
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 200 OK\r\n") && peer.has("X: y\r\n"));
    held_.clear();
    peer.forget();
    peer.send("GET /more HTTP/1.1\r\nHost: h\r\n\r\n");
    waitForHeld(1);
    held_.front().reply(200, {}, "once more");
    expect(peer, "once more");
  }

  void laterAnswersKeepTheOrder() {
    holdAll();
    open();
    test::RawPeer& peer = connect();
    peer.send(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 "
        "HTTP/1.1\r\nHost: h\r\n\r\n");
    for (std::size_t n = 1; n <= 3; ++n) {
      waitForHeld(n);
      test::turn(*loop_);
      CPPUNIT_ASSERT_EQUAL(n, held_.size());  // the next waits for this answer
      held_.back().reply(200, {}, "answer " + std::to_string(n));
    }
    expect(peer, "answer 3");
    CPPUNIT_ASSERT(peer.received().find("answer 1") < peer.received().find("answer 2"));
  }

  void waitingIsNotIdling() {
    HttpServerOptions options;
    options.idleTimeout = 20ms;
    options.requestTimeout = 20ms;
    holdAll();
    open(options);
    test::RawPeer& peer = request("/");
    pass(1h);
    CPPUNIT_ASSERT(!peer.ended());
    held_.front().reply(200, {}, "patience");
    expect(peer, "patience");
  }

  void idleTimeCountsAgainAfterALateAnswer() {
    HttpServerOptions options;
    options.idleTimeout = 30ms;
    holdAll();
    open(options);
    test::RawPeer& peer = request("/");
    pass(1h);
    held_.front().reply(200, {}, "done");
    expect(peer, "done");
    pass(29ms);
    CPPUNIT_ASSERT(!peer.ended());
    pass(1ms);
    expectEnd(peer);
  }

  void tellsWhenThePeerLeaves() {
    holdAll();
    open();
    test::RawPeer& peer = request("/");
    int told = 0;
    held_.front().onGone([&told] { ++told; });
    peer.close();
    CPPUNIT_ASSERT(until([&] { return told > 0; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->connections());
    CPPUNIT_ASSERT_EQUAL(std::string(), held_.front().peerAddress());
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, told);
  }

  void tellsWhenThePeerResets() {
    holdAll();
    open();
    test::RawPeer& peer = request("/");
    bool told = false;
    held_.front().onGone([&told] { told = true; });
    peer.reset();
    CPPUNIT_ASSERT(until([&] { return told; }));
  }

  void tellsLateListenersToo() {
    holdAll();
    open();
    request("/").close();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    bool told = false;
    held_.front().onGone([&told] { told = true; });
    CPPUNIT_ASSERT(!told);
    CPPUNIT_ASSERT(until([&] { return told; }));
  }

  void answerAfterThePeerHasLeftIsHarmless() {
    holdAll();
    open();
    request("/1").close();
    request("/2", 2).reset();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    held_.front().reply(200, {}, "to nobody");
    held_.clear();
    handle_ = [](HttpExchange exchange) { exchange.reply(200, {}, "alive"); };
    expectAlive();
  }

  void nobodyIsToldAfterTheAnswer() {
    holdAll();
    open();
    test::RawPeer& peer = request("/");
    bool told = false;
    held_.front().onGone([&told] { told = true; });
    held_.front().reply(200, {}, "done");
    peer.close();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    test::turn(*loop_);
    held_.front().onGone([&told] { told = true; });
    test::turn(*loop_);
    CPPUNIT_ASSERT(!told);
  }

  // The peer has left and the callback is on its way, when the answer is given.
  void nobodyIsToldAfterAnAnswerThatCameTooLate() {
    holdAll();
    open();
    request("/").close();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    bool told = false;
    held_.front().onGone([&told] { told = true; });
    held_.front().reply(200, {}, "too late");
    test::turn(*loop_);
    CPPUNIT_ASSERT(!told);
  }

  void goneMayDestroyTheExchange() {
    holdAll();
    open();
    test::RawPeer& peer = request("/");
    std::string seen;
    held_.front().onGone([this, &seen, captured = std::string(64, 'x')] {
      held_.clear();
      seen = captured;  // read after the exchange has gone
    });
    peer.close();
    CPPUNIT_ASSERT(until([&] { return !seen.empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), seen);
  }

  void goneMayDestroyTheServer() {
    holdAll();
    open();
    test::RawPeer& peer = request("/");
    request("/other", 2);
    held_.front().onGone([this] { server_.reset(); });
    peer.close();
    CPPUNIT_ASSERT(until([&] { return !server_; }));
    held_.back().reply(200, {}, "to nobody");
  }

  void destroyedExchangeIsNotTold() {
    holdAll();
    open();
    request("/").close();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    bool told = false;
    held_.front().onGone([&told] { told = true; });
    held_.clear();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!told);
  }

  void heldExchangeThatIsDroppedIsAnswered500() {
    holdAll();
    open();
    test::RawPeer& peer = request("/");
    held_.clear();
    expect(peer, "request dropped by its handler");
  }

  // evhttp's reader would end the process when bytes came while a reply is pending.
  void takesInALimitedAmountWhileItWaits() {
    holdAll();
    open();
    test::RawPeer& peer = request("/1");
    std::string flood = "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 16000000\r\n\r\n";
    flood.append(16'000'000, 'x');
    peer.send(flood);
    test::runFor(*loop_, 50ms);                  // of real time, in which all could come
    CPPUNIT_ASSERT(peer.unsent() > 10'000'000);  // the rest is in the buffers of the kernel
    held_.front().reply(200, {}, "first answer");
    expect(peer, "first answer");
    waitForHeld(2);
    CPPUNIT_ASSERT_EQUAL(std::size_t(16'000'000), held_.back().message().body.size());
    held_.back().reply(200, {}, "second answer");
    expect(peer, "second answer");
  }

  void messageMayBeMovedOut() {
    open();
    Message message;
    handle_ = [&message](HttpExchange exchange) {
      message = std::move(exchange.message());
      exchange.reply(200, {}, "ok");
    };
    test::RawPeer& peer = connect();
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX: y\r\n\r\nabc");
    expect(peer, "ok");
    server_.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), message.body.toString());
    CPPUNIT_ASSERT(message.headers.get("X") == "y");
  }

  void serverMayBeDestroyedBeforeTheAnswer() {
    holdAll();
    open();
    test::RawPeer& peer = request("/");
    bool told = false;
    held_.front().onGone([&told] { told = true; });
    server_.reset();
    held_.front().reply(200, {}, "to nobody");
    expectEnd(peer);
    CPPUNIT_ASSERT_EQUAL(std::string(), peer.received());
    CPPUNIT_ASSERT(!told);
    CPPUNIT_ASSERT_EQUAL(std::string("/"), held_.front().path());
  }

  void serverMayBeDestroyedInItsCallback() {
    open();
    handle_ = [this](HttpExchange exchange) {
      server_.reset();
      exchange.reply(200, {}, "to nobody");
    };
    test::RawPeer& peer = connect();
    peer.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    expectEnd(peer);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), seen_.size());
  }

  void serverMayBeDestroyedInItsCallbackAfterTheAnswer() {
    open();
    handle_ = [this](HttpExchange exchange) {
      exchange.reply(200, {}, "perhaps");
      server_.reset();
    };
    test::RawPeer& peer = connect();
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expectEnd(peer);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), seen_.size());
  }

  void serverMayBeDestroyedWithConnectionsInEveryState() {
    holdAll();
    open();
    connect();                   // silent
    connect().send("GET / HT");  // in a head
    connect().send(
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
    request("/held");  // waiting for its answer
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 4; }));
    connect();  // in the backlog
    server_.reset();
    for (const auto& peer : peers_) expectEnd(*peer);
  }

  void loopMayBeDestroyedWithoutAnotherTurn() {
    holdAll();
    open();
    request("/held");
    connect();
    server_.reset();
    held_.clear();
    peers_.clear();
    loop_.reset();  // tearDown looks for descriptors that are left
  }

 private:
  void holdAll() {
    handle_ = [this](HttpExchange exchange) { held_.push_back(std::move(exchange)); };
  }
  void waitForHeld(std::size_t count) {
    CPPUNIT_ASSERT(until([&] { return held_.size() >= count; }));
  }
  // A peer whose request is held.
  test::RawPeer& request(const std::string& path, std::size_t count = 1) {
    test::RawPeer& peer = connect();
    peer.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    waitForHeld(count);
    return peer;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpExchangeTest);

}  // namespace evmicro
