// nginx in front of services, of the agent and of an inbox.
#include <cppunit/extensions/HelperMacros.h>

#include <memory>

#include "peers/nginx.h"
#include "peers/peer_program.h"
#include "peers/ports.h"
#include "support/http_get.h"
#include "support/ports.h"
#include "support/prometheus_page.h"
#include "support/reported.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Nginx;
using test::PeerPort;

class NginxTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NginxTest);
  CPPUNIT_TEST(callsPassThrough);
  CPPUNIT_TEST(connectionsToTheServiceAreKept);
  CPPUNIT_TEST(bodiesMayBePassedOnAsTheyCome);
  CPPUNIT_TEST(aServiceThatIsGoneIsABadGateway);
  CPPUNIT_TEST(itsLimitsAreNamed);
  CPPUNIT_TEST(theRegistryMayBeBehindIt);
  CPPUNIT_TEST(messagesPassThrough);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { ports_ = std::make_unique<test::PeerPorts>(); }
  void tearDown() override { ports_.reset(); }

  void callsPassThrough() {
    for (const PeerPort& port : ports_->rpc()) {
      for (const char* how : {Nginx::kKept, Nginx::kDefault}) {
        const Nginx nginx(port.address, how);
        for (const char* type : {"http", "evhttp"}) {
          const auto end = query(nginx.address(), R"({"name":"John"})", type);
          CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name + end.err, 0, end.code);
          CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"greeting\": \"Hello John\"\n}\n"), end.out);
        }
      }
    }
  }

  void connectionsToTheServiceAreKept() {
    for (const PeerPort& port : ports_->rpc()) {
      const Nginx nginx(port.address);
      const test::ConfigFile body(port.body);
      const double before = accepted(port.address);
      const auto end = test::run({test::peerProgram("ab", "apache2-utils"), "-q", "-k", "-n", "400",
                                  "-c", "8", "-s", "20", "-p", body.path(), "-T",
                                  "application/json", "http://" + nginx.address() + "/"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "Complete requests:      400\n"));
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "Failed requests:        0\n"));
      CPPUNIT_ASSERT_MESSAGE(end.out, !has(end.out, "Non-2xx"));
      // Eight, and the one that asks for this number.
      CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name, true, accepted(port.address) - before <= 9);
    }
  }

  void bodiesMayBePassedOnAsTheyCome() {
    const test::ConfigFile body(std::string(kBegin) + std::string(300'000, 'x') + "\"}],\"id\":7}");
    for (const PeerPort& port : ports_->rpc()) {
      const Nginx nginx(port.address, std::string(Nginx::kKept) + "proxy_request_buffering off;");
      const auto end =
          test::run({test::peerProgram("curl", "curl"), "-sS", "-m", "20", "-H",
                     "Transfer-Encoding: chunked", "-H", "Content-Type: application/json",
                     "--data-binary", "@" + body.path(), "http://" + nginx.address() + "/"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
      CPPUNIT_ASSERT_MESSAGE(port.name, has(end.out, std::string(300'000, 'x')));
    }
  }

  void aServiceThatIsGoneIsABadGateway() {
    const Nginx nginx(test::freeAddress());
    for (const char* type : {"http", "evhttp"}) {
      const auto end = query(nginx.address(), "{}", type);
      CPPUNIT_ASSERT_EQUAL(1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, has(end.err, "HTTP 502 Bad Gateway: <html>"));
    }
  }

  void itsLimitsAreNamed() {
    const PeerPort port = ports_->rpc().front();
    const Nginx nginx(port.address, "client_max_body_size 1k;");
    const auto end = query(nginx.address(), "{\"name\":\"" + std::string(2'000, 'x') + "\"}");
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, has(end.err, "HTTP 413 "));
  }

  void theRegistryMayBeBehindIt() {
    const Nginx nginx(ports_->registry());
    const test::ServiceProcess behind("example_server", nginx.address(),
                                      {"--server_name", "example", "--server_id", "1"});
    const auto end = test::evmicro(nginx.address(), {"query", "example", "Example.Call", "{}"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
  }

  void messagesPassThrough() {
    const PeerPort inbox = ports_->inbox();
    const Nginx nginx(inbox.address);
    const auto end =
        test::run({test::peerProgram("curl", "curl"), "-sS", "-m", "20", "-w", "%{http_code}", "-H",
                   "Content-Type: application/json", "--data-binary", inbox.body,
                   "http://" + nginx.address() + inbox.path});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, std::string("200"), end.out);
    CPPUNIT_ASSERT(ports_->subscriber().prints(R"("body":{"n":1})"));
  }

 private:
  static constexpr char kBegin[] = R"({"method":"Greeter.Hello","params":[{"name":")";

  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  static double accepted(const std::string& address) {
    const auto page = test::httpGet(address, "/metrics");
    CPPUNIT_ASSERT(page.has_value());
    return test::PrometheusPage(page->body).at("evmicro_server_connections_accepted_total");
  }

  test::Finished query(const std::string& address, const std::string& json,
                       const std::string& transport = "http") {
    return test::evmicro(ports_->registry(), {"--transport", transport, "query", "--address",
                                              address, "greeter", "Greeter.Hello", json});
  }

  std::unique_ptr<test::PeerPorts> ports_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(NginxTest);

}  // namespace evmicro
