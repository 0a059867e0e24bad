#include <evmicro/memory_transport.h>

#include "server/method_stats.h"
#include "server/rpc_fixture.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using test::text;

/// What a server counts.
class StatsTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(StatsTest);
  CPPUNIT_TEST(callsAreCountedByTheirEnd);
  CPPUNIT_TEST(requestsThatAreNoCallsAreCounted);
  CPPUNIT_TEST(aCallIsInFlightUntilItsAnswer);
  CPPUNIT_TEST(aCallerThatLeavesIsCounted);
  CPPUNIT_TEST(streamsAreCountedWhileOpen);
  CPPUNIT_TEST(numbersOutliveTheListener);
  CPPUNIT_TEST(theMemoryTransportCountsConnections);
  CPPUNIT_TEST(debugStatsTellsThem);
  CPPUNIT_TEST(debugStatsIsNotAnnounced);
  CPPUNIT_TEST(codesBeyondTheTableShareAPlace);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    addMethods();
  }
  void tearDown() override {
    held_.clear();
    streams_.clear();
    RpcFixture::tearDown();
  }

  void callsAreCountedByTheirEnd() {
    start();
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(call("Echo.Say", "hi").ok());
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT(!call("Echo.Fail", "hi").ok());
    const ServerStats stats = server_->stats();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(5), stats.requests);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), stats.errors);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stats.calls);
    CPPUNIT_ASSERT(stats.registered);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), stats.heartbeatFailures);
  }

  void requestsThatAreNoCallsAreCounted() {
    start();
    CPPUNIT_ASSERT(!call("Echo.Nothing", "hi").ok());
    CPPUNIT_ASSERT(!call("Nobody.Say", "hi").ok());
    RawPeer& unsupported = connect();
    unsupported.send(request("x", {}, "text/html"));
    CPPUNIT_ASSERT(ends(unsupported));
    RawPeer& undecodable = connect();
    undecodable.send(request("{"));
    CPPUNIT_ASSERT(ends(undecodable));
    const ServerStats stats = server_->stats();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), stats.unknownMethods);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), stats.unsupported);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), stats.undecodable);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), stats.requests);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), stats.errors);
  }

  void aCallIsInFlightUntilItsAnswer() {
    start();
    RawPeer& peer = hold();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->stats().calls);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().requests);
    held_.front().send(text("done"));
    CPPUNIT_ASSERT(receives(peer, "done"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->stats().calls);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().requests);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->stats().errors);
  }

  void aCallerThatLeavesIsCounted() {
    start();
    hold().reset();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server_->stats().calls == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().errors);
    held_.front().send(text("too late"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().requests);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().errors);
  }

  void streamsAreCountedWhileOpen() {
    start();
    openStream();
    openStream();
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), server_->stats().streams);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->stats().calls);
    streams_.front().finish({});
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->stats().streams);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->stats().errors);
    peers_.back()->reset();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server_->stats().streams == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), server_->stats().requests);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().errors);
  }

  void numbersOutliveTheListener() {
    start();
    hold();
    held_.clear();
    stop();
    const ServerStats stats = server_->stats();
    CPPUNIT_ASSERT(!stats.registered);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), stats.listener.accepted);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), stats.requests);
  }

  void theMemoryTransportCountsConnections() {
    const auto memory = makeMemoryTransport(*loop_);
    ServerOptions options;
    options.name = "echo";
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<Server>(*loop_, *memory, *registry_, options);
    addMethods();
    start();
    client_ = std::make_unique<Client>(*loop_, *memory, *selector_, ClientOptions());
    CPPUNIT_ASSERT(call("Echo.Say", "hi").ok());
    const ServerStats stats = server_->stats();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), stats.listener.accepted);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), stats.listener.connections);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), stats.requests);
    client_.reset();
    server_.reset();
  }

  void debugStatsTellsThem() {
    start();
    CPPUNIT_ASSERT(!call("Echo.Fail", "hi").ok());
    openStream();
    const auto reply = client_->call<detail::StatsResponse>(Context(), "echo", "Debug.Stats",
                                                            detail::StatsRequest());
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    CPPUNIT_ASSERT(reply->started() <= std::uint64_t(seconds));
    CPPUNIT_ASSERT(reply->started() + 120 > std::uint64_t(seconds));
    CPPUNIT_ASSERT(reply->uptime() < 120);
    CPPUNIT_ASSERT(reply->memory() > 1'000'000);
    CPPUNIT_ASSERT(reply->threads() >= 1);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), reply->gc());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(3), reply->requests());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), reply->errors());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), reply->streams());
    CPPUNIT_ASSERT(reply->connections() >= 2);
  }

  void debugStatsIsNotAnnounced() {
    for (const Endpoint& endpoint : server_->info().endpoints) {
      CPPUNIT_ASSERT_MESSAGE(endpoint.name, endpoint.name.rfind("Debug.", 0) != 0);
    }
  }

  void codesBeyondTheTableShareAPlace() {
    detail::MethodStats stats;
    for (const int code : {418, 299, -1, 1'000'000}) {
      stats.begun();
      stats.ended(code, {});
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(4), stats.ends().back());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stats.running());
  }

 private:
  void addMethods() {
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
    server_->handle<Text, Text>("Echo.Fail", [](Context&, const Text&, Text&) {
      return Status::error(409, "echo.fail", "taken");
    });
    server_->handle<Text, Text>("Echo.Hold", [this](Context, const Text&, Reply<Text> reply) {
      held_.push_back(std::move(reply));
    });
    server_->handleStream<Text, Text>("Echo.Stream",
                                      [this](Context, ServerStream<Text, Text> stream) {
                                        stream.onMessage([](const Text&) {});
                                        streams_.push_back(std::move(stream));
                                      });
  }

  RawPeer& hold() {
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Hold","params":[{}],"id":0})"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
    return peer;
  }
  void openStream() {
    const std::size_t before = streams_.size();
    connect().send(request(R"({"method":"Echo.Stream","params":[{}],"id":0})"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return streams_.size() > before; }));
  }

  std::vector<Reply<Text>> held_;
  std::vector<ServerStream<Text, Text>> streams_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StatsTest);

}  // namespace evmicro
