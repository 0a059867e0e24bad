// The examples that limit and authenticate, as their READMEs show them.
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"

namespace evmicro {

class ProtectedTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProtectedTest);
  CPPUNIT_TEST(aRateLimitRefuses);
  CPPUNIT_TEST(aBreakerOpens);
  CPPUNIT_TEST(aTokenIsAskedFor);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override { agent_.reset(); }

  void aRateLimitRefuses() {
    const test::ServiceProcess service("limited", agent_->address(), {});
    const std::string refused = "too many request (429 Too Many Requests, go.micro.server)\n";
    const std::string hello = "Hello John\n";
    CPPUNIT_ASSERT_EQUAL(hello + hello + hello + refused, call("limited", {"--calls", "4"}));
  }

  void aBreakerOpens() {
    const test::ServiceProcess service("limited", agent_->address(), {"--per_second", "1000"});
    const std::string failed = "out of names (500 Internal Server Error, greeter)\n";
    const std::string refused =
        "circuit breaker is open (503 Service Unavailable, go.micro.client)\n";
    CPPUNIT_ASSERT_EQUAL(failed + failed + failed + refused,
                         call("limited", {"--name", "", "--calls", "4"}));
  }

  void aTokenIsAskedFor() {
    const test::ServiceProcess service("authenticated", agent_->address(), {"--token", "sesame"});
    CPPUNIT_ASSERT_EQUAL(std::string("no bearer token (401 Unauthorized, greeter)\n"),
                         call("authenticated", {}));
    CPPUNIT_ASSERT_EQUAL(std::string("an unknown token (401 Unauthorized, greeter)\n"),
                         call("authenticated", {"--token", "open"}));
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John\n"), call("authenticated", {"--token", "sesame"}));
  }

 private:
  std::string call(const std::string& program, const std::vector<std::string>& flags) {
    return test::runClient(program, agent_->address(), flags).out;
  }

  std::unique_ptr<test::AgentProcess> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProtectedTest);

}  // namespace evmicro
