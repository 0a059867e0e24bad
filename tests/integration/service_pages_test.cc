// The pages of a service process, from its registration to its stop.
#include <csignal>
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/http_get.h"
#include "support/prometheus_page.h"

namespace evmicro {

using test::httpGet;
using test::PrometheusPage;
using test::ServiceProcess;

class ServicePagesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServicePagesTest);
  CPPUNIT_TEST(allPartsAreMeasured);
  CPPUNIT_TEST(notReadyFromTheSignalOn);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override { agent_.reset(); }

  void allPartsAreMeasured() {
    ServiceProcess greeter("greeter", agent_->address());
    CPPUNIT_ASSERT_EQUAL(0, test::runClient("greeter", agent_->address()).code);
    const PrometheusPage page(get(greeter, "/metrics").body);
    const std::string hello = "{code=\"200\",method=\"Greeter.Hello\"}";
    CPPUNIT_ASSERT_EQUAL(1.0, page.at("evmicro_server_calls_total" + hello));
    CPPUNIT_ASSERT_EQUAL(1.0, page.at("evmicro_registry_registered"));
    CPPUNIT_ASSERT_EQUAL(0.0, page.at("evmicro_view_stale_seconds"));
    CPPUNIT_ASSERT_EQUAL(0.0, page.at("evmicro_broker_published_total"));
    CPPUNIT_ASSERT_EQUAL(0.0, page.at("evmicro_broker_deliveries_total{outcome=\"dropped\"}"));
    CPPUNIT_ASSERT_EQUAL(0.0, page.at("evmicro_subscriber_events_total{outcome=\"failed\"}"));
  }

  void notReadyFromTheSignalOn() {
    ServiceProcess greeter("greeter", agent_->address(), {"--server_grace", "60s"});
    CPPUNIT_ASSERT_EQUAL(200, get(greeter, "/health/ready").status);
    greeter.process().signal(SIGTERM);
    CPPUNIT_ASSERT(greeter.process().prints("Deregistering node: "));
    const auto ready = get(greeter, "/health/ready");
    CPPUNIT_ASSERT_EQUAL(503, ready.status);
    CPPUNIT_ASSERT_EQUAL(std::string("not ready: stopping\n"), ready.body);
    CPPUNIT_ASSERT_EQUAL(200, get(greeter, "/health/live").status);
  }

 private:
  static test::HttpAnswer get(const ServiceProcess& greeter, const std::string& path) {
    const auto answer = httpGet(greeter.address(), path);
    CPPUNIT_ASSERT_MESSAGE("no answer to " + path, answer.has_value());
    return *answer;
  }

  std::unique_ptr<test::AgentProcess> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServicePagesTest);

}  // namespace evmicro
