// The time limits of connections and streams of HTTP/2, just below and just above.
#include <algorithm>

#include "http2/dialler.h"
#include "http2/frames.h"
#include "server/rpc_fixture.h"
#include "support/manual_clock.h"
#include "support/scripted_server.h"

namespace evmicro {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RawPeer;
using test::runUntil;
using test::Text;
using namespace test;

class Http2TimesTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(Http2TimesTest);
  CPPUNIT_TEST(anIdleConnectionCloses);
  CPPUNIT_TEST(aClosedConnectionHasASecond);
  CPPUNIT_TEST(aSilentPeerWithStreamsIsProbed);
  CPPUNIT_TEST(aHeadWithoutItsMessageIsRefused);
  CPPUNIT_TEST(aCallWithoutItsEndIsRefused);
  CPPUNIT_TEST(aReplyThatIsNotTakenEndsItsStream);
  CPPUNIT_TEST(connectionsGrowOldAtDifferentTimes);
  CPPUNIT_TEST(theEndIsAnnouncedForASecond);
  CPPUNIT_TEST(anOldConnectionTakesNoMoreCalls);
  CPPUNIT_TEST(callsOfAnOldConnectionEnd);
  CPPUNIT_TEST(aServerThatStopsAwaitsCallsForATenthOfASecond);
  CPPUNIT_TEST(aCallThatArrivesWhenTheServerStopsIsAnswered);
  CPPUNIT_TEST(aCallThatHaltsForASecondIsNotAwaited);
  CPPUNIT_TEST(aPlainRequestThatArrivesIsAnsweredToo);
  CPPUNIT_TEST(aPlainRequestThatHaltsForASecondIsNotAwaited);
  CPPUNIT_TEST(clientsGoOnWithAnotherConnection);
  CPPUNIT_TEST(aClientProbesItsPeer);
  CPPUNIT_TEST(aServerThatTakesNothingIsGivenUp);
  CPPUNIT_TEST(aServerThatHasGotAllIsAwaitedForASecond);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_.emplace();
    test::RpcFixture::setUp();
    addHandlers();
  }
  void tearDown() override {
    replies_.clear();
    socket_.reset();
    dialler_.reset();
    silent_.reset();
    end_.closed.reset();
    test::RpcFixture::tearDown();
    clock_.reset();
  }

  void anIdleConnectionCloses() {
    start();
    RawPeer& peer = connect();
    peer.send(opening());
    CPPUNIT_ASSERT(gets(peer, kSettings));
    clock_->advance(*loop_, seconds(119));
    CPPUNIT_ASSERT(!has(peer, kGoaway));
    clock_->advance(*loop_, seconds(2));
    CPPUNIT_ASSERT(gets(peer, kGoaway));
  }

  void aClosedConnectionHasASecond() {
    start();
    RawPeer& peer = connect();
    peer.send(opening());
    CPPUNIT_ASSERT(gets(peer, kSettings));
    clock_->advance(*loop_, seconds(120));
    CPPUNIT_ASSERT(gets(peer, kGoaway));
    clock_->advance(*loop_, milliseconds(999));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server_->stats().listener.connections);
    clock_->advance(*loop_, milliseconds(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server_->stats().listener.connections);
  }

  void aSilentPeerWithStreamsIsProbed() {
    start();
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
    start();
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

  // Another message could follow.
  void aCallWithoutItsEndIsRefused() {
    start();
    RawPeer& peer = connect();
    peer.send(opening() + headers(1, grpcHead("/Echo/Later")) +
              data(1, message(text("x").SerializeAsString()), kNoFlag) +
              frame(kPing, kNoFlag, 0, "evmicro!"));
    CPPUNIT_ASSERT(receives(peer, "evmicro!"));
    clock_->advance(*loop_, seconds(30) - milliseconds(1));
    CPPUNIT_ASSERT(!has(peer, kHeaders));
    clock_->advance(*loop_, milliseconds(1));
    CPPUNIT_ASSERT(gets(peer, kHeaders));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, server_->stats().listener.tooSlow);
    CPPUNIT_ASSERT(replies_.empty());
  }

  // The peer's window stays shut.
  void aReplyThatIsNotTakenEndsItsStream() {
    ServerOptions options;
    options.limits.minReadRate = 0;  // it would end the connection before
    makeServer(options);
    addHandlers();
    start();
    RawPeer& peer = connect();
    peer.send(kPreface + frame(kSettings, kNoFlag, 0, number(4, 2) + number(0, 4)) +
              call("/Echo/Call"));
    CPPUNIT_ASSERT(gets(peer, kHeaders));
    clock_->advance(*loop_, seconds(119));
    CPPUNIT_ASSERT(!has(peer, kReset));
    clock_->advance(*loop_, seconds(2));
    CPPUNIT_ASSERT(gets(peer, kReset));
  }

  // By up to a tenth.
  void connectionsGrowOldAtDifferentTimes() {
    serveForAMinute();
    for (int i = 0; i < 16; ++i) {
      RawPeer& peer = connect();
      peer.send(opening());
      CPPUNIT_ASSERT(gets(peer, kSettings));
    }
    const auto old = [this](std::chrono::nanoseconds passed) {
      clock_->advance(*loop_, passed);
      turn(*loop_, 50);
      return std::count_if(peers_.begin(), peers_.end(),
                           [](const auto& peer) { return has(*peer, kGoaway); });
    };
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{0}, old(seconds(54) - milliseconds(1)));
    const auto some = old(seconds(3));
    CPPUNIT_ASSERT(some > 0 && some < 16);
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{16}, old(seconds(3) + milliseconds(2)));
  }

  void theEndIsAnnouncedForASecond() {
    serveForAMinute();
    RawPeer& peer = connect();
    peer.send(opening());
    CPPUNIT_ASSERT(gets(peer, kSettings));
    clock_->advance(*loop_, seconds(54) - milliseconds(1));
    for (int i = 0; i < 6'100 && !has(peer, kGoaway); ++i) {
      clock_->advance(*loop_, milliseconds(1));
      turn(*loop_, 2);
    }
    CPPUNIT_ASSERT(has(peer, kGoaway));
    clock_->advance(*loop_, milliseconds(999));
    turn(*loop_, 20);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(peer, kGoaway));
    clock_->advance(*loop_, milliseconds(1));
    turn(*loop_, 20);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, count(peer, kGoaway));
    clock_->advance(*loop_, milliseconds(999));  // for the peer to close
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server_->stats().listener.connections);
    clock_->advance(*loop_, milliseconds(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server_->stats().listener.connections);
  }

  void anOldConnectionTakesNoMoreCalls() {
    serveForAMinute();
    RawPeer& peer = connect();
    peer.send(opening());
    CPPUNIT_ASSERT(gets(peer, kSettings));
    clock_->advance(*loop_, seconds(53));  // a tenth of the time is random
    CPPUNIT_ASSERT(!has(peer, kGoaway));
    for (int i = 0; i < 16 && !has(peer, kGoaway); ++i) {
      clock_->advance(*loop_, milliseconds(500));
      turn(*loop_, 5);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(peer, kGoaway));
    peer.send(call("/Echo/Call"));  // was on its way
    CPPUNIT_ASSERT(gets(peer, kHeaders));
    CPPUNIT_ASSERT(!peer.ended());
    clock_->advance(*loop_, seconds(2));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return count(peer, kGoaway) == 2; }));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return peer.ended(); }));
  }

  void callsOfAnOldConnectionEnd() {
    serveForAMinute();
    RawPeer& peer = connect();
    peer.send(opening() + call("/Echo/Later"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !replies_.empty(); }));
    clock_->advance(*loop_, seconds(61));
    clock_->advance(*loop_, seconds(2));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return count(peer, kGoaway) == 2; }));
    CPPUNIT_ASSERT(!peer.ended());
    replies_[0].send(text("late"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return peer.ended(); }));
    CPPUNIT_ASSERT(has(peer, kHeaders));
  }

  void clientsGoOnWithAnotherConnection() {
    serveForAMinute();
    for (int i = 0; i < 5; ++i) {
      CallOptions options;
      options.protocol = CallProtocol::kGrpc;
      const auto reply = RpcFixture::call("Echo.Call", "x", options);
      CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
      clock_->advance(*loop_, seconds(40));
    }
    CPPUNIT_ASSERT(server_->stats().listener.accepted > 1);
  }

  void aClientProbesItsPeer() {
    start();
    ClientOptions options;
    options.protocol = CallProtocol::kGrpc;
    options.requestTimeout = milliseconds(0);
    options.dial.keepAlive = seconds(10);
    options.dial.keepAliveTimeout = seconds(5);
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
    bool ended = false;
    client_->call<Text>(Context(), "echo", "Echo.Later", text("x"),
                        [&ended](const Result<Text>&) { ended = true; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !replies_.empty(); }));
    // It answers each time.
    for (int i = 0; i < 20; ++i) clock_->advance(*loop_, seconds(4));
    CPPUNIT_ASSERT(!ended);
    replies_[0].send(text("late"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ended; }));
  }

  // Its window lets 64 KiB through.
  void aServerThatTakesNothingIsGivenUp() {
    beginAtSilentServer(100'000);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return socket_->queued() == 100'000 - 65'535; }));
    socket_->close();
    clock_->advance(*loop_, seconds(30) - milliseconds(1));
    CPPUNIT_ASSERT(!end_.closed);
    clock_->advance(*loop_, milliseconds(1));
    CPPUNIT_ASSERT(end_.closed);
    CPPUNIT_ASSERT_EQUAL(silent_->address() + ": the peer takes nothing", end_.closed->detail());
  }

  // Those that its peers have begun before they learned of the end; it looks every 20 ms.
  void aServerThatStopsAwaitsCallsForATenthOfASecond() {
    start();
    RawPeer& peer = connect();
    peer.send(opening());
    CPPUNIT_ASSERT(gets(peer, kSettings));
    bool stopped = false;
    server_->stop([&stopped](const Status&) { stopped = true; });
    turn(*loop_, 20);
    clock_->advance(*loop_, milliseconds(250));  // the grace time
    CPPUNIT_ASSERT(gets(peer, kGoaway));
    clock_->advance(*loop_, milliseconds(99));
    peer.send(call("/Echo/Call"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return count(peer, kHeaders) == 2; }));
    CPPUNIT_ASSERT(!peer.ended());
    clock_->advance(*loop_, milliseconds(21));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return peer.ended(); }));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return stopped; }));
  }

  void aCallThatArrivesWhenTheServerStopsIsAnswered() {
    RawPeer& peer = stopWithinACall();
    clock_->advance(*loop_, milliseconds(740));
    turn(*loop_, 20);
    CPPUNIT_ASSERT(!has(peer, kReset));
    peer.send(data(1, wholeCall().substr(1)));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return count(peer, kHeaders) == 2; }));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return peer.ended(); }));
    CPPUNIT_ASSERT(!has(peer, kReset));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
  }

  // Its peer may be gone.
  void aCallThatHaltsForASecondIsNotAwaited() {
    RawPeer& peer = stopWithinACall();
    clock_->advance(*loop_, milliseconds(749));
    turn(*loop_, 20);
    CPPUNIT_ASSERT(!has(peer, kReset));
    CPPUNIT_ASSERT(!peer.ended());
    clock_->advance(*loop_, milliseconds(21));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return peer.ended(); }));
    const auto answers = headersIn(peer.received());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, answers.size());
    const Fields& answer = answers[0].second;
    const std::pair<std::string, std::string> unavailable("grpc-status", "14");
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1}, std::count(answer.begin(), answer.end(), unavailable));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
  }

  void aPlainRequestThatArrivesIsAnsweredToo() {
    RawPeer& peer = stopWithinAPlainRequest();
    clock_->advance(*loop_, milliseconds(740));
    turn(*loop_, 20);
    CPPUNIT_ASSERT(!peer.ended());
    CPPUNIT_ASSERT(!stopped_);
    peer.send(data(1, plainRequest().substr(1)));
    CPPUNIT_ASSERT(receives(peer, R"("result":{"status":"x"})"));
    clock_->advance(*loop_, milliseconds(20));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return peer.ended(); }));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
  }

  void aPlainRequestThatHaltsForASecondIsNotAwaited() {
    RawPeer& peer = stopWithinAPlainRequest();
    clock_->advance(*loop_, milliseconds(749));
    turn(*loop_, 20);
    CPPUNIT_ASSERT(!stopped_);
    clock_->advance(*loop_, milliseconds(21));
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
    CPPUNIT_ASSERT(!has(peer, kHeaders));
  }

  void aServerThatHasGotAllIsAwaitedForASecond() {
    beginAtSilentServer(100);
    socket_->close();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return socket_->queued() == 0; }));
    clock_->advance(*loop_, milliseconds(999));
    CPPUNIT_ASSERT(!end_.closed);
    clock_->advance(*loop_, milliseconds(1));
    CPPUNIT_ASSERT(end_.closed && end_.closed->ok());
  }

 private:
  struct End final : Socket::Observer {
    void onMessage(Message&) override {}
    void onPeerFinished() override {}
    void onClosed(Status why) override { closed = std::move(why); }
    std::optional<Status> closed;
  };

  // A call whose server accepts connections and says nothing.
  void beginAtSilentServer(std::size_t size) {
    silent_ = std::make_unique<ScriptedServer>(*loop_,
                                               [](const auto&) { return ScriptedServer::Reply(); });
    dialler_ = detail::makeHttp2Dialler(*loop_);
    auto socket = dialler_->dial(silent_->address(), DialOptions());
    CPPUNIT_ASSERT(socket.ok());
    socket_ = std::move(*socket);
    socket_->observe(&end_);
    socket_->send({{":rpc", "Echo.Call"}}, Buffer(std::string(size, 'x')));
  }

  void addHandlers() {
    server_->handle<Text, Text>("Echo.Call", [](Context&, const Text& request, Text& reply) {
      reply = request;
      return Status();
    });
    server_->handle<Text, Text>("Echo.Later", [this](Context, Text, Reply<Text> reply) {
      replies_.push_back(std::move(reply));
    });
  }

  void serveForAMinute() {
    ServerOptions options;
    options.limits.maxConnectionAge = seconds(60);
    makeServer(options);
    addHandlers();
    start();
  }

  static std::string call(const std::string& path) {
    return headers(1, grpcHead(path)) + data(1, message(text("x").SerializeAsString()));
  }

  static std::string wholeCall() { return message(text("x").SerializeAsString()); }

  // It has sent one byte of its message, and 250 ms have passed since.
  RawPeer& stopWithinACall() {
    return stopAfter(headers(1, grpcHead("/Echo/Call")) +
                     data(1, wholeCall().substr(0, 1), kNoFlag));
  }

  static std::string plainRequest() {
    return R"({"method":"Echo.Call","params":[{"status":"x"}],"id":1})";
  }
  RawPeer& stopWithinAPlainRequest() {
    return stopAfter(headers(1, {{":method", "POST"},
                                 {":scheme", "http"},
                                 {":path", "/"},
                                 {":authority", "x"},
                                 {"content-type", "application/json"}}) +
                     data(1, plainRequest().substr(0, 1), kNoFlag));
  }

  RawPeer& stopAfter(const std::string& frames) {
    start();
    RawPeer& peer = connect();
    peer.send(opening() + frames);
    CPPUNIT_ASSERT(gets(peer, kSettings));
    turn(*loop_, 20);
    server_->stop([this](const Status&) { stopped_ = true; });
    turn(*loop_, 20);
    clock_->advance(*loop_, milliseconds(250));  // the grace time
    CPPUNIT_ASSERT(gets(peer, kGoaway));
    return peer;
  }

  static std::size_t count(const RawPeer& peer, int type) {
    std::size_t found = 0;
    for (const test::Frame& frame : framesIn(peer.received())) found += frame.type == type ? 1 : 0;
    return found;
  }
  static bool has(const RawPeer& peer, int type) { return count(peer, type) > 0; }

  bool gets(RawPeer& peer, int type) {
    return runUntil(*loop_, [&] { return has(peer, type); });
  }

  std::optional<ManualClock> clock_;
  std::vector<Reply<Text>> replies_;
  std::unique_ptr<ScriptedServer> silent_;
  std::unique_ptr<detail::Http2Dialler> dialler_;
  std::unique_ptr<Socket> socket_;
  End end_;
  bool stopped_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Http2TimesTest);

}  // namespace evmicro
