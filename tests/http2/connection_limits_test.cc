// What strangers may use up of a listener by HTTP/2: connections, time, memory.
#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/http_transport.h>

#include "http/raw_peer.h"
#include "http2/frames.h"
#include "http2/session_memory.h"
#include "transport/giving_way_contract.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::Fields;
using test::RawPeer;

class Http2LimitsTest final : public test::GivingWayContract {
  CPPUNIT_TEST_SUB_SUITE(Http2LimitsTest, test::GivingWayContract);
  CPPUNIT_TEST(goawayTellsWhoGivesWay);
  CPPUNIT_TEST(pingsKeepNoConnectionFromGivingWay);
  CPPUNIT_TEST(oneWithAnOpenStreamStays);
  CPPUNIT_TEST(oneWhoseHeadIsNotWholeGivesWay);
  CPPUNIT_TEST(aHeadHasTheTimeOfAMessage);
  CPPUNIT_TEST(aBodyHasTheTimeOfAMessage);
  CPPUNIT_TEST(aReaderThatOpensNoWindowIsCut);
  CPPUNIT_TEST(aReaderThatTakesTooLittleIsCut);
  CPPUNIT_TEST(aReaderThatTakesEnoughIsKept);
  CPPUNIT_TEST(aReaderThatCaughtUpHasAWholeWindow);
  CPPUNIT_TEST(aReaderOfTheConnectionThatStopsIsCut);
  CPPUNIT_TEST(streamsMayBeReadSlowly);
  CPPUNIT_TEST(bodiesCountInTheBudget);
  CPPUNIT_TEST(headsCountInTheBudget);
  CPPUNIT_TEST(whatIsOverCountsNoMore);
  CPPUNIT_TEST(streamsOfAConnectionAreLimited);
  CPPUNIT_TEST(thePeerIsToldOfLimitsOnly);
  CPPUNIT_TEST(memoryThatCannotBeIsNotGiven);
  CPPUNIT_TEST_SUITE_END();

 public:
  void goawayTellsWhoGivesWay() {
    listenForTwo();
    RawPeer& first = answered();
    pass(500ms);
    answered();
    pass(1s);
    answered();
    CPPUNIT_ASSERT(turnUntil([&] { return first.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), framesOf(first, test::kGoaway));
  }

  void pingsKeepNoConnectionFromGivingWay() {
    listenForTwo();
    RawPeer& pinging = answered();
    pass(500ms);
    answered();
    for (int i = 0; i < 4; ++i) {
      pass(250ms);
      pinging.send(test::frame(test::kPing, test::kNoFlag, 0, "12345678"));
      const auto pings = static_cast<std::size_t>(i + 1);
      CPPUNIT_ASSERT(turnUntil([&] { return framesOf(pinging, test::kPing) == pings; }));
    }
    answered();
    CPPUNIT_ASSERT(turnUntil([&] { return pinging.ended(); }));
  }

  void oneWithAnOpenStreamStays() {
    ListenOptions options;
    options.maxConnections = 1;
    listen(options);
    RawPeer& busy = connect();
    busy.send(post(1, "x"));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
    pass(10s);
    expectRefused();
    accepted().send("answer");
    CPPUNIT_ASSERT(turnUntil([&] { return busy.has("answer"); }));
  }

  void oneWhoseHeadIsNotWholeGivesWay() {
    listenForTwo();
    RawPeer& first = answered();
    RawPeer& slow = connect();
    slow.send(test::headers(1, messageHead(), test::kNoFlag));
    settle();
    pass(500ms);
    RawPeer& third = answered();
    CPPUNIT_ASSERT(turnUntil([&] { return slow.ended(); }));
    CPPUNIT_ASSERT(!first.ended() && !third.ended());
  }

  void aHeadHasTheTimeOfAMessage() {
    listen();
    RawPeer& slow = connect();
    slow.send(test::headers(1, messageHead(), test::kNoFlag));
    settle();
    pass(30s - kSlack);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().tooSlow);
    pass(2 * kSlack);
    CPPUNIT_ASSERT(turnUntil([&] { return slow.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().tooSlow);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), framesOf(slow, test::kGoaway));
  }

  void aBodyHasTheTimeOfAMessage() {
    listen();
    RawPeer& slow = connect();
    slow.send(test::headers(1, messageHead()) + test::data(1, "half", test::kNoFlag));
    settle();
    pass(30s - kSlack);
    CPPUNIT_ASSERT(!slow.has("took too long"));
    pass(2 * kSlack);
    CPPUNIT_ASSERT(turnUntil([&] { return slow.has("the request took too long to arrive"); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().tooSlow);
    CPPUNIT_ASSERT(accepted_.empty());
    slow.send(post(3, "next"));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
  }

  void aReaderThatOpensNoWindowIsCut() {
    listen();
    RawPeer& peer = reader(1'000, 0);
    pass(30s - kSlack);
    CPPUNIT_ASSERT(!accepted().over());
    pass(2 * kSlack);
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT(accepted().over());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().slowReaders);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), listener_->stats().heldBytes);
  }

  void aReaderThatTakesTooLittleIsCut() {
    listen();
    RawPeer& peer = reader(200'000, 1'000);
    takeInOneWindow(peer, 28'000);
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().slowReaders);
  }

  void aReaderThatTakesEnoughIsKept() {
    listen();
    RawPeer& peer = reader(200'000, 1'000);
    for (int window = 0; window < 5; ++window) {
      takeInOneWindow(peer, 34'000);
      CPPUNIT_ASSERT(!accepted().over());
    }
    peer.send(test::frame(test::kWindow, test::kNoFlag, 1, test::number(200'000, 4)));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.received().size() > 200'000; }));
    pass(60s);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().slowReaders);
  }

  void aReaderThatCaughtUpHasAWholeWindow() {
    prepare_ = echo;
    listen();
    window_ = 10;
    RawPeer& peer = connect();
    peer.send(post(1, std::string(1'000, 'x')));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
    settle();
    peer.send(test::frame(test::kWindow, test::kNoFlag, 1, test::number(1'000, 4)));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.received().size() > 1'000; }));
    pass(30s - 2 * kSlack);
    peer.send(post(3, std::string(1'000, 'x')));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 2; }));
    settle();
    pass(4 * kSlack);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().slowReaders);
    pass(30s);
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().slowReaders);
  }

  void aReaderOfTheConnectionThatStopsIsCut() {
    listen();
    RawPeer& peer = reader(20U << 20, 0x7fffffff);
    peer.stopReading();
    peer.send(test::frame(test::kWindow, test::kNoFlag, 0, test::number(0x7fff0000 - 65'535, 4)));
    settle();
    pass(30s + kSlack);  // the kernel has taken much
    pass(30s + kSlack);
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
    CPPUNIT_ASSERT(accepted().closed->kind() == ErrorKind::kOverloaded);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().slowReaders);
    peer.startReading();
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
  }

  void streamsMayBeReadSlowly() {
    listen();
    prepare_ = [](test::End& end) { end.socket->setIdleTimeout(0ms); };
    window_ = 0;
    RawPeer& peer = connect();
    peer.send(post(1, "x"));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
    accepted().send(std::string(10'000, 'x'));
    settle();
    pass(60s);
    CPPUNIT_ASSERT(!accepted().over());
    accepted_.clear();  // the exemption ends with the stream
    peer.send(post(3, "x"));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
    accepted().socket->setIdleTimeout(10min);
    accepted().send(std::string(10'000, 'x'));
    settle();
    pass(40s);
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().slowReaders);
  }

  void bodiesCountInTheBudget() {
    ListenOptions options;
    options.memoryBytes = 300'000;
    listen(options);
    RawPeer& largest = halfSent(150'000);
    RawPeer& other = halfSent(130'000);
    awaitHeldAbove(280'000);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().overMemory);
    halfSent(20'000);
    CPPUNIT_ASSERT(turnUntil([&] { return largest.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().overMemory);
    other.send(test::data(1, ""));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1 && !accepted().bodies.empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(130'000), accepted().bodies.at(0).size());
  }

  // Heads of 1,000 streams are 64 MB in one connection.
  void headsCountInTheBudget() {
    ListenOptions options;
    options.memoryBytes = 300'000;
    listen(options);
    RawPeer& peer = connect();
    const auto openStream = [&](std::uint32_t id) {
      Fields head = messageHead();
      for (int i = 0; i < 4; ++i)
        head.push_back({"x" + std::to_string(i), std::string(9'000, 'x')});
      const std::string block = test::headerBlock(head);
      constexpr std::size_t kFrame = 16'000;
      std::string bytes;
      for (std::size_t at = 0; at < block.size(); at += kFrame) {
        const int flags = at + kFrame < block.size() ? test::kNoFlag : test::kEndHeaders;
        bytes += test::frame(at == 0 ? test::kHeaders : test::kContinuation, flags, id,
                             block.substr(at, kFrame));
      }
      peer.send(bytes);
    };
    for (std::uint32_t id = 1; id <= 13; id += 2) openStream(id);
    awaitHeldAbove(7 * 36'000);
    CPPUNIT_ASSERT(!peer.ended());
    openStream(15);
    openStream(17);
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().overMemory);
  }

  void whatIsOverCountsNoMore() {
    listenForTwo();
    RawPeer& peer = connect();
    peer.send(post(1, std::string(10'000, 'x')));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.received().size() > 10'000; }));
    CPPUNIT_ASSERT(turnUntil([&] { return listener_->stats().heldBytes == 0; }));
  }

  void streamsOfAConnectionAreLimited() {
    ListenOptions options;
    options.maxStreams = 2;
    listen(options);
    RawPeer& peer = connect();
    peer.send(post(1, "x") + post(3, "x") + post(5, "x"));
    CPPUNIT_ASSERT(
        turnUntil([&] { return accepted_.size() == 2 && framesOf(peer, test::kReset); }));
    for (const test::Frame& frame : test::framesIn(peer.received())) {
      if (frame.type != test::kReset) continue;
      CPPUNIT_ASSERT_EQUAL(std::uint32_t(5), frame.stream);
      CPPUNIT_ASSERT_EQUAL(std::uint32_t(NGHTTP2_REFUSED_STREAM), frame.code());
    }
    accepted().send("answer");
    accepted().socket->close();
    CPPUNIT_ASSERT(turnUntil([&] { return peer.has("answer"); }));
    peer.send(post(7, "x"));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 3; }));
  }

  void thePeerIsToldOfLimitsOnly() {
    const std::string streams = setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 7);
    const std::string head = setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 0xffffffff);
    ListenOptions options;
    options.maxStreams = 7;
    options.maxHeaderBytes = std::size_t(1) << 40;
    CPPUNIT_ASSERT_EQUAL(std::size_t(3 * 6), settingsUnder(options).size());
    CPPUNIT_ASSERT(settingsUnder(options).find(streams) != std::string::npos);
    CPPUNIT_ASSERT(settingsUnder(options).find(head) != std::string::npos);
    options.maxStreams = 0;
    options.maxHeaderBytes = 0;
    CPPUNIT_ASSERT_EQUAL(std::size_t(6), settingsUnder(options).size());
  }

  void memoryThatCannotBeIsNotGiven() {
    const auto pool = detail::BlockPool::make();
    const nghttp2_mem memory = detail::http2Memory(*pool);
    constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
    CPPUNIT_ASSERT(!memory.calloc(kMost / 8 + 2, 8, memory.mem_user_data));  // 8 bytes, it seems
    void* const block = memory.calloc(8, 1, memory.mem_user_data);
    CPPUNIT_ASSERT(block);
    memory.free(block, memory.mem_user_data);
  }

 private:
  static std::string setting(int id, std::uint32_t value) {
    return test::number(static_cast<std::uint64_t>(id), 2) + test::number(value, 4);
  }
  // What a listener with `options` sends first, after the header of the frame.
  std::string settingsUnder(const ListenOptions& options) {
    listen(options);
    RawPeer& peer = connect();
    CPPUNIT_ASSERT(turnUntil([&] { return framesOf(peer, test::kSettings) > 0; }));
    return test::framesIn(peer.received()).front().payload;
  }
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }

  // Of a message of go-micro.
  static Fields messageHead() {
    return {{":method", "POST"},
            {":scheme", "http"},
            {":path", "/"},
            {":authority", "x"},
            {"content-type", "application/x"}};
  }
  static std::string post(std::uint32_t stream, const std::string& body) {
    std::string bytes = test::headers(stream, messageHead());
    constexpr std::size_t kFrame = 16'384;
    std::size_t at = 0;
    for (; body.size() - at > kFrame; at += kFrame) {
      bytes += test::data(stream, body.substr(at, kFrame), test::kNoFlag);
    }
    return bytes + test::data(stream, body.substr(at));
  }
  static std::size_t framesOf(const RawPeer& peer, int type) {
    const auto frames = test::framesIn(peer.received());
    return static_cast<std::size_t>(std::count_if(
        frames.begin(), frames.end(), [type](const auto& frame) { return frame.type == type; }));
  }

  // Its streams get `window` bytes at first.
  static std::string greetingWith(std::uint32_t window) {
    constexpr int kInitialWindowSize = 4;
    return test::kPreface +
           test::frame(test::kSettings, test::kNoFlag, 0,
                       test::number(kInitialWindowSize, 2) + test::number(window, 4));
  }
  std::string greeting() const override { return greetingWith(window_); }
  std::string request(std::uint32_t number, const std::string& body) const override {
    return post(2 * number - 1, body);
  }
  // In one frame that is not the last: what is there of it counts.
  std::string beginning(std::uint32_t number, std::size_t /*size*/) const override {
    const std::uint32_t stream = 2 * number - 1;
    constexpr std::size_t kFrame = 16'000;
    return test::headers(stream, messageHead()) +
           test::data(stream, std::string(kFrame, ' '), test::kNoFlag).substr(0, 9);
  }
  bool hasReply(const RawPeer& peer) const override { return framesOf(peer, test::kHeaders) > 0; }
  void serveEchoes() override {
    prepare_ = [this](test::End& end) {
      end.whenMessage = [](test::End& self, const std::string& body) {
        self.send(body);
        self.socket->close();
      };
      end.whenClosed = [this](test::End& closed) { forgetClosed(closed); };
    };
  }

  // One that has sent a part of a body.
  RawPeer& halfSent(std::size_t size) {
    RawPeer& peer = connect();
    std::string bytes = post(1, std::string(size, 'x'));
    // END_STREAM is not set on the last frame of the body.
    const std::size_t last = size % 16'384 == 0 ? 16'384 : size % 16'384;
    bytes[bytes.size() - last - 5] = '\0';
    peer.send(bytes);
    return peer;
  }
  // One that gets a reply of `size` bytes.
  RawPeer& reader(std::size_t size, std::uint32_t window) {
    prepare_ = [size](test::End& end) {
      end.whenMessage = [size](test::End& self, const std::string&) {
        self.send(std::string(size, 'x'));
      };
    };
    window_ = window;
    RawPeer& peer = connect();
    peer.send(post(1, "x"));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1 && !accepted().bodies.empty(); }));
    settle();
    return peer;
  }
  void takeInOneWindow(RawPeer& peer, std::uint32_t bytes) {
    const std::size_t before = peer.received().size();
    peer.send(test::frame(test::kWindow, test::kNoFlag, 1, test::number(bytes, 4)) +
              test::frame(test::kWindow, test::kNoFlag, 0, test::number(bytes, 4)));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.received().size() >= before + bytes; }));
    // Tells the kernel at the other end at once that it was taken.
    const std::size_t pings = framesOf(peer, test::kPing);
    peer.send(test::frame(test::kPing, test::kNoFlag, 0, "12345678"));
    CPPUNIT_ASSERT(turnUntil([&] { return framesOf(peer, test::kPing) > pings; }));
    pass(30s + kSlack);
  }
  void awaitHeldAbove(std::size_t bytes) {
    CPPUNIT_ASSERT_MESSAGE(std::to_string(listener_->stats().heldBytes),
                           turnUntil([&] { return listener_->stats().heldBytes > bytes; }));
  }

  std::uint32_t window_ = 65'535;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Http2LimitsTest);

}  // namespace evmicro
