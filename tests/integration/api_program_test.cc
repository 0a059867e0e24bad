// `evmicro api` before the greeters of the examples, all as processes.
#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/http_get.h"
#include "support/process.h"
#include "support/registry_query.h"
#include "support/reported.h"

namespace evmicro {

class ApiProgramTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ApiProgramTest);
  CPPUNIT_TEST(callsTheGreeter);
  CPPUNIT_TEST(rpcHandlerCallsItDirectly);
  CPPUNIT_TEST(saysWhatAPathMeans);
  CPPUNIT_TEST(refusesAnAddressInUse);
  CPPUNIT_TEST(flagsMayStandBeforeTheCommand);
  CPPUNIT_TEST(environmentSetsFlags);
  CPPUNIT_TEST(nodeNamesTheAddress);
  CPPUNIT_TEST(backendThatDiesIsNoticed);
  CPPUNIT_TEST(restGreeterIsReachedByTheProxy);
  CPPUNIT_TEST(webGreeterAnswersForms);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override { agent_.reset(); }

  void callsTheGreeter() {
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    const test::ServiceProcess api("greeter_api", agent_->address());
    test::Process gateway(command({}));
    const std::string address = addressOf(gateway);
    expect(200, R"({"message":"Hello John"})", get(address, "/greeter/say/hello?name=John"));
    expect(200, R"({"message":"Hello \"a\u000a b"})",
           get(address, "/greeter/say/hello?name=%22a%0A&name=b"));
    expect(400,
           R"({"id":"go.micro.api.greeter","code":400,"detail":"Name cannot be blank",)"
           R"("status":"Bad Request"})",
           get(address, "/greeter/say/hello"));
    ASSERT_REPORTED(gateway.report(), gateway.prints("\"GET /greeter/say/hello HTTP/1.0\" 400 "));
    CPPUNIT_ASSERT(gateway.prints("Registering node: go.micro.api-"));
    gateway.signal(SIGTERM);
    const int code = gateway.wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(gateway.report(), 0, code);
  }

  void rpcHandlerCallsItDirectly() {
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    test::Process gateway(command({"--api_handler", "rpc", "--api_namespace", "go.micro.srv"}));
    const std::string address = addressOf(gateway);
    expect(200, R"({"msg":"Hello John"})", get(address, "/greeter/say/hello?name=John"));
    const auto posted =
        test::httpExchange(address, "POST", "/greeter/say/hello", R"({"name":"Jim"})");
    CPPUNIT_ASSERT(posted);
    expect(200, R"({"msg":"Hello Jim"})", *posted);
  }

  void saysWhatAPathMeans() {
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    const test::Finished known =
        test::run(command({"--api_namespace", "go.micro.srv", "--dry-run", "/greeter/say/hello"}));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(known.err, 0, known.code);
    CPPUNIT_ASSERT_EQUAL("/greeter/say/hello is Say.Hello of go.micro.srv.greeter\n" +
                             srv.nodeId() + " " + srv.address() + "\n",
                         known.out);
    const test::Finished unknown = test::run(command({"--dry-run", "/a/b"}));
    CPPUNIT_ASSERT_EQUAL(1, unknown.code);
    CPPUNIT_ASSERT_EQUAL(std::string("/a/b is A.B of go.micro.api.a\n"), unknown.out);
  }

  void refusesAnAddressInUse() {
    const test::Finished end = test::run({TEST_BUILD_DIR "/evmicro", "api", "--registry", "memory",
                                          "--api_address", agent_->address()});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(agent_->address()) != std::string::npos);
  }

  void flagsMayStandBeforeTheCommand() {
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    test::Process gateway({TEST_BUILD_DIR "/evmicro", "--api_handler=rpc", "-api_namespace",
                           "go.micro.srv", "--registry_address", agent_->address(), "--disable_rpc",
                           "api", "--api_address", "127.0.0.1:0"});
    const std::string address = addressOf(gateway);
    expect(200, R"({"msg":"Hello John"})", get(address, "/greeter/say/hello?name=John"));
    CPPUNIT_ASSERT_EQUAL(404, get(address, "/rpc").status);
    const test::Finished other = test::run({TEST_BUILD_DIR "/evmicro", "--api_handler", "rpc",
                                            "--registry", "memory", "list", "services"});
    CPPUNIT_ASSERT_EQUAL(2, other.code);
    CPPUNIT_ASSERT_MESSAGE(other.err,
                           other.err.find("unknown flag --api_handler") != std::string::npos);
  }

  void environmentSetsFlags() {
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    test::ProcessOptions options;
    options.environment = {"MICRO_API_HANDLER=rpc", "MICRO_API_NAMESPACE=go.micro.srv",
                           "MICRO_API_ADDRESS=127.0.0.1:0",
                           "MICRO_REGISTRY_ADDRESS=" + agent_->address()};
    test::Process gateway({TEST_BUILD_DIR "/evmicro", "api"}, options);
    expect(200, R"({"msg":"Hello John"})", get(addressOf(gateway), "/greeter/say/hello?name=John"));
  }

  // Of the HTTP port, for programs that look for gateways.
  void nodeNamesTheAddress() {
    for (const std::string name : {"api", "sidecar", "web"}) {
      test::Process gateway({TEST_BUILD_DIR "/evmicro", "--registry_address", agent_->address(),
                             name, "--" + name + "_address", "127.0.0.1:0"});
      const std::string own = addressOf(gateway);
      test::awaitRegistry(agent_->address(), "/v1/health/service/go.micro." + name + "?passing=1",
                          [](const std::string& body) { return body.rfind("[]", 0) != 0; });
      const test::Finished node =
          test::run({TEST_BUILD_DIR "/evmicro", "--registry_address", agent_->address(), "get",
                     "service", "go.micro." + name});
      CPPUNIT_ASSERT_MESSAGE(name + ": " + node.out,
                             node.out.find("http=" + own) != std::string::npos);
    }
  }

  void backendThatDiesIsNoticed() {
    test::ServiceProcess server("example_server", agent_->address());
    test::Process gateway(command({"--api_handler", "rpc", "--api_namespace", "go.micro.srv"}));
    test::Process curl(
        {"/usr/bin/curl", "-sSN",
         "http://" + addressOf(gateway) + "/example/example/stream?count=100000000"});
    ASSERT_REPORTED(curl.report(), curl.prints("{\"count\":2}\n"));
    server.process().signal(SIGKILL);
    CPPUNIT_ASSERT(curl.wait());
    const std::string end =
        curl.out().substr(curl.out().size() - std::min<std::size_t>(400, curl.out().size()));
    CPPUNIT_ASSERT_MESSAGE(
        end, end.find("\n{\"error\":{\"id\":\"go.micro.client\"") != std::string::npos);
  }

  void restGreeterIsReachedByTheProxy() {
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    test::ServiceProcess rest("greeter_rest", agent_->address());
    test::Process gateway(command({"--api_handler", "proxy"}));
    const std::string address = addressOf(gateway);
    expect(200, "{\n  \"message\": \"Hi, this is the Greeter API\"\n}\n", get(address, "/greeter"));
    expect(200, "{\n  \"msg\": \"Hello John\"\n}\n", get(address, "/greeter/John"));
    const auto node = test::httpGet(agent_->address(), "/v1/health/service/go.micro.api.greeter");
    CPPUNIT_ASSERT(node && node->body.find(rest.nodeId()) != std::string::npos);
    rest.process().signal(SIGTERM);
    const int code = rest.process().wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(rest.process().report(), 0, code);
    CPPUNIT_ASSERT_EQUAL(404, get(address, "/greeter").status);
  }

  void webGreeterAnswersForms() {
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    const test::ServiceProcess web("greeter_web", agent_->address());
    const auto form = test::httpGet(web.address(), "/");
    CPPUNIT_ASSERT(form && form->body.find("<h1>Enter Name</h1>") != std::string::npos);
    const auto answer = [&web](const std::string& body) {
      const auto posted = test::httpExchange(web.address(), "POST", "/", body);
      CPPUNIT_ASSERT(posted);
      return posted->body;
    };
    CPPUNIT_ASSERT(answer("name=John").find("<h1>Hello John</h1>") != std::string::npos);
    CPPUNIT_ASSERT(answer("").find("<h1>Hello World</h1>") != std::string::npos);
    CPPUNIT_ASSERT(answer("name=%3Cb%3E%26").find("<h1>Hello &lt;b&gt;&amp;</h1>") !=
                   std::string::npos);
  }

 private:
  std::vector<std::string> command(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {TEST_BUILD_DIR "/evmicro", "--registry_address",
                                      agent_->address(),         "api",
                                      "--api_address",           "127.0.0.1:0"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  static std::string addressOf(test::Process& gateway) {
    const auto rest = gateway.printsLine("Listening on ");
    ASSERT_REPORTED(gateway.report(), rest);
    return rest->substr(0, rest->find(','));
  }

  static test::HttpAnswer get(const std::string& address, const std::string& path) {
    const auto answer = test::httpGet(address, path);
    CPPUNIT_ASSERT_MESSAGE(path, answer);
    return *answer;
  }

  static void expect(int status, const std::string& body, const test::HttpAnswer& answer) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, status, answer.status);
    CPPUNIT_ASSERT_EQUAL(body, answer.body);
    CPPUNIT_ASSERT(answer.head.find("Content-Type: application/json\r\n") != std::string::npos);
  }

  std::unique_ptr<test::AgentProcess> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ApiProgramTest);

}  // namespace evmicro
