// `evmicro web` before the greeters of the examples, all as processes.
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/http_get.h"
#include "support/process.h"
#include "support/reported.h"

namespace evmicro {

class WebProgramTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebProgramTest);
  CPPUNIT_TEST(isAServiceThatEndsInOrder);
  CPPUNIT_TEST(showsAWebService);
  CPPUNIT_TEST(flagsTurnPartsOff);
  CPPUNIT_TEST(refusesAnAddressInUse);
  CPPUNIT_TEST(flagsLimitItsConnections);
  CPPUNIT_TEST(flagsLimitThoseOfAWebService);
  CPPUNIT_TEST(limitsMustBeNumbers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override { agent_.reset(); }

  void isAServiceThatEndsInOrder() {
    test::Process web(command({}));
    const std::string address = addressOf(web);
    ASSERT_REPORTED(web.report(), web.prints("Registering node: go.micro.web-"));
    const test::HttpAnswer self = whenRegistered(address);
    const std::size_t at = self.body.find("\"port\":");
    CPPUNIT_ASSERT_MESSAGE(self.body, at != std::string::npos);
    const std::string rpc = "127.0.0.1:" + std::to_string(std::stoi(self.body.substr(at + 7)));
    CPPUNIT_ASSERT_EQUAL(std::string("ok\n"), get(rpc, "/health").body);
    CPPUNIT_ASSERT(get(rpc, "/metrics").body.find("evmicro_server_info{service=\"go.micro.web\"") !=
                   std::string::npos);
    CPPUNIT_ASSERT(web.prints("\"GET /registry?format=json&service=go.micro.web HTTP/1.0\" 200 "));
    web.signal(SIGTERM);
    const int code = web.wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(web.report(), 0, code);
    const test::HttpAnswer gone = get(agent_->address(), "/v1/health/service/go.micro.web");
    CPPUNIT_ASSERT_MESSAGE(gone.body, gone.body.find("go.micro.web-") == std::string::npos);
  }

  void showsAWebService() {
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    const test::ServiceProcess pages("greeter_web", agent_->address());
    test::Process web(command({}));
    const std::string address = addressOf(web);
    const test::HttpAnswer form = get(address, "/greeter");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(form.body, 200, form.status);
    CPPUNIT_ASSERT_MESSAGE(form.body, form.body.find("<form") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(404, get(address, "/nobody").status);
  }

  void flagsTurnPartsOff() {
    test::Process web(command({"--web_readonly", "--disable_stats"}));
    const std::string address = addressOf(web);
    CPPUNIT_ASSERT_EQUAL(404, get(address, "/rpc").status);
    CPPUNIT_ASSERT_EQUAL(404, get(address, "/stats").status);
    CPPUNIT_ASSERT_EQUAL(200, get(address, "/registry").status);
  }

  void refusesAnAddressInUse() {
    const test::Finished end = test::run({TEST_BUILD_DIR "/evmicro", "web", "--registry", "memory",
                                          "--web_address", agent_->address()});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(agent_->address()) != std::string::npos);
  }

  void flagsLimitItsConnections() {
    test::Process web(command({"--server_max_header", "100"}));
    const std::string address = addressOf(web);
    CPPUNIT_ASSERT_EQUAL(200, get(address, "/registry").status);
    CPPUNIT_ASSERT_EQUAL(431, get(address, "/" + std::string(100, 'x')).status);
  }

  void flagsLimitThoseOfAWebService() {
    const test::ServiceProcess pages("greeter_web", agent_->address(), {"--server_max_header=100"});
    CPPUNIT_ASSERT_EQUAL(404, get(pages.address(), "/nothing").status);
    CPPUNIT_ASSERT_EQUAL(431, get(pages.address(), "/" + std::string(100, 'x')).status);
  }

  void limitsMustBeNumbers() {
    const test::Finished end = test::run(
        {TEST_BUILD_DIR "/evmicro", "web", "--registry", "memory", "--server_max_header", "much"});
    CPPUNIT_ASSERT_EQUAL(2, end.code);
    CPPUNIT_ASSERT_MESSAGE(
        end.err, end.err.find("--server_max_header: expected a whole number of at least 0") !=
                     std::string::npos);
  }

 private:
  std::vector<std::string> command(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {TEST_BUILD_DIR "/evmicro", "--registry_address",
                                      agent_->address(),         "web",
                                      "--web_address",           "127.0.0.1:0"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  static std::string addressOf(test::Process& web) {
    const auto rest = web.printsLine("Listening on ");
    ASSERT_REPORTED(web.report(), rest);
    return rest->substr(0, rest->find(','));
  }

  static test::HttpAnswer get(const std::string& address, const std::string& path) {
    const auto answer = test::httpGet(address, path);
    CPPUNIT_ASSERT_MESSAGE(path, answer);
    return *answer;
  }

  // The registration is in progress when it is logged.
  static test::HttpAnswer whenRegistered(const std::string& address) {
    const auto end = std::chrono::steady_clock::now() + test::Process::kPatience;
    for (;;) {
      test::HttpAnswer answer = get(address, "/registry?format=json&service=go.micro.web");
      if (answer.status == 200 || std::chrono::steady_clock::now() > end) return answer;
    }
  }

  std::unique_ptr<test::AgentProcess> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebProgramTest);

}  // namespace evmicro
