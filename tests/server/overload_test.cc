// A server that has more to do than it can: calls whose time is over do not run, and when requests
// wait for long the newest are refused.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/rpc_fixture.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro::test {

using namespace std::chrono_literals;

class OverloadTest final : public RpcFixture {
  CPPUNIT_TEST_SUITE(OverloadTest);
  CPPUNIT_TEST(aCallWhoseTimePassedInLineDoesNotRun);
  CPPUNIT_TEST(aCallThatIsJustInTimeRuns);
  CPPUNIT_TEST(aTimeoutOfNothingIsNone);
  CPPUNIT_TEST(theConnectionOfAnExpiredCallGoesOn);
  CPPUNIT_TEST(aStreamWhoseTimePassedInLineIsNotOpened);
  CPPUNIT_TEST(behindACallInProgressTheTimeRunsFromTheArrival);
  CPPUNIT_TEST(whatComesDuringACallHasAllItsTime);
  CPPUNIT_TEST(aWrapperThatTakesTooLongKeepsTheCallFromRunning);
  CPPUNIT_TEST(nothingIsShedUnlessAsked);
  CPPUNIT_TEST(aShortDelayIsNoOverload);
  CPPUNIT_TEST(aStandingQueueIsCutToTheTarget);
  CPPUNIT_TEST(theConnectionOfAShedCallGoesOn);
  CPPUNIT_TEST(debugMethodsAreNotShed);
  CPPUNIT_TEST(aShedStreamIsNotOpened);
  CPPUNIT_TEST(overloadEndsWithTheQueue);
  CPPUNIT_TEST(shedCallsAreCounted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<ManualClock>();
    RpcFixture::setUp();
    ran_ = 0;
  }
  void tearDown() override {
    reply_.reset();
    RpcFixture::tearDown();
    clock_.reset();
  }

  void aCallWhoseTimePassedInLineDoesNotRun() {
    serve(0ms);
    RawPeer& peer = connect();
    peer.send(take("Echo.Take", 100) + take("Echo.Take", 0, timeout(90ms)));
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 200 OK", 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("the caller's deadline has passed"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("\\\"code\\\":408"));
    CPPUNIT_ASSERT_EQUAL(1, ran_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().expired);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().errors);
  }

  // The loop's clock ticks: 10 ms in the caller's favour.
  void aCallThatIsJustInTimeRuns() {
    serve(0ms);
    RawPeer& peer = connect();
    peer.send(take("Echo.Take", 100) + take("Echo.Take", 0, timeout(90'000'001ns)));
    CPPUNIT_ASSERT(receives(peer, "\"status\":\"ran\"", 2));
    CPPUNIT_ASSERT_EQUAL(2, ran_);
  }

  void aTimeoutOfNothingIsNone() {
    serve(0ms);
    RawPeer& peer = connect();
    peer.send(take("Echo.Take", 100) + take("Echo.Take", 0, timeout(0ns)) +
              take("Echo.Take", 0, timeout(-1ns)));
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 200 OK", 3));
    CPPUNIT_ASSERT_EQUAL(3, ran_);
  }

  void theConnectionOfAnExpiredCallGoesOn() {
    aCallWhoseTimePassedInLineDoesNotRun();
    peers_.back()->send(take("Echo.Take", 0));
    CPPUNIT_ASSERT(receives(*peers_.back(), "\"status\":\"ran\"", 2));
  }

  void aStreamWhoseTimePassedInLineIsNotOpened() {
    serve(0ms);
    RawPeer& peer = connect();
    peer.send(take("Echo.Take", 100) + take("Echo.Flow", 0, timeout(90ms)));
    CPPUNIT_ASSERT(receives(peer, "the caller's deadline has passed"));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(1, ran_);
  }

  void behindACallInProgressTheTimeRunsFromTheArrival() {
    for (const auto held : {89ms, 91ms}) {
      ran_ = 0;
      RawPeer& peer = hold(take("Echo.Take", 0, timeout(90ms)));
      clock_->advance(*loop_, held);
      reply_.reset();  // with an error
      CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 200 OK", 2));
      CPPUNIT_ASSERT_EQUAL(held < 90ms ? 1 : 0, ran_);
      CPPUNIT_ASSERT_EQUAL(std::size_t(held < 90ms ? 0 : 1),
                           peer.count("the caller's deadline has passed"));
      peers_.clear();
    }
  }

  void whatComesDuringACallHasAllItsTime() {
    RawPeer& peer = hold(take("Echo.Take", 0, timeout(90ms)));
    clock_->advance(*loop_, 60ms);
    peer.send(take("Echo.Take", 0, timeout(90ms)));
    turn(*loop_, 20);
    clock_->advance(*loop_, 60ms);
    reply_.reset();
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 200 OK", 3));
    CPPUNIT_ASSERT_EQUAL(1, ran_);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("the caller's deadline has passed"));
  }

  void aWrapperThatTakesTooLongKeepsTheCallFromRunning() {
    for (const auto took : {90ms - 1ns, std::chrono::nanoseconds(90ms)}) {
      makeServer({});
      ran_ = 0;
      server_->wrap([this, took](Context context, const CallInfo&, CallNext next, CallDone done) {
        clock_->skip(took);
        next(std::move(context), std::move(done));
      });
      serve(0ms, false);
      RawPeer& peer = connect();
      peer.send(take("Echo.Take", 0, timeout(90ms)));
      CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 200 OK"));
      CPPUNIT_ASSERT_EQUAL(took < 90ms ? 1 : 0, ran_);
      peers_.clear();
    }
  }

  void nothingIsShedUnlessAsked() {
    serve(0ms);
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_EQUAL(0, shedInATurn(10, 50));
  }

  void aShortDelayIsNoOverload() {
    serve(50ms);
    CPPUNIT_ASSERT_EQUAL(0, shedInATurn(10, 50));  // half a second, once
    for (int i = 0; i < 20; ++i) clock_->advance(*loop_, 25ms);
    CPPUNIT_ASSERT_EQUAL(0, shedInATurn(10, 50));
  }

  // A turn then serves requests for 50 ms, and the tick.
  void aStandingQueueIsCutToTheTarget() {
    serve(50ms);
    overload();
    CPPUNIT_ASSERT_EQUAL(10 - 6, shedInATurn(10, 10));
    CPPUNIT_ASSERT_EQUAL(10 - 6, shedInATurn(10, 10));
    RawPeer& peer = *peers_.back();
    CPPUNIT_ASSERT(peer.count("HTTP/1.1 429 Too Many Requests") > 0);
    CPPUNIT_ASSERT(peer.count("Retry-After: 1\r\n") > 0);
    CPPUNIT_ASSERT(
        peer.count(R"({\"id\":\"echo\",\"code\":429,\"detail\":\"the server is overloaded\")"
                   R"(,\"status\":\"Too Many Requests\"})") > 0);
  }

  void theConnectionOfAShedCallGoesOn() {
    aStandingQueueIsCutToTheTarget();
    RawPeer& peer = *peers_.back();
    const std::size_t before = peer.count("\"status\":\"ran\"");
    peer.send(take("Echo.Take", 0));
    CPPUNIT_ASSERT(receives(peer, "\"status\":\"ran\"", before + 1));
    CPPUNIT_ASSERT(!peer.ended());
  }

  void debugMethodsAreNotShed() {
    serve(50ms);
    overload();
    RawPeer& peer = connect();
    peer.send(take("Echo.Take", 100) + take("Echo.Take", 0) + take("Debug.Health", 0));
    CPPUNIT_ASSERT(receives(peer, "\"status\":\"ok\""));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("HTTP/1.1 429"));
  }

  void aShedStreamIsNotOpened() {
    serve(50ms);
    overload();
    const int ran = ran_;
    RawPeer& peer = connect();
    peer.send(take("Echo.Take", 100) + take("Echo.Take", 100) + take("Echo.Flow", 0));
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 429 Too Many Requests", 2));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(ran + 1, ran_);
  }

  void overloadEndsWithTheQueue() {
    serve(50ms);
    overload();
    for (int i = 0; i < 20; ++i) clock_->advance(*loop_, 25ms);
    CPPUNIT_ASSERT_EQUAL(0, shedInATurn(10, 10));
  }

  void shedCallsAreCounted() {
    serve(50ms);
    overload();
    const std::uint64_t before = server_->stats().shed;
    const int shed = shedInATurn(10, 10);
    CPPUNIT_ASSERT(shed > 0);
    CPPUNIT_ASSERT_EQUAL(before + static_cast<std::uint64_t>(shed), server_->stats().shed);
  }

 private:
  // Echo.Take takes as many milliseconds as it is told.
  void serve(std::chrono::milliseconds shed, bool make = true) {
    if (make) {
      ServerOptions options;
      options.shed = shed;
      makeServer(options);
    }
    server_->handle<Text, Text>("Echo.Take", [this](Context&, const Text& time, Text& reply) {
      ++ran_;
      clock_->skip(std::chrono::milliseconds(std::stoi(time.status())));
      reply.set_status("ran");
      return Status();
    });
    server_->handleStream<Text, Text>("Echo.Flow",
                                      [this](Context, ServerStream<Text, Text>) { ++ran_; });
    start();
  }
  static std::string timeout(std::chrono::nanoseconds time) {
    return "Timeout: " + std::to_string(time.count()) + "\r\n";
  }
  static std::string take(const std::string& method, int milliseconds,
                          const std::string& headers = {}) {
    return request(R"({"id":1,"method":")" + method + R"(","params":[{"status":")" +
                       std::to_string(milliseconds) + R"("}]})",
                   headers);
  }

  // A call that is in progress until reply_ goes, and the request `next` behind it.
  RawPeer& hold(const std::string& next) {
    makeServer({});
    server_->handle<Text, Text>("Echo.Hold", [this](Context, Text, Reply<Text> reply) {
      reply_.emplace(std::move(reply));
    });
    serve(0ms, false);
    RawPeer& peer = connect();
    peer.send(take("Echo.Hold", 0) + next);
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return reply_.has_value(); }));
    return peer;
  }

  // `calls` that have come together, each of `milliseconds`: how many of them are refused.
  int shedInATurn(int calls, int milliseconds) {
    if (peers_.empty()) connect();
    RawPeer& peer = *peers_.back();
    std::string requests;
    for (int i = 0; i < calls; ++i) requests += take("Echo.Take", milliseconds);
    const std::size_t before = peer.count("HTTP/1.1 ");
    const std::uint64_t shed = server_->stats().shed;
    peer.send(requests);
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 ", before + static_cast<std::size_t>(calls)));
    return static_cast<int>(server_->stats().shed - shed);
  }

  // Turns of half a second, until the server knows.
  void overload() {
    for (int i = 0; i < 3; ++i) shedInATurn(10, 50);
    CPPUNIT_ASSERT(server_->stats().shed > 0);
  }

  std::unique_ptr<ManualClock> clock_;
  std::optional<Reply<Text>> reply_;
  int ran_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(OverloadTest);

}  // namespace evmicro::test
