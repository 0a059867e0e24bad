// How long each phase of a server's stop lasts, just below and just above.
#include <optional>
#include <string>
#include <vector>

#include "server/rpc_fixture.h"
#include "support/manual_clock.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::RawPeer;
using test::runUntil;
using test::Text;

class StopTimesTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(StopTimesTest);
  CPPUNIT_TEST(callsAreServedDuringTheGraceTime);
  CPPUNIT_TEST(aPeerThatHasJustConnectedIsAwaited);
  CPPUNIT_TEST(callsHaveTheTimeToDrain);
  CPPUNIT_TEST(peersHaveASecondToReadTheEnd);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_.emplace();
    RpcFixture::setUp();
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& request, Text& reply) {
      reply = request;
      return Status();
    });
    server_->handle<Text, Text>("Echo.Shout", [](Context&, const Text&, Text& reply) {
      reply.set_status(std::string(16U << 20, 'a'));  // more than the system takes
      return Status();
    });
    server_->handle<Text, Text>("Echo.Hold", [this](Context context, Text, Reply<Text> reply) {
      context_ = context;
      held_.push_back(std::move(reply));
    });
    RpcFixture::start();
  }
  void tearDown() override {
    held_.clear();
    RpcFixture::tearDown();
    clock_.reset();
  }

  void callsAreServedDuringTheGraceTime() {
    beginToStop();
    pass(249ms);
    RawPeer& peer = connect();
    peer.send(callOf("Echo.Say"));
    CPPUNIT_ASSERT(receives(peer, R"({"status":"x"})"));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return connections() == 0; }));
    pass(999us);
    CPPUNIT_ASSERT(!stopped_);
    pass(1us);
    CPPUNIT_ASSERT(stopped_);
  }

  void aPeerThatHasJustConnectedIsAwaited() {
    connect();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return connections() == 1; }));
    beginToStop();
    pass(250ms + 99ms);
    CPPUNIT_ASSERT(!stopped_);
    pass(1ms);
    CPPUNIT_ASSERT(stopped_);
  }

  void callsHaveTheTimeToDrain() {
    RawPeer& peer = connect();
    peer.send(callOf("Echo.Hold"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !held_.empty(); }));
    beginToStop();
    pass(250ms);
    pass(10s - 1ms);
    CPPUNIT_ASSERT(!context_.done());
    pass(1ms);
    CPPUNIT_ASSERT(context_.done());
    CPPUNIT_ASSERT(receives(peer, "the server is stopping"));
  }

  void peersHaveASecondToReadTheEnd() {
    RawPeer& peer = connect();
    peer.stopReading();
    peer.send(callOf("Echo.Shout"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server_->stats().requests > 0; }));
    beginToStop();
    pass(250ms);
    pass(10s + 999ms);
    CPPUNIT_ASSERT(!stopped_);
    pass(1ms);
    CPPUNIT_ASSERT(stopped_);
  }

 private:
  static std::string callOf(const std::string& method) {
    return request(R"({"method":")" + method + R"(","params":[{"status":"x"}],"id":1})");
  }
  std::size_t connections() const { return server_->stats().listener.connections; }

  // Until it is deregistered: the grace time begins.
  void beginToStop() {
    server_->stop([this](Status) { stopped_ = true; });
    test::turn(*loop_, 20);
  }
  void pass(std::chrono::nanoseconds time) {
    clock_->advance(*loop_, time);
    test::turn(*loop_, 20);
  }

  std::optional<test::ManualClock> clock_;
  Context context_;  // of the last that is held
  std::vector<Reply<Text>> held_;
  bool stopped_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StopTimesTest);

}  // namespace evmicro
