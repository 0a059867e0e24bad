// The servers of the `evmicro` program with certificates.
#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/web_server.h>

#include "integration/greeter_process.h"
#include "integration/json_caller.h"
#include "peers/peer_program.h"
#include "support/agent_process.h"
#include "support/certificates.h"
#include "support/http_get.h"
#include "support/process.h"
#include "support/reported.h"

namespace evmicro {

using test::Finished;
using test::Process;

class TlsProgramsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsProgramsTest);
  CPPUNIT_TEST(theAgentSpeaksTls);
  CPPUNIT_TEST(aGatewaySpeaksTls);
  CPPUNIT_TEST(flagsOfGatewaysMustAgree);
  CPPUNIT_TEST(servicesVerifyTheirApis);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    folder_ = std::make_unique<test::CertificateFolder>();
    ca_ = std::make_unique<test::Authority>(*folder_, "ca");
    own_ = ca_->issue({});
  }
  void tearDown() override {
    ca_.reset();
    folder_.reset();
  }

  void theAgentSpeaksTls() {
    Process agent({kProgram, "agent", "--address", "127.0.0.1:0", "--tls_cert", own_.certificate,
                   "--tls_key", own_.key});
    const std::string address = addressOf(agent);
    const std::vector<std::string> list = {kProgram, "--registry_address", "https://" + address,
                                           "list", "services"};
    std::vector<std::string> trusting = list;
    trusting.insert(trusting.end(), {"--registry_ca_file", ca_->file()});
    const Finished trusted = test::run(trusting);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(trusted.err, 0, trusted.code);
    CPPUNIT_ASSERT_EQUAL(std::string("consul\n"), trusted.out);
    CPPUNIT_ASSERT_EQUAL(1, test::run(list).code);
    const auto plain = test::httpGet(address, "/v1/catalog/services");
    CPPUNIT_ASSERT(!plain);  // it is on evhttp, which closes
  }

  // An API with a certificate that nobody vouches for is not asked, so it learns no secret.
  void servicesVerifyTheirApis() {
    const test::AgentProcess agent;
    test::JsonCaller caller;
    WebServerOptions options;
    options.address = "127.0.0.1:0";
    options.limits.tls.certificate = own_.certificate;
    options.limits.tls.key = own_.key;
    WebServer api(caller.loop(), options);
    bool asked = false;
    api.handle("", "/{path...}", [&asked](const WebRequest&, WebReply reply) {
      asked = true;
      reply.send(200, {}, "{}");
    });
    CPPUNIT_ASSERT(api.start().ok());
    test::ServiceProcess hailo(
        "hailo_srv", agent.address(),
        {"--hailo_url", "https://" + api.address(), "--api_token", "hush", "--log_level", "debug"});
    const std::string answer = caller.call(hailo.address(), "Drivers.Near", "{}");
    const std::string expected = "500 go.micro.srv.hailo SSL certificate problem: ";
    CPPUNIT_ASSERT_EQUAL(expected, answer.substr(0, expected.size()));
    CPPUNIT_ASSERT(!asked);
    hailo.process().signal(SIGTERM);
    CPPUNIT_ASSERT(hailo.process().wait() == 0);  // then all that it has printed is read
    const std::string printed = hailo.process().report();
    const auto command = printed.find("hush");  // where it was given
    CPPUNIT_ASSERT_EQUAL(std::string::npos, printed.find("hush", command + 1));
  }

  void aGatewaySpeaksTls() {
    test::ProcessOptions environment;  // one of them by the name that the micro tool reads
    environment.environment = {"MICRO_ENABLE_TLS=true", "MICRO_TLS_CERT_File=" + own_.certificate};
    Process gateway(api({"--tls_key_file", own_.key}), environment);
    const std::string address = addressOf(gateway);
    const std::vector<std::string> curl = {
        test::peerProgram("curl", "curl"), "-sS", "-m", "20", "--cacert", ca_->file(),
        "https://" + address + "/x/y"};
    const Finished answered = test::run(curl);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answered.err, 0, answered.code);
    CPPUNIT_ASSERT_MESSAGE(answered.out, answered.out.find("\"code\":404") != std::string::npos);
    const auto plain = test::httpGet(address, "/x/y");
    CPPUNIT_ASSERT(plain && plain->status == 400);
    gateway.signal(SIGHUP);
    ASSERT_REPORTED(gateway.report(), gateway.prints("TLS certificates reloaded"));
    folder_->write("ca.localhost.pem", "broken");
    gateway.signal(SIGHUP);
    ASSERT_REPORTED(gateway.report(),
                    gateway.prints("TLS certificates not reloaded: TLS: certificate "));
    CPPUNIT_ASSERT_EQUAL(0, test::run(curl).code);
  }

  void flagsOfGatewaysMustAgree() {
    refuses({"--enable_tls", "--tls_cert_file", "a.pem"},
            "--enable_tls needs --tls_cert_file and --tls_key_file");
    refuses({"--enable_tls", "--tls_key_file", "a.key"},
            "--enable_tls needs --tls_cert_file and --tls_key_file");
    refuses({"--tls_cert_file", "a.pem", "--tls_key_file", "a.key"}, "need --enable_tls");
    refuses({"--enable_tls", "--tls_cert_file", "/nowhere/a.pem", "--tls_key_file", "a.key"},
            "certificate \"/nowhere/a.pem\": no such file");
  }

 private:
  static constexpr char kProgram[] = TEST_BUILD_DIR "/evmicro";

  static std::vector<std::string> api(const std::vector<std::string>& more) {
    std::vector<std::string> words = {kProgram, "--registry",    "memory",
                                      "api",    "--api_address", "127.0.0.1:0"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  static void refuses(const std::vector<std::string>& flags, const std::string& why) {
    const Finished end = test::run(api(flags));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(why) != std::string::npos);
  }

  static std::string addressOf(Process& server) {
    const auto rest = server.printsLine("Listening on ");
    ASSERT_REPORTED(server.report(), rest);
    return rest->substr(0, rest->find(','));
  }

  std::unique_ptr<test::CertificateFolder> folder_;
  std::unique_ptr<test::Authority> ca_;
  test::Identity own_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsProgramsTest);

}  // namespace evmicro
