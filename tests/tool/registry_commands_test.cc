// `evmicro list`, `get`, `register` and `deregister` as processes, against each registry there is.
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/consul_server.h"
#include "support/ports.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;

template <typename RegistryProcess>
class RegistryCommandsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RegistryCommandsTest);
  CPPUNIT_TEST(listPrintsSortedNames);
  CPPUNIT_TEST(topicsAreListedOnlyOnDemand);
  CPPUNIT_TEST(getShowsNodesAndEndpoints);
  CPPUNIT_TEST(getSaysWhenThereIsNone);
  CPPUNIT_TEST(jsonIsForScripts);
  CPPUNIT_TEST(whatIsRegisteredIsThereUntilDeregistered);
  CPPUNIT_TEST(definitionsComeFromStdinToo);
  CPPUNIT_TEST(wrongDefinitionsAreExplained);
  CPPUNIT_TEST(hostileDataIsSafeToShow);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { registry_ = std::make_unique<RegistryProcess>(); }
  void tearDown() override { registry_.reset(); }

  void listPrintsSortedNames() {
    registerService("zebra", "zebra-1");
    registerService("ant", "ant-1");
    prints("ant\nconsul\nzebra\n", {"list", "services"});
  }

  void topicsAreListedOnlyOnDemand() {
    registerService("topic:news", "news-1");
    prints("consul\n", {"list", "services"});
    prints("consul\ntopic:news\n", {"list", "services", "--all"});
  }

  void getShowsNodesAndEndpoints() {
    test::ServiceProcess greeter("greeter", registry_->address(), {"--server_id", "1"});
    const std::string port = greeter.address().substr(greeter.address().rfind(':') + 1);
    prints(
        "service  greeter\n"
        "\n"
        "version latest\n"
        "\n"
        "Id\tAddress\tPort\tMetadata\n"
        "greeter-1\t127.0.0.1\t" +
            port +
            "\tbroker=http,grpc=true,registry=consul,server=rpc,transport=http,type=helloworld\n"
            "\n"
            "Endpoint: Greeter.Hello\n"
            "Metadata: stream=false\n"
            "Request: {\n"
            "\tname string\n"
            "}\n"
            "\n"
            "Response: {\n"
            "\tgreeting string\n"
            "}\n",
        {"get", "service", "greeter"});
  }

  void getSaysWhenThereIsNone() {
    const Finished end = evmicro({"get", "service", "nope"});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("Service not found\n"), end.err);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
  }

  void jsonIsForScripts() {
    registerService("ant", "ant-1");
    prints("[\n\t\"ant\",\n\t\"consul\"\n]\n", {"list", "services", "--json"});
    prints(
        "[\n"
        "\t{\n"
        "\t\t\"name\": \"ant\",\n"
        "\t\t\"version\": \"v1\",\n"
        "\t\t\"metadata\": null,\n"
        "\t\t\"endpoints\": null,\n"
        "\t\t\"nodes\": [\n"
        "\t\t\t{\n"
        "\t\t\t\t\"id\": \"ant-1\",\n"
        "\t\t\t\t\"address\": \"10.0.0.1\",\n"
        "\t\t\t\t\"port\": 9090,\n"
        "\t\t\t\t\"metadata\": null\n"
        "\t\t\t}\n"
        "\t\t]\n"
        "\t}\n"
        "]\n",
        {"get", "service", "ant", "--json"});
  }

  void whatIsRegisteredIsThereUntilDeregistered() {
    const std::string two = R"({"name":"ant","version":"v1","nodes":[)"
                            R"({"id":"ant-1","address":"10.0.0.1","port":9090,)"
                            R"("metadata":{"rack":"7"}},)"
                            R"({"id":"ant-2","address":"10.0.0.2","port":9091}]})";
    prints("ok\n", {"register", "service", two});
    prints(
        "service  ant\n\nversion v1\n\nId\tAddress\tPort\tMetadata\n"
        "ant-1\t10.0.0.1\t9090\track=7\nant-2\t10.0.0.2\t9091\t\n",
        {"get", "service", "ant"});
    prints("ok\n",
           {"deregister", "service", R"({"name":"ant","nodes":[{"id":"ant-1"},{"id":"ant-2"}]})"});
    CPPUNIT_ASSERT_EQUAL(1, evmicro({"get", "service", "ant"}).code);
    prints("consul\n", {"list", "services"});
  }

  void definitionsComeFromStdinToo() {
    test::ProcessOptions options;
    options.input = definition("ant", "ant-1") + "\n";
    const Finished end = test::evmicro(registry_->address(), {"register", "service", "-"}, options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    prints("ant\nconsul\n", {"list", "services"});
  }

  void wrongDefinitionsAreExplained() {
    const std::tuple<const char*, int, const char*> cases[] = {
        {"{", 2, "the service: not JSON at byte 1"},
        {"[]", 2, "the service: expected a JSON object"},
        {R"({"name":7})", 2, "the service: name: expected a string"},
        {R"({"nodes":[{"port":70000}]})", 2,
         "the service: nodes[0].port: expected a port from 0 to 65535"},
        {R"({"name":"ant"})", 1, "service \"ant\" has no node"},
        {R"({"name":"ant","nodes":[{"id":"a"}]})", 1, "node a needs an address and a port"},
    };
    for (const auto& [json, code, text] : cases) {
      const Finished end = evmicro({"register", "service", json});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, code, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(text) != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
    }
    prints("consul\n", {"list", "services"});
  }

  void hostileDataIsSafeToShow() {
    prints("ok\n", {"register", "service",
                    R"({"name":"evil","version":"\u001b[2J","nodes":[{"id":"evil-1",)"
                    R"("address":"10.0.0.1","port":1,"metadata":{"\u202e":"\u009b"}}]})"});
    prints(
        "service  evil\n\nversion \\x1b[2J\n\nId\tAddress\tPort\tMetadata\n"
        "evil-1\t10.0.0.1\t1\t\\u202e=\\u009b\n",
        {"get", "service", "evil"});
  }

 private:
  using Words = std::vector<std::string>;

  Finished evmicro(const Words& words) { return test::evmicro(registry_->address(), words); }

  void prints(const std::string& out, const Words& words) {
    const Finished end = evmicro(words);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(out, end.out);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.err);
  }

  static std::string definition(const std::string& name, const std::string& id) {
    return R"({"name":")" + name + R"(","version":"v1","nodes":[{"id":")" + id +
           R"(","address":"10.0.0.1","port":9090}]})";
  }
  void registerService(const std::string& name, const std::string& id) {
    prints("ok\n", {"register", "service", definition(name, id)});
  }

  std::unique_ptr<RegistryProcess> registry_;
};
using RegistryCommandsWithAgentTest = RegistryCommandsTest<test::AgentProcess>;
using RegistryCommandsWithConsulTest = RegistryCommandsTest<test::ConsulServer>;
CPPUNIT_TEST_SUITE_REGISTRATION(RegistryCommandsWithAgentTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RegistryCommandsWithConsulTest);

}  // namespace evmicro
