// The example programs as their users start them: flags, failures, signals, few descriptors.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"
#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/reported.h"
#include "support/turn_until.h"

namespace evmicro {

namespace {

using namespace std::chrono_literals;

const std::string kGreeter = TEST_BUILD_DIR "/examples/greeter";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

class ProgramsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProgramsTest);
  CPPUNIT_TEST(badFlagsExitWithTwo);
  CPPUNIT_TEST(badEnvironmentExitsWithTwo);
  CPPUNIT_TEST(ownedCallsAreSilentAfterTheirOwner);
  CPPUNIT_TEST(helpNamesTheFlags);
  CPPUNIT_TEST(clientWithoutARegistryFails);
  CPPUNIT_TEST(serviceOnATakenPortFails);
  CPPUNIT_TEST(serviceWaitsForItsRegistry);
  CPPUNIT_TEST(fewDescriptorsServeManyClients);
  CPPUNIT_TEST(wrapperLogsOnBothSides);
  CPPUNIT_TEST(embeddedServiceAnswersAndEnds);
  CPPUNIT_TEST(embeddingProgramSaysWhyItFailed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override { agent_.reset(); }

  void badFlagsExitWithTwo() {
    const std::vector<std::string> cases[] = {
        {"--nonsense"},         {"--register_ttl=soon"},
        {"--register_ttl"},     {"--registry=postcard"},
        {"--client_retries=0"}, {"--server_metadata=novalue"},
        {"--client=perhaps"},   {"--server_max_connections", "-1"}};
    for (std::vector<std::string> flags : cases) {
      const std::string flag = flags[0].substr(0, flags[0].find('='));
      flags.insert(flags.begin(), kGreeter);
      const test::Finished result = test::run(flags);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(flag, 2, result.code);
      CPPUNIT_ASSERT_MESSAGE(result.err, contains(result.err, "greeter: "));
      CPPUNIT_ASSERT_MESSAGE(result.err, contains(result.err, flag));
      CPPUNIT_ASSERT_EQUAL(std::string(), result.out);
    }
  }

  void badEnvironmentExitsWithTwo() {
    test::ProcessOptions options;
    options.environment = {"MICRO_REGISTER_TTL=soon"};
    const test::Finished result = test::run({kGreeter}, options);
    CPPUNIT_ASSERT_EQUAL(2, result.code);
    CPPUNIT_ASSERT_MESSAGE(result.err, contains(result.err, "MICRO_REGISTER_TTL"));
  }

  // The program asks twice and drops one question: nothing must come to what has died.
  void ownedCallsAreSilentAfterTheirOwner() {
    const test::Finished result = test::run({TEST_BUILD_DIR "/examples/owned_calls"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(result.err, 0, result.code);
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John\n"), result.out);
  }

  void helpNamesTheFlags() {
    const test::Finished result = test::run({kGreeter, "--help"});
    CPPUNIT_ASSERT_EQUAL(0, result.code);
    for (const char* flag : {"--client", "--server_address", "--registry_address"}) {
      CPPUNIT_ASSERT_MESSAGE(result.out, contains(result.out, flag));
    }
  }

  void clientWithoutARegistryFails() {
    const test::Finished client = test::runClient("greeter", "127.0.0.1:1");
    CPPUNIT_ASSERT_EQUAL(1, client.code);
    CPPUNIT_ASSERT_EQUAL(std::string(), client.out);
    CPPUNIT_ASSERT_MESSAGE(client.err, contains(client.err, "127.0.0.1:1"));
  }

  void serviceOnATakenPortFails() {
    const test::Finished second = test::run(
        {kGreeter, "--registry_address", agent_->address(), "--server_address", agent_->address()});
    CPPUNIT_ASSERT_EQUAL(1, second.code);
    CPPUNIT_ASSERT_MESSAGE(second.err, contains(second.err, agent_->address()));
    CPPUNIT_ASSERT_MESSAGE(second.err, contains(second.err, "Address already in use"));
  }

  // It serves whether or not the registry is there; the first signal ends it in order even then.
  void serviceWaitsForItsRegistry() {
    test::Process greeter(
        {kGreeter, "--registry_address", "127.0.0.1:1", "--server_address", "127.0.0.1:0"});
    ASSERT_REPORTED(greeter.report(), greeter.prints("Registering node: "));
    CPPUNIT_ASSERT(greeter.running());
    greeter.signal(SIGTERM);
    ASSERT_REPORTED(greeter.report(), greeter.wait() == 0);
  }

  // Out of descriptors, the service burnt a processor by being told for ever of a connection that
  // it could not take, and some of the waiting clients were never served.
  void fewDescriptorsServeManyClients() {
    test::ProcessOptions options;
    options.descriptors = 32;
    test::ServiceProcess greeter("greeter", agent_->address(), {}, options);
    EventLoop loop;
    std::vector<std::unique_ptr<test::RawPeer>> clients;
    for (int i = 0; i < 200; ++i) {
      clients.push_back(std::make_unique<test::RawPeer>(loop, greeter.address()));
      clients.back()->send(hello());
    }
    ASSERT_REPORTED(greeter.process().report(), greeter.process().prints("Accept error: "));
    const auto served = [&] {
      std::size_t count = 0;
      for (const auto& client : clients) count += client->has("Hello John") ? 1 : 0;
      return count;
    };
    const auto before = greeter.process().cpuTime();
    test::runFor(loop, 1s);
    const auto used = greeter.process().cpuTime() - before;
    CPPUNIT_ASSERT_MESSAGE("used " + std::to_string(used.count()) + " ms in 1 s", used < 100ms);
    const std::size_t first = served();
    CPPUNIT_ASSERT_MESSAGE(std::to_string(first) + " of 200 at once", first > 0 && first < 32);
    // From now on who has been served leaves and makes room.
    std::size_t gone = 0;
    test::turnUntil(loop, [&] {
      const auto leaves = [](const auto& client) { return client->has("Hello John"); };
      const auto rest = std::remove_if(clients.begin(), clients.end(), leaves);
      gone += static_cast<std::size_t>(clients.end() - rest);
      clients.erase(rest, clients.end());
      return clients.empty();
    });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(greeter.process().report(), std::size_t{200}, gone);
    greeter.process().signal(SIGTERM);
    ASSERT_REPORTED(greeter.process().report(), greeter.process().wait() == 0);
  }

  void wrapperLogsOnBothSides() {
    test::ServiceProcess service("wrapper", agent_->address());
    const test::Finished good = test::runClient("wrapper", agent_->address());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(good.err, 0, good.code);
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John\n"), good.out);
    CPPUNIT_ASSERT_MESSAGE(good.err, contains(good.err, "called Greeter.Hello: ok, "));
    CPPUNIT_ASSERT(service.process().prints("served Greeter.Hello: ok, "));
    const test::Finished bad = test::runClient("wrapper", agent_->address(), {"--name="});
    CPPUNIT_ASSERT_EQUAL(1, bad.code);
    CPPUNIT_ASSERT_MESSAGE(bad.err, contains(bad.err, "called Greeter.Hello: whom shall I greet?"));
    CPPUNIT_ASSERT(service.process().prints("served Greeter.Hello: whom shall I greet?"));
  }

  void embeddedServiceAnswersAndEnds() {
    test::ServiceProcess service("embed", agent_->address());
    const test::Finished client = test::runClient("greeter", agent_->address());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(client.err, 0, client.code);
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John\n"), client.out);
    ASSERT_REPORTED(service.process().report(), service.process().prints("greeted 1\n"));
    service.process().signal(SIGTERM);
    ASSERT_REPORTED(service.process().report(), service.process().wait() == 0);
    const std::string line = "Deregistering node: " + service.nodeId();
    ASSERT_REPORTED(service.process().report(), contains(service.process().err(), line));
  }

  void embeddingProgramSaysWhyItFailed() {
    const test::Finished result =
        test::run({TEST_BUILD_DIR "/examples/embed", "--registry_address", agent_->address(),
                   "--server_address", agent_->address()});
    CPPUNIT_ASSERT_EQUAL(1, result.code);
    CPPUNIT_ASSERT_MESSAGE(result.err, contains(result.err, "Address already in use"));
  }

 private:
  static std::string hello() {
    const std::string body = R"({"method":"Greeter.Hello","params":[{"name":"John"}],"id":0})";
    return "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  std::unique_ptr<test::AgentProcess> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProgramsTest);

}  // namespace evmicro
