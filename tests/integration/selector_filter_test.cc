// The example that calls only one datacentre, with greeters in two.
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"

namespace evmicro {

class SelectorFilterTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SelectorFilterTest);
  CPPUNIT_TEST(keepsToItsDatacentre);
  CPPUNIT_TEST(saysThatNobodyIsThere);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override { agent_.reset(); }

  // These greeters print what they serve.
  void keepsToItsDatacentre() {
    test::ServiceProcess east("wrapper", agent_->address(),
                              {"--server_metadata", "datacentre=east"});
    test::ServiceProcess west("wrapper", agent_->address(),
                              {"--server_metadata", "datacentre=west"});
    for (const char* selector : {"random", "roundrobin", "leastconn", "blacklist"}) {
      const test::Finished client = run({"--datacentre", "east", "--selector", selector});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(client.err, 0, client.code);
      std::string expected;
      for (int i = 0; i < 10; ++i) expected += "east: Hello John\n";
      CPPUNIT_ASSERT_EQUAL(expected, client.out);
    }
    CPPUNIT_ASSERT(hasServed(east));
    CPPUNIT_ASSERT(!hasServed(west));
  }

  void saysThatNobodyIsThere() {
    test::ServiceProcess east("greeter", agent_->address(),
                              {"--server_metadata", "datacentre=east"});
    const test::Finished client = run({"--datacentre", "north"});
    CPPUNIT_ASSERT_EQUAL(1, client.code);
    CPPUNIT_ASSERT_EQUAL(
        std::string("client: call greeter Greeter.Hello: selector: service \"greeter\": no node "
                    "passes the filters (404 Not Found, go.micro.client)\n"),
        client.err);
  }

 private:
  static bool hasServed(test::ServiceProcess& service) {
    service.process().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, service.process().wait().value());
    const std::string printed = service.process().out() + service.process().err();
    return printed.find("served Greeter.Hello: ok") != std::string::npos;
  }

  test::Finished run(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {TEST_BUILD_DIR "/examples/selector_filter", "--registry_address",
                                 agent_->address()});
    return test::run(flags);
  }

  std::unique_ptr<test::AgentProcess> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SelectorFilterTest);

}  // namespace evmicro
