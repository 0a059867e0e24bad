// The listener under starvation: real descriptors, a real limit, real connections.
#include "http/evhttp_acceptor.h"

#include <algorithm>
#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

#include "http/server_fixture.h"
#include "net/starved_listener.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;
using test::DescriptorLimit;
using test::lowestFreeDescriptor;

class EvhttpAcceptorTest : public test::HttpServerFixture {
  CPPUNIT_TEST_SUITE(EvhttpAcceptorTest);
  CPPUNIT_TEST(acceptsABoundedNumberInATurn);
  CPPUNIT_TEST(waitsWithoutWorkUntilDescriptorsAreFree);
  CPPUNIT_TEST(servesABacklogWithAFewDescriptors);
  CPPUNIT_TEST(anAcceptedConnectionStartsTheDelaysAnew);
  CPPUNIT_TEST(eachListenerOfALoopFindsItself);
  CPPUNIT_TEST(mayBeDestroyedWhileItWaits);
  CPPUNIT_TEST(mayBeStoppedWhileItWaits);
  CPPUNIT_TEST(aBrokenSocketIsReported);
  CPPUNIT_TEST(theReportMayDestroyTheServer);
  CPPUNIT_TEST(aServerDestroyedBeforeTheReportHearsNothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    HttpServerFixture::setUp();
    handle_ = [](HttpExchange exchange) { exchange.replyAndClose(200, {}, "served"); };
    starved_ = std::make_unique<test::StarvedListener>(
        *clock_, *loop_, [this] { return server_->acceptDeferrals(); });
  }
  void tearDown() override {
    starved_.reset();
    second_.reset();
    HttpServerFixture::tearDown();
  }

  void acceptsABoundedNumberInATurn() {
    open();
    crowd(3 * AcceptPacer::kPerTurn + 1);
    std::uint64_t most = 0;
    CPPUNIT_ASSERT(until([&, before = std::uint64_t(0)]() mutable {  // looks after each turn
      most = std::max(most, server_->accepted() - before);
      before = server_->accepted();
      return before == 3 * AcceptPacer::kPerTurn + 1;
    }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(AcceptPacer::kPerTurn), most);
    expectAllServed();
  }

  void waitsWithoutWorkUntilDescriptorsAreFree() {
    open();
    crowd(200);
    starved_->pausesLongerAndLonger();
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->connections());
    pass(640ms);
    expectAllServed(1s);  // all are there: no timer may get ahead of them
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(8), server_->acceptDeferrals());
  }

  void servesABacklogWithAFewDescriptors() {
    open();
    const auto start = EventLoop::now();
    crowd(200);
    const DescriptorLimit few(lowestFreeDescriptor() + 4);
    expectAllServed();
    starved_->expectFewWarnings(start);
  }

  void anAcceptedConnectionStartsTheDelaysAnew() {
    open();
    for (int round = 0; round < 2; ++round) {
      crowd(1);
      starved_->pausesAnew();
      expectAllServed();
      dropPeers();
    }
  }

  void eachListenerOfALoopFindsItself() {
    open();
    auto second = HttpServer::open(*loop_, "127.0.0.1:0", {}, *this);
    CPPUNIT_ASSERT(second.ok());
    second_ = std::move(*second);
    crowd(1);
    {
      const DescriptorLimit none(lowestFreeDescriptor());
      CPPUNIT_ASSERT(clock_->advanceUntil(*loop_, [&] { return server_->acceptDeferrals() == 3; }));
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), second_->acceptDeferrals());
    expectAllServed();
    dropPeers();
    peers_.push_back(std::make_unique<test::RawPeer>(*loop_, second_->address()));
    peers_.back()->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    {
      const DescriptorLimit none(lowestFreeDescriptor());
      CPPUNIT_ASSERT(clock_->advanceUntil(*loop_, [&] { return second_->acceptDeferrals() == 3; }));
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(3), server_->acceptDeferrals());
    expectAllServed();
  }

  void mayBeDestroyedWhileItWaits() {
    open();
    crowd(3);
    starved_->pausesTwice();
    server_.reset();
    pass(1min);  // the timer would have fired by now
    CPPUNIT_ASSERT(seen_.empty());
  }

  void mayBeStoppedWhileItWaits() {
    open();
    crowd(3);
    starved_->pausesTwice();
    server_->stopAccepting();  // descriptors are free again
    expectAllServed();
    pass(1min);  // the timer would have fired by now
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(3), server_->accepted());
  }

  void aBrokenSocketIsReported() {
    open();
    breakListener();
    const std::string address = server_->address();
    CPPUNIT_ASSERT(until([&] { return failure_.has_value(); }));
    CPPUNIT_ASSERT(failure_->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL("listener " + address + ": accept: Invalid argument", failure_->detail());
    failure_.reset();
    pass(1min);
    CPPUNIT_ASSERT(!failure_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->acceptDeferrals());
  }

  void theReportMayDestroyTheServer() {
    open();
    dropAtFailure_ = true;
    breakListener();
    CPPUNIT_ASSERT(until([&] { return !server_; }));
  }

  void aServerDestroyedBeforeTheReportHearsNothing() {
    open();
    Timer timer(*loop_, [this] { server_.reset(); });
    breakListener();
    timer.start(0ms);
    test::turn(*loop_);
    CPPUNIT_ASSERT(!server_);
    CPPUNIT_ASSERT(!failure_);
  }

  void onServerFailure(Status why) override {
    HttpServerFixture::onServerFailure(std::move(why));
    if (dropAtFailure_) server_.reset();
  }

 private:
  // Peers that have connected, which the backlog allows, and sent their request.
  void crowd(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) connect().send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  void expectAllServed(std::chrono::milliseconds io = 2ms) {
    const auto served = [&] {
      return std::all_of(peers_.begin(), peers_.end(),
                         [](const auto& peer) { return peer->has("served") || peer->ended(); });
    };
    CPPUNIT_ASSERT(clock_->runUntil(*loop_, served, io));
    for (const auto& peer : peers_) CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer->count("served"));
  }
  // libevent closes descriptors in a turn of its own: only then is their number free.
  void dropPeers() {
    peers_.clear();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 0; }));
    test::turn(*loop_);
  }
  // After shutdown() of a listening socket accept() always fails.
  void breakListener() {
    for (int fd = 3; fd < 1'000; ++fd) {
      int listening = 0;
      socklen_t size = sizeof listening;
      if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening) {
        ::shutdown(fd, SHUT_RD);
      }
    }
  }

  std::unique_ptr<test::StarvedListener> starved_;
  std::unique_ptr<HttpServer> second_;
  bool dropAtFailure_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EvhttpAcceptorTest);

}  // namespace evmicro
