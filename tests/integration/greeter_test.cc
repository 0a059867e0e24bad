// The built greeter and its client as processes, against each registry there is.
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/consul_server.h"
#include "support/http_get.h"
#include "support/registry_query.h"
#include "support/reported.h"

namespace evmicro {

namespace {

const std::string kPassing = "/v1/health/service/greeter?passing=1";
const std::string kAll = "/v1/health/service/greeter";

bool isEmpty(const std::string& body) { return body.rfind("[]", 0) == 0; }

}  // namespace

template <typename RegistryProcess>
class GreeterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GreeterTest);
  CPPUNIT_TEST(saysHelloJohn);
  CPPUNIT_TEST(registersAsGoServicesExpect);
  CPPUNIT_TEST(sigtermDeregistersAndExitsCleanly);
  CPPUNIT_TEST(sigintDoesToo);
  CPPUNIT_TEST(deregistersFirstAndServesOn);
  CPPUNIT_TEST(sigkillTurnsCriticalWithinTheTtl);
  CPPUNIT_TEST(withoutAServiceTheClientFails);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { registry_ = std::make_unique<RegistryProcess>(); }
  void tearDown() override { registry_.reset(); }

  void saysHelloJohn() {
    test::ServiceProcess greeter("greeter", address());
    const test::Finished client = test::runClient("greeter", address());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(client.err, 0, client.code);
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John\n"), client.out);
    CPPUNIT_ASSERT_EQUAL(std::string(), client.err);
  }

  void registersAsGoServicesExpect() {
    test::ServiceProcess greeter("greeter", address(), {"--server_id", "fixed"});
    CPPUNIT_ASSERT_EQUAL(std::string("greeter-fixed"), greeter.nodeId());
    const std::string body =
        test::awaitRegistry(address(), kPassing, [](const auto& text) { return !isEmpty(text); });
    const std::vector<std::string> tags = {
        R"("t={\"broker\":\"http\"}")",
        R"("t={\"registry\":\"consul\"}")",
        R"("t={\"server\":\"rpc\"}")",
        R"("t={\"transport\":\"http\"}")",
        R"("t={\"type\":\"helloworld\"}")",
        R"("e={\"name\":\"Greeter.Hello\",\"request\":)"
        R"({\"name\":\"HelloRequest\",\"type\":\"HelloRequest\",\"values\":[{\"name\":\"Name\",)"
        R"(\"type\":\"string\",\"values\":null}]},\"response\":{\"name\":\"HelloResponse\",)"
        R"(\"type\":\"HelloResponse\",\"values\":[{\"name\":\"Greeting\",\"type\":\"string\",)"
        R"(\"values\":null}]},\"metadata\":{\"stream\":\"false\"}}")",
        R"("v=latest")"};
    std::size_t last = 0;
    for (const std::string& tag : tags) {
      const std::size_t at = body.find(tag);
      CPPUNIT_ASSERT_MESSAGE(tag + " is not in " + body, at != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(tag + " comes too early in " + body, at > last);
      last = at;
    }
    CPPUNIT_ASSERT_MESSAGE(body, body.find("Debug.Health") == std::string::npos);
    const std::string port = greeter.address().substr(greeter.address().rfind(':') + 1);
    CPPUNIT_ASSERT_MESSAGE(body, body.find(":" + port) != std::string::npos ||
                                     body.find(": " + port) != std::string::npos);
  }

  void sigtermDeregistersAndExitsCleanly() { endsInOrderBy(SIGTERM); }
  void sigintDoesToo() { endsInOrderBy(SIGINT); }

  // For a while after it has been deregistered a service is still called by those who do not know
  // yet. The grace time is made long to see it; the second signal ends it.
  void deregistersFirstAndServesOn() {
    test::ServiceProcess greeter("greeter", address(), {"--server_grace", "5m"});
    test::ServiceProcess other("greeter", address());
    greeter.process().signal(SIGTERM);
    test::awaitRegistry(address(), kAll, [&](const std::string& body) {
      return body.find(greeter.nodeId()) == std::string::npos;
    });
    CPPUNIT_ASSERT(greeter.process().running());
    const auto answer = test::httpGet(greeter.address(), "/");
    CPPUNIT_ASSERT_MESSAGE("serves no more", answer.has_value());
    greeter.process().signal(SIGTERM);
    ASSERT_REPORTED(greeter.process().report(), greeter.process().wait() == 1);
    CPPUNIT_ASSERT(greeter.process().err().find("Second signal") != std::string::npos);
    const test::Finished client = test::runClient("greeter", address());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(client.err, 0, client.code);
  }

  void sigkillTurnsCriticalWithinTheTtl() {
    test::ServiceProcess greeter("greeter", address(),
                                 {"--register_ttl", "2s", "--register_interval", "500ms"});
    greeter.process().signal(SIGKILL);
    CPPUNIT_ASSERT(greeter.process().wait() == 128 + SIGKILL);
    // Nobody deregistered it: it is still known, but not offered.
    const auto killed = std::chrono::steady_clock::now();
    test::awaitRegistry(address(), kPassing, isEmpty);
    const auto took = std::chrono::steady_clock::now() - killed;
    // Within the TTL; the rest is for machines that have other things to do.
    CPPUNIT_ASSERT(took < std::chrono::seconds(2 + 8));
    const std::string known =
        test::awaitRegistry(address(), kAll, [](const auto&) { return true; });
    CPPUNIT_ASSERT_MESSAGE(known, known.find(greeter.nodeId()) != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(known, known.find("\"critical\"") != std::string::npos);
  }

  void withoutAServiceTheClientFails() {
    const test::Finished client = test::runClient("greeter", address());
    CPPUNIT_ASSERT_EQUAL(1, client.code);
    CPPUNIT_ASSERT_EQUAL(std::string(), client.out);
    CPPUNIT_ASSERT_MESSAGE(client.err,
                           client.err.find("\"greeter\" not found") != std::string::npos);
  }

 private:
  std::string address() const { return registry_->address(); }

  void endsInOrderBy(int signal) {
    test::ServiceProcess greeter("greeter", address());
    greeter.process().signal(signal);
    ASSERT_REPORTED(greeter.process().report(), greeter.process().wait() == 0);
    const std::string line = "Deregistering node: " + greeter.nodeId();
    ASSERT_REPORTED(greeter.process().report(),
                    greeter.process().err().find(line) != std::string::npos);
    const std::string left = test::awaitRegistry(address(), kAll, [](const auto&) { return true; });
    CPPUNIT_ASSERT_MESSAGE(left, isEmpty(left));
  }

  std::unique_ptr<RegistryProcess> registry_;
};

using GreeterWithAgentTest = GreeterTest<test::AgentProcess>;
using GreeterWithConsulTest = GreeterTest<test::ConsulServer>;
CPPUNIT_TEST_SUITE_REGISTRATION(GreeterWithAgentTest);
CPPUNIT_TEST_SUITE_REGISTRATION(GreeterWithConsulTest);

}  // namespace evmicro
