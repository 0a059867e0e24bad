// Peers of an HttpServer (the agent, an inbox) that take their replies too slowly.
#include <cppunit/extensions/HelperMacros.h>

#include "http/server_fixture.h"

namespace evmicro::test {

using namespace std::chrono_literals;

class EvhttpReadRateTest final : public HttpServerFixture {
  CPPUNIT_TEST_SUITE(EvhttpReadRateTest);
  CPPUNIT_TEST(aReaderThatTakesTooLittleIsCut);
  CPPUNIT_TEST(aReaderThatTakesEnoughIsKept);
  CPPUNIT_TEST(eachReplyHasATimeOfItsOwn);
  CPPUNIT_TEST(zeroIsNoLimit);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    HttpServerFixture::setUp();
    size_ = 30U << 20;
    handle_ = [this](detail::HttpExchange exchange) {
      exchange.reply(200, {}, std::string(size_, 'x'));
    };
  }

  void aReaderThatTakesTooLittleIsCut() {
    open();
    RawPeer& peer = asked();
    pass(30s - kSlack);
    turnAWhile();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
    // Its system takes a part, which counts as read.
    for (int window = 0; window < 50 && server_->connections() > 0; ++window) {
      pass(30s);
      turnAWhile();
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->connections());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->slowReaders());
    peer.startReading();
    expectEnd(peer);
    CPPUNIT_ASSERT(peer.received().size() < size_);
    expectAlive();
  }

  void aReaderThatTakesEnoughIsKept() {
    open();
    RawPeer& peer = asked();
    for (int window = 1; window <= 6; ++window) {  // more than the idle time-out
      take(peer, peer.received().size() + (3U << 20));
      peer.stopReading();
      pass(30s);
      turnAWhile();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(window), std::size_t(1), server_->connections());
    }
    take(peer, size_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->slowReaders());
  }

  void eachReplyHasATimeOfItsOwn() {
    open();
    RawPeer& peer = asked();
    take(peer, size_);
    pass(29s);
    const std::size_t before = peer.received().size();
    peer.stopReading();
    ask(peer);
    pass(29s);
    turnAWhile();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
    take(peer, before + size_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->slowReaders());
  }

  void zeroIsNoLimit() {
    detail::HttpServerOptions options;
    options.minReadRate = 0;
    open(options);
    RawPeer& peer = asked();
    pass(100s);
    turnAWhile();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
    take(peer, size_);
  }

 private:
  static constexpr std::chrono::milliseconds kSlack{50};

  void turnAWhile() { runFor(*loop_, 20ms); }
  void ask(RawPeer& peer) {
    const std::size_t before = seen_.size();
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([&] { return seen_.size() > before; }));
    turnAWhile();
  }
  // A peer that does not read its reply.
  RawPeer& asked() {
    RawPeer& peer = connect();
    peer.stopReading();
    ask(peer);
    return peer;
  }
  void take(RawPeer& peer, std::size_t size) {
    peer.startReading();
    CPPUNIT_ASSERT(until([&] { return peer.received().size() >= size; }));
  }

  std::size_t size_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EvhttpReadRateTest);

}  // namespace evmicro::test
