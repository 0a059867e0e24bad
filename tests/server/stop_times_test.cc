// How long each phase of a server's stop lasts, just below and just above.
#include <optional>
#include <string>
#include <vector>

#include <event2/event.h>

#include <evmicro/broker.h>

#include "server/rpc_fixture.h"
#include "support/manual_clock.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::RawPeer;
using test::runUntil;
using test::Text;

namespace {

/// Its subscriptions are ready, and withdrawn, when the test says so.
class HeldBroker final : public Broker {
 public:
  std::string_view name() const override { return "held"; }
  std::string address() const override { return {}; }
  Result<Subscription> subscribe(std::string_view, Handler, SubscribeOptions options) override {
    ready = std::move(options.ready);
    return Subscription(std::make_shared<int>());
  }
  void publish(std::string_view, BrokerMessage, Published) override {}
  void withdraw(std::function<void()> done) override { withdrawn = std::move(done); }
  void stop(std::function<void()>) override {}
  void onFailure(std::function<void(Status)>) override {}
  const BrokerStats& stats() const noexcept override { return stats_; }

  std::function<void()> ready;
  std::function<void()> withdrawn;

 private:
  BrokerStats stats_;
};

}  // namespace

class StopTimesTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(StopTimesTest);
  CPPUNIT_TEST(callsAreServedDuringTheGraceTime);
  CPPUNIT_TEST(theGraceTimeBeginsWhenAllIsDeregistered);
  CPPUNIT_TEST(aPeerThatHasJustConnectedIsAwaited);
  CPPUNIT_TEST(itsFirstRequestIsAnswered);
  CPPUNIT_TEST(aPeerThatHasBeenSilentForASecondIsNotAwaited);
  CPPUNIT_TEST(aFirstRequestInTinyPartsHasTheTimeToDrain);
  CPPUNIT_TEST(aRequestInTinyPartsHasTheTimeToDrain);
  CPPUNIT_TEST(aRequestThatArrivesIsAnswered);
  CPPUNIT_TEST(aRequestThatHaltsForASecondIsNotAwaited);
  CPPUNIT_TEST(callsHaveTheTimeToDrain);
  CPPUNIT_TEST(withoutDrainTimeNobodyIsAwaited);
  CPPUNIT_TEST(idleConnectionsAreNotAwaited);
  CPPUNIT_TEST(peersHaveASecondToReadTheEnd);
  CPPUNIT_TEST(nothingStaysInTheLoop);
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

  // The node, and the subscriptions, which take longer here.
  void theGraceTimeBeginsWhenAllIsDeregistered() {
    HeldBroker broker;
    ServerOptions options;
    options.name = "subscriber";
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<Server>(*loop_, *transport_, *registry_, broker, options);
    server_->subscribe<Text>("topic", [](Context&, const Text&) { return Status(); });
    bool started = false;
    server_->start([&started](const Status& status) { started = status.ok(); });
    test::turn(*loop_, 20);
    CPPUNIT_ASSERT(!started);
    broker.ready();
    CPPUNIT_ASSERT(started);
    beginToStop();
    pass(1h);
    CPPUNIT_ASSERT(!stopped_);
    connect();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return connections() == 1; }));
    peers_.clear();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return connections() == 0; }));
    broker.withdrawn();
    pass(250ms - 1us);
    CPPUNIT_ASSERT(!stopped_);
    pass(1us);
    CPPUNIT_ASSERT(stopped_);
    server_.reset();  // before its broker
  }

  // For a second after it has connected: its machine may be busy.
  void aPeerThatHasJustConnectedIsAwaited() {
    RawPeer& peer = connect();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return connections() == 1; }));
    beginToStop();
    pass(999ms);
    CPPUNIT_ASSERT(!peer.ended());
    CPPUNIT_ASSERT(!stopped_);
    pass(21ms);  // it is looked for every 20 ms
    CPPUNIT_ASSERT(stopped_);
  }

  void itsFirstRequestIsAnswered() {
    RawPeer& peer = connect();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return connections() == 1; }));
    beginToStop();
    pass(990ms);
    peer.send(callOf("Echo.Say"));
    CPPUNIT_ASSERT(receives(peer, R"({"status":"x"})"));
    pass(20ms);
    CPPUNIT_ASSERT(ends(peer));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
  }

  // A connection that is kept for later must not hold up every restart.
  void aPeerThatHasBeenSilentForASecondIsNotAwaited() {
    connect();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return connections() == 1; }));
    pass(750ms);
    beginToStop();
    pass(249ms);
    CPPUNIT_ASSERT(!stopped_);
    pass(1ms);
    CPPUNIT_ASSERT(stopped_);
  }

  void aFirstRequestInTinyPartsHasTheTimeToDrain() {
    RawPeer& peer = connect();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return connections() == 1; }));
    sendsUntilTheDrainTimeIsOver(peer);
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
  }

  void aRequestInTinyPartsHasTheTimeToDrain() {
    RawPeer& peer = keptConnection();
    sendsUntilTheDrainTimeIsOver(peer);
    CPPUNIT_ASSERT(ends(peer));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
  }

  void aRequestThatArrivesIsAnswered() {
    RawPeer& peer = keptConnection();
    const std::string whole = callOf("Echo.Say");
    peer.send(whole.substr(0, whole.size() - 1));
    test::turn(*loop_, 20);
    beginToStop();
    pass(250ms);
    pass(740ms);
    CPPUNIT_ASSERT(!peer.ended());
    peer.send(whole.substr(whole.size() - 1));
    CPPUNIT_ASSERT(receives(peer, R"({"status":"x"})", 2));
    CPPUNIT_ASSERT(peer.has("Connection: close\r\n"));
    CPPUNIT_ASSERT(ends(peer));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
  }

  // Its peer may be gone.
  void aRequestThatHaltsForASecondIsNotAwaited() {
    RawPeer& peer = keptConnection();
    peer.send("POST / HTTP/1.1\r\n");
    test::turn(*loop_, 20);
    beginToStop();
    pass(250ms);
    pass(749ms);
    CPPUNIT_ASSERT(!peer.ended());
    pass(21ms);  // it is looked for every 20 ms
    CPPUNIT_ASSERT(ends(peer));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
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

  void withoutDrainTimeNobodyIsAwaited() {
    ServerOptions options;
    options.drain = 0ms;
    makeServer(options);
    server_->handle<Text, Text>("Echo.Hold", [this](Context context, Text, Reply<Text> reply) {
      context_ = context;
      held_.push_back(std::move(reply));
    });
    RpcFixture::start();
    RawPeer& caller = connect();
    caller.send(callOf("Echo.Hold"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !held_.empty(); }));
    RawPeer& silent = connect();
    RawPeer& halfway = connect();
    halfway.send("POST / HTTP/1.1\r\n");
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return connections() == 3; }));
    beginToStop();
    pass(249ms);
    CPPUNIT_ASSERT(!context_.done());
    pass(1ms);
    CPPUNIT_ASSERT(receives(caller, "the server is stopping"));
    CPPUNIT_ASSERT(ends(silent));
    CPPUNIT_ASSERT(ends(halfway));
    caller.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
  }

  void idleConnectionsAreNotAwaited() {
    RawPeer& peer = connect();
    peer.send(callOf("Echo.Say"));
    CPPUNIT_ASSERT(receives(peer, R"({"status":"x"})"));
    beginToStop();
    pass(250ms);
    CPPUNIT_ASSERT(ends(peer));
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
  }

  // No timer of the server, which may live on for long.
  void nothingStaysInTheLoop() {
    const auto events = [this] {
      return event_base_get_num_events(loop_->base(), EVENT_BASE_COUNT_ADDED);
    };
    ServerOptions options;
    options.shed = 50ms;
    makeServer(options);
    const int before = events();
    RpcFixture::start();
    CPPUNIT_ASSERT(events() > before);
    beginToStop();
    pass(250ms);
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return stopped_; }));
    CPPUNIT_ASSERT_EQUAL(before, events());
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
  RawPeer& keptConnection() {
    RawPeer& peer = connect();
    peer.send(callOf("Echo.Say"));
    CPPUNIT_ASSERT(receives(peer, R"({"status":"x"})"));
    return peer;
  }
  void sendsUntilTheDrainTimeIsOver(RawPeer& peer) {
    peer.send("POST / HTTP/1.1\r\n");
    beginToStop();
    pass(250ms);
    for (int i = 0; i < 19; ++i) {
      peer.send("X");
      pass(500ms);
    }
    peer.send("X");
    pass(499ms);
    CPPUNIT_ASSERT(!stopped_);
    CPPUNIT_ASSERT(!peer.ended());
    pass(1ms);
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
