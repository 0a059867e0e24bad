// The example services that call APIs on the web: whom they trust there.
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <evmicro/web_server.h>

#include "integration/greeter_process.h"
#include "integration/json_caller.h"
#include "support/agent_process.h"
#include "support/certificates.h"

namespace evmicro {

namespace {

/// Made once for all tests.
struct Certificates {
  test::CertificateFolder folder;
  test::Authority ca{folder, "ca"};
  test::Authority other{folder, "other"};
  test::Identity server = ca.issue({});
};
const Certificates& certificates() {
  static const Certificates all;
  return all;
}

// A service, the flag of its API, and a call that asks it.
struct Caller {
  const char* program;
  const char* api;
  const char* method;
  const char* request;
  const char* body;
  const char* answer;
};
constexpr Caller kCallers[] = {
    {"geocode_srv", "google", "Google.Geocode", "{}", R"({"status":"OK"})", R"({"status":"OK"})"},
    {"place_srv", "google", "Google.TextSearch", "{}", R"({"status":"OK"})", R"({"status":"OK"})"},
    {"hailo_srv", "hailo", "Api.Status", "{}", "", R"({"status":"OK"})"},
    {"slack_srv", "slack", "Api.Test", "{}", R"({"ok":true})", R"({"ok":true})"},
    {"twitter_srv", "twitter", "Api.Tweet", R"({"status":"hi"})", R"({"text":"hi"})",
     R"({"text":"hi"})"},
};

bool isBuilt(const std::string& program) {
  return ::access((TEST_BUILD_DIR "/examples/" + program).c_str(), X_OK) == 0;
}

}  // namespace

class WebTrustTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebTrustTest);
  CPPUNIT_TEST(authoritiesCanBeGiven);
  CPPUNIT_TEST(authoritiesOfElasticsearchToo);
  CPPUNIT_TEST(othersAreNotTrusted);
  CPPUNIT_TEST(filesAreCheckedAtTheStart);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    caller_ = std::make_unique<test::JsonCaller>();
    WebServerOptions options;
    options.address = "127.0.0.1:0";
    options.limits.tls.certificate = certificates().server.certificate;
    options.limits.tls.key = certificates().server.key;
    web_ = std::make_unique<WebServer>(caller_->loop(), options);
    web_->handle("", "/{path...}", [this](const WebRequest&, WebReply reply) {
      reply.send(200, {{"Content-Type", "application/json"}}, body_);
    });
    CPPUNIT_ASSERT(web_->start().ok());
  }
  void tearDown() override {
    service_.reset();
    web_.reset();
    caller_.reset();
    agent_.reset();
  }

  void authoritiesCanBeGiven() {
    for (const Caller& caller : kCallers) {
      if (!isBuilt(caller.program)) continue;
      start(caller, {"--" + std::string(caller.api) + "_ca", certificates().ca.file()});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(caller.program, std::string(caller.answer), call(caller));
    }
  }

  void authoritiesOfElasticsearchToo() {
    if (!isBuilt("place_srv")) return;
    body_ = R"({"_source":{"id":"1","name":"Yo"}})";
    for (const bool trusted : {true, false}) {
      service_.reset();
      service_ = std::make_unique<test::ServiceProcess>(
          "place_srv", agent_->address(),
          std::vector<std::string>{
              "--elasticsearch_hosts", "https://" + web_->address(), "--elasticsearch_ca",
              trusted ? certificates().ca.file() : certificates().other.file()});
      const std::string answer =
          caller_->call(service_->address(), "Location.Read", R"({"id":"1"})");
      CPPUNIT_ASSERT_EQUAL(std::string(trusted ? R"({"place":{"id":"1","name":"Yo"}})"
                                               : "503 go.micro.srv.place.Locate.Read "
                                                 "Elasticsearch cannot be reached"),
                           answer);
    }
  }

  void othersAreNotTrusted() {
    for (const Caller& caller : kCallers) {
      if (!isBuilt(caller.program)) continue;
      start(caller, {});
      expectDistrust(call(caller));
    }
    start(kCallers[0], {"--google_ca", certificates().other.file()});
    expectDistrust(call(kCallers[0]));
  }

  void filesAreCheckedAtTheStart() {
    const std::string missing = certificates().folder.path() + "/missing.pem";
    const std::string key = certificates().server.key;
    for (const Caller& caller : kCallers) {
      if (!isBuilt(caller.program)) continue;
      const std::string flag = "--" + std::string(caller.api) + "_ca";
      const std::string begin = std::string(caller.program) + ": " + flag + ": ";
      expectRefusal(begin + "cannot read " + missing + "\n", caller.program, flag, missing);
      expectRefusal(begin + key + " has no certificate in PEM format\n", caller.program, flag, key);
    }
    if (!isBuilt("place_srv")) return;
    const test::Finished end = test::run({TEST_BUILD_DIR "/examples/place_srv",
                                          "--elasticsearch_hosts", "h", "--elasticsearch_ca", key});
    CPPUNIT_ASSERT_EQUAL(2, end.code);
    CPPUNIT_ASSERT_EQUAL(
        "place_srv: --elasticsearch_ca: " + key + " has no certificate in PEM format\n", end.err);
  }

 private:
  void start(const Caller& caller, std::vector<std::string> flags) {
    body_ = caller.body;
    flags.insert(flags.end(),
                 {"--" + std::string(caller.api) + "_url", "https://" + web_->address()});
    if (std::string(caller.program) == "place_srv") {
      flags.insert(flags.end(), {"--database_file", certificates().folder.path() + "/place.db"});
    }
    service_.reset();
    service_ = std::make_unique<test::ServiceProcess>(caller.program, agent_->address(), flags);
  }
  std::string call(const Caller& caller) {
    return caller_->call(service_->address(), caller.method, caller.request);
  }
  static void expectDistrust(const std::string& answer) {
    CPPUNIT_ASSERT_MESSAGE(answer, answer.rfind("500 go.micro.srv.", 0) == 0);
    CPPUNIT_ASSERT_MESSAGE(answer, answer.find("certificate") != std::string::npos);
  }
  static void expectRefusal(const std::string& expected, const std::string& program,
                            const std::string& flag, const std::string& file) {
    const test::Finished end = test::run({TEST_BUILD_DIR "/examples/" + program, flag, file});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(program, 2, end.code);
    CPPUNIT_ASSERT_EQUAL(expected, end.err);
  }

  std::string body_;
  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::JsonCaller> caller_;
  std::unique_ptr<WebServer> web_;
  std::unique_ptr<test::ServiceProcess> service_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebTrustTest);

}  // namespace evmicro
