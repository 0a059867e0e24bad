// `evmicro sidecar` as a process, between greeters in Python and Ruby and the tool.
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

using test::Finished;
using test::Process;
using Words = std::vector<std::string>;

namespace {

const std::string kTool = TEST_BUILD_DIR "/evmicro";
const std::string kGreeting = TEST_SOURCE_DIR "/../examples/greeting/";

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string urlOf(const std::string& address) { return "http://" + address; }

}  // namespace

class SidecarProgramTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SidecarProgramTest);
  CPPUNIT_TEST(pythonServerIsCalled);
  CPPUNIT_TEST(rubyServerIsCalled);
  CPPUNIT_TEST(serversAreCalledWithoutSidecar);
  CPPUNIT_TEST(clientsCallThroughIt);
  CPPUNIT_TEST(clientsSayWhatFailed);
  CPPUNIT_TEST(programIsDeregisteredAtTheEnd);
  CPPUNIT_TEST(programNeedsNameAndAddress);
  CPPUNIT_TEST(toolWorksThroughIt);
  CPPUNIT_TEST(toolSaysWhatFailedThere);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override { agent_.reset(); }

  void pythonServerIsCalled() {
    const std::unique_ptr<Process> sidecar = startSidecar();
    Process server({"/usr/bin/env", "python3", kGreeting + "python/sidecar_server.py", "--port",
                    "0", "--sidecar", urlOf(address_)});
    ASSERT_REPORTED(server.report(), server.prints("Registered go.micro.srv.greeter"));
    expect("\"hello John\"\n", query("go.micro.srv.greeter"));
    const auto direct =
        test::httpExchange(address_, "POST", "/greeter/say/hello", R"({"name":"Jim"})");
    CPPUNIT_ASSERT(direct);
    CPPUNIT_ASSERT_EQUAL(std::string("\"hello Jim\""), direct->body);
    // It deregisters.
    server.signal(SIGTERM);
    ASSERT_REPORTED(server.report(), server.wait() == 0);
    CPPUNIT_ASSERT_EQUAL(404, statusOf("/registry?service=go.micro.srv.greeter"));
  }

  void rubyServerIsCalled() {
    const std::unique_ptr<Process> sidecar = startSidecar();
    Process server({"/usr/bin/env", "ruby", kGreeting + "ruby/sidecar_server.rb", "--port", "0",
                    "--sidecar", urlOf(address_)});
    ASSERT_REPORTED(server.report(), server.prints("Registered ruby.micro.srv.greeter"));
    expect("{\n\t\"msg\": \"hello John\"\n}\n", query("ruby.micro.srv.greeter"));
    expect("{\"msg\":\"hello John\"}\n",
           test::run({"/usr/bin/env", "ruby", kGreeting + "ruby/sidecar_client.rb", "--sidecar",
                      urlOf(address_)}));
    server.signal(SIGINT);
    ASSERT_REPORTED(server.report(), server.wait() == 0);
    CPPUNIT_ASSERT_EQUAL(404, statusOf("/registry?service=ruby.micro.srv.greeter"));
  }

  void serversAreCalledWithoutSidecar() {
    const auto call = [](const Words& program, const Words& client) {
      Process server(program + Words{"--port", "0"});
      const auto address = server.printsLine("Listening on ");
      ASSERT_REPORTED(server.report(), address);
      expect("hello John\n", test::run(client + Words{"--server", urlOf(*address) + "/"}));
      const Finished asked = test::run({kTool, "--registry", "memory", "query", "--address",
                                        *address, "greeter", "Say.Hello", R"({"name":"John"})"});
      CPPUNIT_ASSERT_MESSAGE(asked.err, asked.out.find("hello John") != std::string::npos);
    };
    call({"/usr/bin/env", "python3", kGreeting + "python/rpc_server.py"},
         {"/usr/bin/env", "python3", kGreeting + "python/rpc_client.py"});
    call({"/usr/bin/env", "ruby", kGreeting + "ruby/rpc_server.rb"},
         {"/usr/bin/env", "ruby", kGreeting + "ruby/rpc_client.rb"});
  }

  void clientsCallThroughIt() {
    const std::unique_ptr<Process> sidecar = startSidecar();
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    expect("{\"msg\": \"Hello John\"}\n",
           test::run({"/usr/bin/env", "python3", kGreeting + "python/sidecar_client.py",
                      "--sidecar", urlOf(address_)}));
    expect("{\"msg\":\"Hello John\"}\n",
           test::run({"/usr/bin/env", "ruby", kGreeting + "ruby/sidecar_client.rb", "--sidecar",
                      urlOf(address_), "--name", "go.micro.srv.greeter"}));
  }

  void clientsSayWhatFailed() {
    const std::unique_ptr<Process> sidecar = startSidecar();
    for (const Words& client :
         {Words{"/usr/bin/env", "python3", kGreeting + "python/sidecar_client.py"},
          Words{"/usr/bin/env", "ruby", kGreeting + "ruby/sidecar_client.rb"}}) {
      const Finished end = test::run(client + Words{"--sidecar", urlOf(address_)});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("\"code\":404") != std::string::npos);
    }
  }

  void programIsDeregisteredAtTheEnd() {
    const std::unique_ptr<Process> sidecar =
        startSidecar({"--server_name", "app", "--server_address", "127.0.0.1:4000"});
    ASSERT_REPORTED(sidecar->report(), sidecar->prints("Registering node: app-"));
    CPPUNIT_ASSERT(sidecar->prints("Registering node: go.micro.sidecar-"));
    test::awaitRegistry(agent_->address(), "/v1/health/service/app?passing=1",
                        [](const std::string& body) { return body.find("app-") != body.npos; });
    const std::unique_ptr<Process> other = startSidecar();
    sidecar->signal(SIGTERM);
    ASSERT_REPORTED(sidecar->report(), sidecar->wait() == 0);
    CPPUNIT_ASSERT_EQUAL(404, statusOf("/registry?service=app"));
  }

  void programNeedsNameAndAddress() {
    const auto problem = [](const Words& flags) {
      const Finished end = test::run(
          Words{kTool, "--registry", "memory", "sidecar", "--sidecar_address", "127.0.0.1:0"} +
          flags);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
      return end.err;
    };
    CPPUNIT_ASSERT(problem({"--server_name", "a"}).find("Require server address") !=
                   std::string::npos);
    CPPUNIT_ASSERT(problem({"--server_address", "h:1"}).find("Require server name") !=
                   std::string::npos);
    CPPUNIT_ASSERT(problem({"--server_name", "a", "--server_address", "h:1", "--healthcheck_url",
                            "127.0.0.1:80/health"})
                       .find("the health check's URL is not http") != std::string::npos);
  }

  void toolWorksThroughIt() {
    const std::unique_ptr<Process> sidecar = startSidecar();
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    expect("ok\n", tool({"register", "service",
                         R"({"name":"foo","nodes":[{"id":"1","address":"h","port":1}]})"}));
    const Finished names = tool({"list", "services"});
    CPPUNIT_ASSERT_MESSAGE(
        names.out,
        names.out.find("foo\ngo.micro.sidecar\ngo.micro.srv.greeter\n") != std::string::npos);
    const Finished found = tool({"registry", "get", "service", "go.micro.srv.greeter"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(found.err, 0, found.code);
    CPPUNIT_ASSERT(found.out.find(srv.nodeId()) != std::string::npos);
    const Finished health = tool({"health", "go.micro.srv.greeter"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(health.err, 0, health.code);
    CPPUNIT_ASSERT(health.out.find(srv.address() + "\t\tok\n") != std::string::npos);
    const Words query = {"query", "go.micro.srv.greeter", "Say.Hello", R"({"name":"John"})"};
    expect("{\n\t\"msg\": \"Hello John\"\n}\n", tool(query));
    expect("{\n\t\"msg\": \"Hello John\"\n}\n", tool(query + Words{"--address", srv.address()}));
    expect("ok\n",
           tool({"registry", "deregister", "service", R"({"name":"foo","nodes":[{"id":"1"}]})"}));
    CPPUNIT_ASSERT_EQUAL(1, tool({"get", "service", "foo"}).code);
  }

  void toolSaysWhatFailedThere() {
    const std::unique_ptr<Process> sidecar = startSidecar();
    const auto problem = [this](const Words& words) {
      const Finished end = tool(words);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
      CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
      return end.err;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("Service not found\n"), problem({"get", "service", "foo"}));
    CPPUNIT_ASSERT(problem({"query", "foo", "A.B"}).find("not found") != std::string::npos);
    CPPUNIT_ASSERT(problem({"register", "service", "{}"}).find("a service needs a name") !=
                   std::string::npos);
    address_ = agent_->address();  // not a sidecar
    CPPUNIT_ASSERT(problem({"list", "services"}).find("answers 404") != std::string::npos);
    address_ = "127.0.0.1:1";
    CPPUNIT_ASSERT(problem({"list", "services"}).find("sidecar http://127.0.0.1:1") !=
                   std::string::npos);
  }

 private:
  // Runs the tool with the last sidecar instead of a registry.
  Finished tool(const Words& words) const {
    return test::run(
        Words{kTool, "--proxy_address", address_, "--registry_address", "127.0.0.1:1"} + words);
  }

  // Leaves its address in address_.
  std::unique_ptr<Process> startSidecar(const Words& flags = {}) {
    auto sidecar = std::make_unique<Process>(Words{kTool, "--registry_address", agent_->address(),
                                                   "sidecar", "--sidecar_address", "127.0.0.1:0"} +
                                             flags);
    const auto rest = sidecar->printsLine("Listening on ");
    ASSERT_REPORTED(sidecar->report(), rest);
    address_ = rest->substr(0, rest->find(','));
    return sidecar;
  }

  Finished query(const std::string& service) const {
    return test::run({kTool, "--registry_address", agent_->address(), "query", service, "Say.Hello",
                      R"({"name":"John"})"});
  }

  static void expect(const std::string& out, const Finished& end) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(out, end.out);
  }

  int statusOf(const std::string& path) const {
    const auto answer = test::httpGet(address_, path);
    CPPUNIT_ASSERT(answer);
    return answer->status;
  }

  std::unique_ptr<test::AgentProcess> agent_;
  std::string address_;  // of the last sidecar
};

CPPUNIT_TEST_SUITE_REGISTRATION(SidecarProgramTest);

}  // namespace evmicro
