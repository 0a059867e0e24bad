// The example service and its client as processes: what they print, and what remains when one of
// them is killed in the middle of a stream.
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"
#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/registry_query.h"
#include "support/reported.h"
#include "support/turn_until.h"

namespace evmicro {

namespace {

using namespace std::chrono_literals;

const std::string kClient = TEST_BUILD_DIR "/examples/example_client";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string post(const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

class ExampleTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ExampleTest);
  CPPUNIT_TEST(clientPrintsWhatGoMicrosDoes);
  CPPUNIT_TEST(manyMessagesArrive);
  CPPUNIT_TEST(clientSaysWhatFailed);
  CPPUNIT_TEST(killedServerEndsTheClientWithAnError);
  CPPUNIT_TEST(killedClientLeavesNothingBehind);
  CPPUNIT_TEST(stoppedServerEndsItsStreams);
  CPPUNIT_TEST(stoppedServerTakesItsSubscriptionsBack);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    server_ = std::make_unique<test::ServiceProcess>("example_server", agent_->address());
  }
  void tearDown() override {
    server_.reset();
    agent_.reset();
  }

  void clientPrintsWhatGoMicrosDoes() {
    const std::string name = "go.micro.srv.example-";
    const std::string id = server_->nodeId().substr(name.size());
    std::string expected = "\n--- Call example ---\n\n";
    for (int i = 0; i < 10; ++i) {
      expected += "Call: " + std::to_string(i) + " rsp: " + id + ": Hello John\n";
    }
    expected += "\n--- Streamer example ---\n\n";
    for (int i = 0; i < 10; ++i) expected += "Stream: rsp: " + std::to_string(i) + "\n";
    expected += "\n--- Ping Pong example ---\n\n";
    for (int i = 1; i <= 10; ++i) {
      expected += "Sent ping " + std::to_string(i) + " got pong " + std::to_string(i) + "\n";
    }
    expected += "\n--- Publisher example ---\n\nPublished: This is a publication\n";
    const test::Finished client = runClient({});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(client.err, 0, client.code);
    CPPUNIT_ASSERT_EQUAL(expected, client.out);
    CPPUNIT_ASSERT_EQUAL(std::string(), client.err);
    CPPUNIT_ASSERT(server_->process().prints("Handler Received message: This is a publication\n"));
    CPPUNIT_ASSERT(server_->process().prints("Function Received message: This is a publication\n"));
  }

  void manyMessagesArrive() {
    const test::Finished client = runClient({"--count", "2000"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(client.err, 0, client.code);
    CPPUNIT_ASSERT(contains(client.out, "\nStream: rsp: 1999\n\n--- Ping Pong"));
    CPPUNIT_ASSERT(contains(client.out, "\nSent ping 2000 got pong 2000\n"));
  }

  void clientSaysWhatFailed() {
    server_.reset();  // killed: it stays in the registry for a while
    const test::Finished client = runClient({});
    CPPUNIT_ASSERT_EQUAL(1, client.code);
    CPPUNIT_ASSERT_MESSAGE(client.err, contains(client.err, "call err: "));
  }

  void killedServerEndsTheClientWithAnError() {
    test::Process client({kClient, "--registry_address", agent_->address(), "--count", "100000000",
                          "--part", "stream"});
    ASSERT_REPORTED(client.report(), client.prints("Stream: rsp: 1000\n"));
    server_->process().signal(SIGKILL);
    CPPUNIT_ASSERT(client.wait() == 1);
    CPPUNIT_ASSERT_MESSAGE(client.err(), contains(client.err(), "stream err: "));
  }

  // The broker in memory: renewals of subscriptions would open connections of their own meanwhile.
  void killedClientLeavesNothingBehind() {
    server_.reset();  // its subscriptions stay in the registry
    agent_ = std::make_unique<test::AgentProcess>();
    server_ = std::make_unique<test::ServiceProcess>("example_server", agent_->address(),
                                                     std::vector<std::string>{"--broker=memory"});
    const std::size_t before = descriptorsOfServer();
    for (const char* part : {"stream", "pingpong"}) {
      test::Process client({kClient, "--registry_address", agent_->address(), "--count",
                            "100000000", "--part", part});
      const bool stream = std::string(part) == "stream";
      CPPUNIT_ASSERT(client.prints(stream ? "Stream: rsp: 1000\n" : "Sent ping 100 "));
      client.signal(SIGKILL);
      CPPUNIT_ASSERT(client.wait() == 128 + SIGKILL);
    }
    EventLoop loop;
    Timer again(loop, [&again] { again.start(5ms); });  // nothing else wakes this loop
    again.start(5ms);
    CPPUNIT_ASSERT(test::turnUntil(loop, [&] { return descriptorsOfServer() <= before; }));
    CPPUNIT_ASSERT_EQUAL(0, runClient({}).code);
  }

  // The stream ends with an error that says why, within the time for draining.
  void stoppedServerEndsItsStreams() {
    server_ = std::make_unique<test::ServiceProcess>(
        "example_server", agent_->address(), std::vector<std::string>{"--server_drain=100ms"});
    EventLoop loop;
    test::RawPeer peer(loop, server_->address());
    peer.send(post(R"({"method":"Example.PingPong","params":[{}],"id":0})") +
              post(R"({"method":"Example.PingPong","params":[{"stroke":7}],"id":1})"));
    CPPUNIT_ASSERT(test::runUntil(loop, [&] { return peer.has("\"stroke\":7"); }));
    server_->process().signal(SIGTERM);
    CPPUNIT_ASSERT(test::runUntil(loop, [&] { return peer.ended(); }));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has(R"("id":0,"result":{},"error":"{\"id\")"));
    ASSERT_REPORTED(server_->process().report(), server_->process().wait() == 0);
  }

  void stoppedServerTakesItsSubscriptionsBack() {
    const auto subscribed = [](const std::string& body) { return contains(body, "\"broker-"); };
    test::awaitRegistry(agent_->address(), "/v1/agent/services", subscribed);
    server_->process().signal(SIGTERM);
    ASSERT_REPORTED(server_->process().report(), server_->process().wait() == 0);
    test::awaitRegistry(agent_->address(), "/v1/agent/services",
                        [&](const std::string& body) { return !subscribed(body); });
  }

 private:
  test::Finished runClient(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {kClient, "--registry_address", agent_->address()});
    return test::run(flags);
  }

  std::size_t descriptorsOfServer() {
    const std::string folder = "/proc/" + std::to_string(server_->process().pid()) + "/fd";
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
    return count;
  }

  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::ServiceProcess> server_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(ExampleTest);

}  // namespace evmicro
