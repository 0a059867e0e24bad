// The time limits of connections and streams of HTTP/2, just below and just above.
#include "http2/frames.h"
#include "server/rpc_fixture.h"
#include "support/manual_clock.h"

namespace evmicro {

using std::chrono::seconds;
using test::RawPeer;
using test::runUntil;
using test::Text;
using namespace test;

class Http2TimesTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(Http2TimesTest);
  CPPUNIT_TEST(anIdleConnectionCloses);
  CPPUNIT_TEST(aSilentPeerWithStreamsIsProbed);
  CPPUNIT_TEST(aHeadWithoutItsMessageIsRefused);
  CPPUNIT_TEST(aReplyThatIsNotTakenEndsItsStream);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_.emplace();
    test::RpcFixture::setUp();
    server_->handle<Text, Text>("Echo.Call", [](Context&, const Text& request, Text& reply) {
      reply = request;
      return Status();
    });
    server_->handle<Text, Text>("Echo.Later", [this](Context, Text, Reply<Text> reply) {
      replies_.push_back(std::move(reply));
    });
    start();
  }
  void tearDown() override {
    replies_.clear();
    test::RpcFixture::tearDown();
    clock_.reset();
  }

  void anIdleConnectionCloses() {
    RawPeer& peer = connect();
    peer.send(opening());
    CPPUNIT_ASSERT(gets(peer, kSettings));
    clock_->advance(*loop_, seconds(119));
    CPPUNIT_ASSERT(!has(peer, kGoaway));
    clock_->advance(*loop_, seconds(2));
    CPPUNIT_ASSERT(gets(peer, kGoaway));
  }

  void aSilentPeerWithStreamsIsProbed() {
    RawPeer& peer = connect();
    peer.send(opening() + call("/Echo/Later"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !replies_.empty(); }));
    clock_->advance(*loop_, seconds(119));
    CPPUNIT_ASSERT(!has(peer, kPing));
    clock_->advance(*loop_, seconds(2));
    CPPUNIT_ASSERT(gets(peer, kPing));
    clock_->advance(*loop_, seconds(18));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server_->stats().listener.connections);
    clock_->advance(*loop_, seconds(3));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server_->stats().listener.connections);
  }

  void aHeadWithoutItsMessageIsRefused() {
    RawPeer& peer = connect();
    peer.send(opening() + headers(1, grpcHead("/Echo/Call")) + data(1, "", kNoFlag));
    CPPUNIT_ASSERT(gets(peer, kSettings));
    turn(*loop_, 20);
    clock_->advance(*loop_, seconds(29));
    CPPUNIT_ASSERT(!has(peer, kHeaders));
    clock_->advance(*loop_, seconds(2));
    CPPUNIT_ASSERT(gets(peer, kHeaders));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, server_->stats().listener.tooSlow);
  }

  // The peer's window stays shut.
  void aReplyThatIsNotTakenEndsItsStream() {
    RawPeer& peer = connect();
    peer.send(kPreface + frame(kSettings, kNoFlag, 0, number(4, 2) + number(0, 4)) +
              call("/Echo/Call"));
    CPPUNIT_ASSERT(gets(peer, kHeaders));
    clock_->advance(*loop_, seconds(119));
    CPPUNIT_ASSERT(!has(peer, kReset));
    clock_->advance(*loop_, seconds(2));
    CPPUNIT_ASSERT(gets(peer, kReset));
  }

 private:
  static std::string call(const std::string& path) {
    return headers(1, grpcHead(path)) + data(1, message(text("x").SerializeAsString()));
  }

  static bool has(const RawPeer& peer, int type) {
    for (const test::Frame& frame : framesIn(peer.received())) {
      if (frame.type == type) return true;
    }
    return false;
  }

  bool gets(RawPeer& peer, int type) {
    return runUntil(*loop_, [&] { return has(peer, type); });
  }

  std::optional<ManualClock> clock_;
  std::vector<Reply<Text>> replies_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Http2TimesTest);

}  // namespace evmicro
