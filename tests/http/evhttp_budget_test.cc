// What all connections of an HttpServer (the agent, an inbox) hold together is bounded.
#include "http/server_fixture.h"

namespace evmicro::test {

class EvhttpBudgetTest final : public HttpServerFixture {
  CPPUNIT_TEST_SUITE(EvhttpBudgetTest);
  CPPUNIT_TEST(theLargestUnfinishedRequestIsGivenUp);
  CPPUNIT_TEST(asMuchAsAllowedIsKept);
  CPPUNIT_TEST(unreadRepliesCount);
  CPPUNIT_TEST(whatIsCompleteIsNotCounted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    HttpServerFixture::setUp();
    detail::HttpServerOptions options;
    options.memoryBytes = kBudget;
    open(options);
  }

  void theLargestUnfinishedRequestIsGivenUp() {
    RawPeer& small = half(30'000);
    RawPeer& large = half(50'000);
    RawPeer& last = half(30'000);
    expect(large, "HTTP/1.1 503 ");
    expect(large, "too much memory is in use for unfinished requests");
    finish(small, 30'000);
    finish(last, 30'000);
    expectAlive();
  }

  void asMuchAsAllowedIsKept() {
    RawPeer& one = half(kBudget / 2);
    RawPeer& two = half(kBudget / 2);
    finish(one, kBudget / 2);
    finish(two, kBudget / 2);
  }

  void unreadRepliesCount() {
    handle_ = [](detail::HttpExchange exchange) {
      exchange.reply(200, {}, std::string(20U << 20, 'x'));
    };
    RawPeer& peer = connect();
    peer.stopReading();
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0 && !seen_.empty(); }));
    expectAlive();
  }

  void whatIsCompleteIsNotCounted() {
    for (int i = 0; i < 5; ++i) {
      RawPeer& peer = half(kBudget / 2);
      finish(peer, kBudget / 2);
      peers_.clear();
    }
  }

 private:
  static constexpr std::size_t kBudget = 100'000;

  // Has sent `size` bytes of a body that is one byte longer, and they have been read.
  RawPeer& half(std::size_t size) {
    RawPeer& peer = connect();
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size + 1) +
              "\r\n\r\n" + std::string(size, 'b'));
    CPPUNIT_ASSERT(until([&peer] { return peer.unsent() == 0; }));
    runFor(*loop_, std::chrono::milliseconds(20));
    return peer;
  }
  void finish(RawPeer& peer, std::size_t size) {
    peer.send("b");
    expect(peer, "HTTP/1.1 200 OK");
    CPPUNIT_ASSERT(until([&] { return peer.received().size() > size; }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EvhttpBudgetTest);

}  // namespace evmicro::test
