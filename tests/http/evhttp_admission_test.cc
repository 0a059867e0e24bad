// What strangers may use up of an HttpServer (the agent, an inbox): connections and descriptors.
#include "http/server_fixture.h"
#include "net/descriptor.h"
#include "support/starved_descriptors.h"

namespace evmicro::test {

using namespace std::chrono_literals;

class EvhttpAdmissionTest final : public HttpServerFixture {
  CPPUNIT_TEST_SUITE(EvhttpAdmissionTest);
  CPPUNIT_TEST(theLongestIdleGivesWay);
  CPPUNIT_TEST(oneThatWasIdleForLessThanASecondStays);
  CPPUNIT_TEST(oneThatIsAtWorkStays);
  CPPUNIT_TEST(oneInTheMiddleOfALaterRequestStays);
  CPPUNIT_TEST(aRequestInTheSameTurnSavesTheConnection);
  CPPUNIT_TEST(thoseWithoutARequestGiveWayFirst);
  CPPUNIT_TEST(thoseWithoutARequestHaveATenthOfASecond);
  CPPUNIT_TEST(aHeadThatComesByteByByteGivesWay);
  CPPUNIT_TEST(slowSendersGiveWayAfterFiveSeconds);
  CPPUNIT_TEST(sendersThatAreFastEnoughStay);
  CPPUNIT_TEST(manySlowSendersDoNotShutOthersOut);
  CPPUNIT_TEST(onePeerHasALimit);
  CPPUNIT_TEST(roomIsMadeBeforeDescriptorsRunOut);
  CPPUNIT_TEST(withoutDescriptorsTheLongestIdleGivesWay);
  CPPUNIT_TEST_SUITE_END();

 public:
  void theLongestIdleGivesWay() {
    openFor(2);
    RawPeer& first = answered();
    pass(500ms);
    RawPeer& second = answered();
    pass(1s);
    RawPeer& third = answered();
    expectEnd(first);
    CPPUNIT_ASSERT(!second.ended() && !third.ended());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->gaveWay());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->refusals().total());
  }

  void oneThatWasIdleForLessThanASecondStays() {
    openFor(1);
    answered();
    pass(999ms);
    expectRefused();
    pass(11ms);  // it looks again after 10 ms
    answered();
  }

  void oneThatIsAtWorkStays() {
    openFor(1);
    handle_ = [this](detail::HttpExchange exchange) { held_.push_back(std::move(exchange)); };
    RawPeer& busy = connect();
    busy.send(kRequest);
    CPPUNIT_ASSERT(until([this] { return held_.size() == 1; }));
    pass(10s);
    expectRefused();
    held_.front().reply(200, {}, "late");
    expect(busy, "late");
  }

  void oneInTheMiddleOfALaterRequestStays() {
    openFor(1);
    RawPeer& busy = answered();
    busy.send("GET /");
    runFor(*loop_, 20ms);
    pass(2s);
    expectRefused();
    busy.send("again HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(busy, "/again");
  }

  void aRequestInTheSameTurnSavesTheConnection() {
    openFor(1);
    RawPeer& first = answered();
    pass(2s);
    first.forget();
    first.send(kRequest);
    connect();
    CPPUNIT_ASSERT(until([&] { return first.has("GET /") || first.ended(); }));
    CPPUNIT_ASSERT(first.has("GET /") || !first.has("HTTP"));  // answered, or closed unasked
  }

  void thoseWithoutARequestGiveWayFirst() {
    openFor(2);
    RawPeer& first = answered();
    pass(10s);
    RawPeer& silent = connect();
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 2; }));
    pass(100ms);
    RawPeer& third = answered();
    expectEnd(silent);
    CPPUNIT_ASSERT(!first.ended() && !third.ended());
  }

  void thoseWithoutARequestHaveATenthOfASecond() {
    openFor(1);
    RawPeer& silent = connect();
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 1; }));
    pass(99ms);
    expectRefused();
    pass(11ms);  // it looks again after 10 ms
    answered();
    expectEnd(silent);
  }

  void aHeadThatComesByteByByteGivesWay() {
    openFor(1);
    RawPeer& slow = connect();
    for (const char* byte : {"G", "E", "T"}) {
      slow.send(byte);
      runFor(*loop_, 5ms);
      pass(500ms);
    }
    answered();
    expectEnd(slow);
  }

  void slowSendersGiveWayAfterFiveSeconds() {
    openFor(1);
    RawPeer& slow = slowAfterARequest(10);
    pass(4'999ms);
    expectRefused();
    pass(11ms);
    answered();
    expectEnd(slow);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->gaveWay());
  }

  // 1 KiB a second.
  void sendersThatAreFastEnoughStay() {
    openFor(1);
    RawPeer& slow = slowAfterARequest(12'300);
    pass(11'900ms);
    expectRefused();
    pass(200ms);
    answered();
    expectEnd(slow);
  }

  // Each byte of theirs is activity, and each request has its time.
  void manySlowSendersDoNotShutOthersOut() {
    constexpr std::size_t kAll = 20;
    openFor(kAll);
    std::vector<RawPeer*> slow;
    for (std::size_t i = 0; i < kAll; ++i) slow.push_back(&slowAfterARequest(0));
    for (int second = 1; second < 30; ++second) {
      for (RawPeer* const peer : slow) {
        if (!peer->ended()) peer->send("x");
      }
      runFor(*loop_, 20ms);
      pass(1s);
      if (second >= 5) answered().close();
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->gaveWay());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->refusals().tooSlow);
    pass(1s);
    CPPUNIT_ASSERT(until([&] { return server_->refusals().tooSlow == kAll - 1; }));
  }

  void onePeerHasALimit() {
    detail::HttpServerOptions options;
    options.maxConnectionsPerPeer = 1;
    open(options);
    RawPeer& first = answered();
    RawPeer& second = connect();
    expectEnd(second);
    CPPUNIT_ASSERT(second.has("too many connections from this address"));
    first.close();
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
    answered();
  }

  void roomIsMadeBeforeDescriptorsRunOut() {
    std::vector<std::unique_ptr<detail::Descriptor>> others;
    for (int i = 0; i < 64; ++i) {
      others.push_back(std::make_unique<detail::Descriptor>(::dup(STDIN_FILENO)));
    }
    open();
    RawPeer& idle = answered();
    pass(2s);
    // Two for the newcomer, at both ends. Of the last ones a sixteenth is kept free.
    const DescriptorLimit limit(lowestFreeDescriptor() + 4);
    answered();
    expectEnd(idle);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->gaveWay());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->acceptDeferrals());
  }

  void withoutDescriptorsTheLongestIdleGivesWay() {
    open();
    RawPeer& idle = answered();
    pass(2s);
    RawPeer& waiting = connect();
    waiting.send("GET /waiting HTTP/1.1\r\nHost: h\r\n\r\n");
    const DescriptorLimit limit(lowestFreeDescriptor());
    expectEnd(idle);
    idle.close();
    pass(1s);
    expect(waiting, "/waiting");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->gaveWay());
  }

 private:
  static constexpr const char* kRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

  void openFor(std::size_t connections) {
    detail::HttpServerOptions options;
    options.maxConnections = connections;
    open(options);
  }
  RawPeer& answered() {
    RawPeer& peer = connect();
    peer.send(kRequest);
    expect(peer, "GET /");
    return peer;
  }
  // One that has been answered and has sent `bytes` of its second request's body.
  RawPeer& slowAfterARequest(std::size_t bytes) {
    RawPeer& peer = answered();
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" +
              std::string(bytes, 'x'));
    runFor(*loop_, 20ms);
    return peer;
  }
  void expectRefused() {
    RawPeer& late = connect();
    expectEnd(late);
    CPPUNIT_ASSERT(late.has("HTTP/1.1 503 Service Unavailable\r\n"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EvhttpAdmissionTest);

}  // namespace evmicro::test
