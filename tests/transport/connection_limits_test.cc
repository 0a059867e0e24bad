// What strangers may use up of a listener: memory, connections, descriptors, time.
#include <algorithm>
#include <memory>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <evmicro/http_transport.h>

#include "http/raw_peer.h"
#include "net/descriptor.h"
#include "support/starved_descriptors.h"
#include "transport/giving_way_contract.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::RawPeer;

class ConnectionLimitsTest final : public test::GivingWayContract {
  CPPUNIT_TEST_SUB_SUITE(ConnectionLimitsTest, test::GivingWayContract);
  CPPUNIT_TEST(bodiesTogetherHaveABudget);
  CPPUNIT_TEST(oneThatIsBusyLosesItsConnectionForTheBudget);
  CPPUNIT_TEST(repliesThatAreNotReadCountToo);
  CPPUNIT_TEST(whatWasDeliveredCountsNoMore);
  CPPUNIT_TEST(onePeerHasALimit);
  CPPUNIT_TEST(oneThatIsAtWorkStays);
  CPPUNIT_TEST(oneThatHasNotTakenItsReplyStays);
  CPPUNIT_TEST(aPausedEndReadsNoMoreThanIsWorthIt);
  CPPUNIT_TEST(aHeadThatComesByteByByteGivesWay);
  CPPUNIT_TEST(roomIsMadeBeforeDescriptorsRunOut);
  CPPUNIT_TEST(withoutDescriptorsTheLongestIdleGivesWay);
  CPPUNIT_TEST(aReaderThatTakesTooLittleIsCut);
  CPPUNIT_TEST(aReaderThatTakesEnoughIsKept);
  CPPUNIT_TEST(aReaderThatCaughtUpHasAWholeWindow);
  CPPUNIT_TEST_SUITE_END();

 public:
  void bodiesTogetherHaveABudget() {
    prepare_ = echo;
    ListenOptions options;
    options.memoryBytes = 300'000;
    listen(options);
    RawPeer& largest = halfSent(200'000, 150'000);
    RawPeer& other = halfSent(200'000, 140'000);
    awaitHeld(290'000);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().overMemory);
    halfSent(200'000, 20'000);
    CPPUNIT_ASSERT(turnUntil([&] { return largest.ended(); }));
    CPPUNIT_ASSERT(largest.has("HTTP/1.1 503 Service Unavailable\r\n"));
    CPPUNIT_ASSERT(largest.has("too much memory is in use for unfinished requests"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().overMemory);
    other.send(std::string(60'000, 'x'));
    CPPUNIT_ASSERT(turnUntil([&] { return other.received().size() > 200'000; }));
    awaitHeld(20'000);
  }

  // Its replies come first: a refusal in between would be taken for one of them.
  void oneThatIsBusyLosesItsConnectionForTheBudget() {
    ListenOptions options;
    options.memoryBytes = 1'000;
    listen(options);
    RawPeer& peer = connect();
    prepare_ = [](test::End& end) {
      end.whenMessage = [](test::End& self, const std::string&) { self.socket->pause(); };
    };
    peer.send(post("first") + post(std::string(2'000, 'x')));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::string(), peer.received());
    CPPUNIT_ASSERT(accepted().closed->kind() == ErrorKind::kOverloaded);
  }

  void repliesThatAreNotReadCountToo() {
    ListenOptions options;
    options.memoryBytes = 8U << 20;
    listen(options);
    RawPeer& peer = reader(20U << 20);
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
    CPPUNIT_ASSERT(accepted().closed->kind() == ErrorKind::kOverloaded);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().overMemory);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), listener_->stats().heldBytes);
    peer.startReading();
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
  }

  void whatWasDeliveredCountsNoMore() {
    listen();
    RawPeer& peer = halfSent(200'000, 150'000);
    awaitHeld(150'000);
    peer.send(std::string(50'000, 'x'));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1 && !accepted().bodies.empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), listener_->stats().heldBytes);
  }

  void onePeerHasALimit() {
    serveEchoes();
    ListenOptions options;
    options.maxConnectionsPerPeer = 2;
    listen(options);
    RawPeer& first = answered();
    answered();
    RawPeer& third = connect();
    CPPUNIT_ASSERT(turnUntil([&] { return third.ended(); }));
    CPPUNIT_ASSERT(third.has("too many connections from this address"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().tooManyConnections);
    first.close();
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
    answered();
  }

  void oneThatHasNotTakenItsReplyStays() {
    ListenOptions options;
    options.maxConnections = 1;
    options.minReadRate = 0;
    listen(options);
    RawPeer& first = reader(16U << 20);
    pass(10s);
    RawPeer& second = connect();
    CPPUNIT_ASSERT(turnUntil([&] { return second.ended(); }));
    CPPUNIT_ASSERT(!first.ended());
    CPPUNIT_ASSERT(!accepted().over());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().gaveWay);
  }

  // 64 KiB, and what comes with the last of them: 16 KiB are read at a time.
  void aPausedEndReadsNoMoreThanIsWorthIt() {
    listen();
    prepare_ = [](test::End& end) {
      end.whenMessage = [](test::End& self, const std::string&) { self.socket->pause(); };
    };
    RawPeer& peer = connect();
    peer.send(post("x"));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1 && !accepted().bodies.empty(); }));
    peer.send(post(std::string(1U << 20, 'x')));
    CPPUNIT_ASSERT(turnUntil([&] { return listener_->stats().heldBytes >= 64U << 10; }));
    settle();
    CPPUNIT_ASSERT(listener_->stats().heldBytes < 80U << 10);
  }

  void oneThatIsAtWorkStays() {
    ListenOptions options;
    options.maxConnections = 1;
    listen(options);
    prepare_ = [](test::End& end) {
      end.whenMessage = [](test::End& self, const std::string&) { self.socket->pause(); };
    };
    connect().send(post("x"));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1 && !accepted().bodies.empty(); }));
    pass(10s);
    RawPeer& second = connect();
    CPPUNIT_ASSERT(turnUntil([&] { return second.ended(); }));
    accepted().send("answer");
    accepted().socket->resume();
    CPPUNIT_ASSERT(turnUntil([&] { return peers_.front()->has("answer"); }));
  }

  void aHeadThatComesByteByByteGivesWay() {
    listenForTwo();
    answered();
    RawPeer& slow = connect();
    for (int i = 0; i < 4; ++i) {
      slow.send(std::string(1, "POST"[i]));
      settle();
      pass(500ms);
    }
    peers_.front()->forget();
    peers_.front()->send(post("again"));
    CPPUNIT_ASSERT(turnUntil([&] { return peers_.front()->has("again"); }));
    RawPeer& third = answered();
    CPPUNIT_ASSERT(turnUntil([&] { return slow.ended(); }));
    CPPUNIT_ASSERT(!peers_.front()->ended() && !third.ended());
  }

  void roomIsMadeBeforeDescriptorsRunOut() {
    std::vector<std::unique_ptr<detail::Descriptor>> others;
    for (int i = 0; i < 64; ++i) {
      others.push_back(std::make_unique<detail::Descriptor>(::dup(STDIN_FILENO)));
    }
    prepare_ = echo;
    listen();
    RawPeer& idle = answered();
    pass(2s);
    // Two for the newcomer, at both ends. Of the last ones a sixteenth is kept free.
    const test::DescriptorLimit limit(test::lowestFreeDescriptor() + 4);
    answered();
    CPPUNIT_ASSERT(turnUntil([&] { return idle.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().gaveWay);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().acceptDeferrals);
  }

  void withoutDescriptorsTheLongestIdleGivesWay() {
    prepare_ = echo;
    listen();
    RawPeer& idle = answered();
    pass(2s);
    RawPeer& waiting = connect();
    waiting.send(post("let me in"));
    const test::DescriptorLimit limit(test::lowestFreeDescriptor());
    CPPUNIT_ASSERT(turnUntil([&] { return idle.ended(); }));
    idle.close();
    pass(1s);
    CPPUNIT_ASSERT(turnUntil([&] { return waiting.has("let me in"); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().gaveWay);
  }

  void aReaderThatTakesTooLittleIsCut() {
    listen();
    RawPeer& peer = reader(20U << 20);
    pass(30s - kSlack);
    CPPUNIT_ASSERT(!accepted().over());
    pass(2 * kSlack);
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
    CPPUNIT_ASSERT(accepted().closed->kind() == ErrorKind::kOverloaded);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().slowReaders);
    peer.startReading();
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
  }

  void aReaderThatTakesEnoughIsKept() {
    listen();
    RawPeer& peer = reader(60U << 20);
    for (int window = 1; window <= 6; ++window) {  // more than the idle time-out
      const std::size_t before = peer.received().size();
      peer.startReading();
      CPPUNIT_ASSERT(turnUntil([&] { return peer.received().size() > before + (6U << 20); }));
      peer.stopReading();
      pass(30s);
      CPPUNIT_ASSERT_MESSAGE(std::to_string(window), !accepted().over());
    }
    peer.startReading();
    CPPUNIT_ASSERT(turnUntil([&] { return peer.received().size() > (60U << 20); }));
  }

  // By a Unix socket, where nothing counts as taken before the peer has read it.
  void aReaderThatCaughtUpHasAWholeWindow() {
    prepare_ = echo;
    listen({}, "unix:///tmp/evmicro-limits-" + std::to_string(::getpid()));
    RawPeer& peer = connect();
    peer.send(post("first") + post("second"));  // the second reply is queued for a moment
    CPPUNIT_ASSERT(turnUntil([&] { return peer.has("second"); }));
    pass(30s - 2 * kSlack);
    peer.stopReading();
    accepted().send(std::string(20U << 20, 'x'));
    pass(4 * kSlack);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().slowReaders);
    pass(30s);
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().slowReaders);
  }

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }

  static std::string post(const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  std::string request(std::uint32_t, const std::string& body) const override { return post(body); }
  std::string beginning(std::uint32_t, std::size_t size) const override {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  }
  bool hasReply(const RawPeer& peer) const override { return peer.has("HTTP"); }
  void serveEchoes() override {
    prepare_ = [this](test::End& end) {
      echo(end);
      end.whenFinished = [](test::End& finished) { finished.socket->close(); };
      end.whenClosed = [this](test::End& closed) { forgetClosed(closed); };
    };
  }

  // A peer that sends `sent` bytes of a body of `size`.
  RawPeer& halfSent(std::size_t size, std::size_t sent) {
    RawPeer& peer = connect();
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
              std::string(sent, 'x'));
    return peer;
  }

  void awaitHeld(std::size_t bytes) {
    CPPUNIT_ASSERT_MESSAGE(std::to_string(listener_->stats().heldBytes),
                           turnUntil([&] { return listener_->stats().heldBytes == bytes; }));
  }

  // A peer that gets a reply of `size` bytes and does not read it.
  RawPeer& reader(std::size_t size) {
    prepare_ = [size](test::End& end) {
      end.whenMessage = [size](test::End& self, const std::string&) {
        self.send(std::string(size, 'x'));
      };
    };
    RawPeer& peer = connect();
    peer.stopReading();
    peer.send(post("x"));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1 && !accepted().bodies.empty(); }));
    settle();
    return peer;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionLimitsTest);

}  // namespace evmicro
