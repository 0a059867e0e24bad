// HAProxy in front of services, with its checks: its default one, and of readiness.
#include <csignal>
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "peers/haproxy.h"
#include "peers/peer_program.h"
#include "peers/ports.h"
#include "support/ports.h"
#include "support/reported.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Haproxy;
using test::PeerPort;

class HaproxyTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HaproxyTest);
  CPPUNIT_TEST(itsDefaultCheckPasses);
  CPPUNIT_TEST(callsPassThrough);
  CPPUNIT_TEST(streamsPassThroughAsTcp);
  CPPUNIT_TEST(readinessTakesAServiceOut);
  CPPUNIT_TEST(aServiceThatIsGoneIsUnavailable);
  CPPUNIT_TEST(theAgentIsChecked);
  CPPUNIT_TEST(messagesPassThrough);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { ports_ = std::make_unique<test::PeerPorts>(); }
  void tearDown() override { ports_.reset(); }

  // Symptom: 503 to everybody a second after the start.
  void itsDefaultCheckPasses() {
    for (const PeerPort& port : ports_->rpc()) {
      Haproxy haproxy(port.address, Haproxy::kHttp, "option httpchk");
      passes(haproxy, "code: 204");
    }
  }

  void callsPassThrough() {
    for (const PeerPort& port : ports_->rpc()) {
      for (const char* reuse : {"http-reuse always", "http-reuse never", "option http-server-close",
                                "option httpclose"}) {
        const Haproxy haproxy(port.address, Haproxy::kHttp, reuse);
        load(haproxy.address(), port);
        const auto end = query(haproxy.address());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name + reuse + end.err, 0, end.code);
        CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"greeting\": \"Hello John\"\n}\n"), end.out);
      }
    }
  }

  void streamsPassThroughAsTcp() {
    const test::ServiceProcess example("example_server", ports_->registry(),
                                       {"--server_name", "example", "--server_id", "1"});
    const Haproxy haproxy(example.address(), Haproxy::kTcp, "option httpchk");
    const auto end =
        test::evmicro(ports_->registry(), {"stream", "--address", haproxy.address(), "example",
                                           "Example.PingPong", R"({"stroke":1} {"stroke":2})"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"stroke\": 1\n}\n{\n\t\"stroke\": 2\n}\n"), end.out);
  }

  // During the grace time it still serves, but new work goes elsewhere.
  void readinessTakesAServiceOut() {
    for (const char* transport : {"http", "evhttp"}) {
      test::ServiceProcess leaving("greeter", ports_->registry(),
                                   {"--transport", transport, "--server_grace", "60s"});
      Haproxy haproxy(leaving.address(), Haproxy::kHttp, "option httpchk GET /health/ready");
      passes(haproxy, "code: 200");
      leaving.process().signal(SIGTERM);
      ASSERT_REPORTED(haproxy.process().report(),
                      haproxy.process().prints("Server services/a is DOWN."));
      const auto end = query(haproxy.address());
      CPPUNIT_ASSERT_EQUAL(1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, has(end.err, "HTTP 503 Service Unavailable"));
    }
  }

  void aServiceThatIsGoneIsUnavailable() {
    const Haproxy haproxy(test::freeAddress(), Haproxy::kHttp, "option httpchk");
    const auto end = query(haproxy.address());
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, has(end.err, "HTTP 503 Service Unavailable: <html>"));
  }

  void theAgentIsChecked() {
    Haproxy haproxy(ports_->registry(), Haproxy::kHttp, "option httpchk GET /v1/status/leader");
    passes(haproxy, "code: 200");
    const auto end = test::evmicro(haproxy.address(), {"query", "greeter", "Greeter.Hello", "{}"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
  }

  // An inbox has no page to check: its port is.
  void messagesPassThrough() {
    const PeerPort inbox = ports_->inbox();
    const Haproxy haproxy(inbox.address, Haproxy::kHttp, "http-reuse always");
    const auto end =
        test::run({test::peerProgram("curl", "curl"), "-sS", "-m", "20", "-w", "%{http_code}", "-H",
                   "Content-Type: application/json", "--data-binary", inbox.body,
                   "http://" + haproxy.address() + inbox.path});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, std::string("200"), end.out);
    CPPUNIT_ASSERT(ports_->subscriber().prints(R"("body":{"n":1})"));
  }

 private:
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  static void passes(Haproxy& haproxy, const std::string& code) {
    ASSERT_REPORTED(haproxy.process().report(),
                    haproxy.process().prints("succeeded, reason: Layer7 check passed, " + code));
  }

  static void load(const std::string& address, const PeerPort& port) {
    const test::ConfigFile body(port.body);
    const auto end = test::run({test::peerProgram("ab", "apache2-utils"), "-q", "-k", "-n", "200",
                                "-c", "8", "-s", "20", "-p", body.path(), "-T", "application/json",
                                "http://" + address + "/"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "Complete requests:      200\n"));
    CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "Failed requests:        0\n"));
    CPPUNIT_ASSERT_MESSAGE(end.out, !has(end.out, "Non-2xx"));
  }

  test::Finished query(const std::string& address) {
    return test::evmicro(ports_->registry(), {"query", "--address", address, "greeter",
                                              "Greeter.Hello", R"({"name":"John"})"});
  }

  std::unique_ptr<test::PeerPorts> ports_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HaproxyTest);

}  // namespace evmicro
