// What calls may use up of a server: how many at a time, and how large for one method.
#include "server/rpc_fixture.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using test::text;

class ServerLimitsTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(ServerLimitsTest);
  CPPUNIT_TEST(asManyCallsAsAllowedRun);
  CPPUNIT_TEST(oneMoreIsRefusedAtOnceAndKeepsItsConnection);
  CPPUNIT_TEST(aRefusalEndsAConnectionThatItsCallerEnds);
  CPPUNIT_TEST(anEndedCallMakesRoom);
  CPPUNIT_TEST(aCallerThatLeavesMakesRoom);
  CPPUNIT_TEST(debugMethodsAreExempt);
  CPPUNIT_TEST(aMethodMayHaveALimitOfItsOwn);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    ServerOptions options;
    options.maxInFlight = 2;
    makeServer(options);
    server_->handle<Text, Text>("Echo.Hold", [this](Context, Text, Reply<Text> reply) {
      held_.push_back(std::move(reply));
    });
    HandleOptions small;
    small.maxRequestBytes = kSmall;
    server_->handle<Text, Text>(
        "Echo.Small",
        [](Context&, const Text& in, Text& out) -> Status {
          out = in;
          return {};
        },
        small);
    start();
  }
  void tearDown() override {
    held_.clear();
    RpcFixture::tearDown();
  }

  void asManyCallsAsAllowedRun() {
    hold(2);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->stats().tooManyCalls);
  }

  void oneMoreIsRefusedAtOnceAndKeepsItsConnection() {
    hold(2);
    const auto third = call("Echo.Hold", "3");
    CPPUNIT_ASSERT(third.status().kind() == ErrorKind::kOverloaded);
    CPPUNIT_ASSERT_EQUAL(429, third.status().code());
    RawPeer& peer = connect();
    peer.send(holdRequest());
    CPPUNIT_ASSERT(receives(peer, "too many requests in flight"));
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 429 ") && !peer.has("Connection: close"));
    peer.forget();
    release();
    peer.send(holdRequest());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 2; }));
    CPPUNIT_ASSERT(server_->stats().tooManyCalls >= 2);
  }

  void aRefusalEndsAConnectionThatItsCallerEnds() {
    hold(2);
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Hold","params":[{}],"id":7})", "Connection: close\r\n"));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has("too many requests in flight") && peer.has("Connection: close"));
  }

  void anEndedCallMakesRoom() {
    hold(2);
    release();
    hold(2);
  }

  void aCallerThatLeavesMakesRoom() {
    hold(2);
    peers_.front()->reset();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server_->stats().calls == 1; }));
    RawPeer& peer = connect();
    peer.send(holdRequest());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 3; }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->stats().tooManyCalls);
  }

  void debugMethodsAreExempt() {
    hold(2);
    CPPUNIT_ASSERT(call("Debug.Health", "").ok());
  }

  void aMethodMayHaveALimitOfItsOwn() {
    RawPeer& peer = connect();
    const auto sized = [](std::size_t size) {
      std::string body = R"({"method":"Echo.Small","params":[{"status":""}],"id":7})";
      body.insert(body.find("\"\"") + 1, size - body.size(), 'x');
      return request(body, "X-Micro-Service: echo\r\n");
    };
    peer.send(sized(kSmall));
    CPPUNIT_ASSERT(receives(peer, "xxx"));
    CPPUNIT_ASSERT(!peer.has("takes at most"));
    peer.forget();
    peer.send(sized(kSmall + 1));
    CPPUNIT_ASSERT_MESSAGE(
        peer.received(), receives(peer, "the request has 201 bytes; Echo.Small takes at most 200"));
    CPPUNIT_ASSERT(!peer.has("Connection: close"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().tooLargeForMethod);
    peer.forget();
    peer.send(sized(kSmall));
    CPPUNIT_ASSERT(receives(peer, "xxx"));
  }

 private:
  static constexpr std::size_t kSmall = 200;

  static std::string holdRequest() {
    return request(R"({"method":"Echo.Hold","params":[{"status":"x"}],"id":7})");
  }

  void hold(std::size_t calls) {
    while (held_.size() < calls) {
      const std::size_t before = held_.size();
      connect().send(holdRequest());
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() > before; }));
    }
  }

  void release() {
    held_.back().send(text("done"));
    held_.pop_back();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server_->stats().calls == held_.size(); }));
  }

  std::vector<Reply<Text>> held_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerLimitsTest);

}  // namespace evmicro
