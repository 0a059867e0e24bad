// Consul's own command line tool, used on the agent.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <unistd.h>

#include <cppunit/extensions/HelperMacros.h>

#include "support/agent_process.h"
#include "support/consul_server.h"
#include "support/http_get.h"
#include "support/reported.h"

namespace evmicro {

using test::Finished;
using test::Process;

class ConsulCliTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConsulCliTest);
  CPPUNIT_TEST(listsServices);
  CPPUNIT_TEST(listsNodes);
  CPPUNIT_TEST(registersAndDeregistersByFlags);
  CPPUNIT_TEST(registersAndDeregistersByFile);
  CPPUNIT_TEST(watchesAService);
  CPPUNIT_TEST(tellsMembersAndInfo);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    program_ = test::ConsulServer::program();
    agent_ = std::make_unique<test::AgentProcess>();
  }
  void tearDown() override { agent_.reset(); }

  void listsServices() {
    CPPUNIT_ASSERT_EQUAL(std::string("consul\n"), consul({"catalog", "services"}));
    consul({"services", "register", "-name=web", "-tag=b", "-tag=a"});
    CPPUNIT_ASSERT_EQUAL(std::string("consul\nweb\n"), consul({"catalog", "services"}));
    CPPUNIT_ASSERT_EQUAL(std::string("consul\nweb\n"),
                         consul({"catalog", "services", "-node=dev"}));
    const std::string tagged = consul({"catalog", "services", "-tags"});
    CPPUNIT_ASSERT_MESSAGE(tagged, tagged.find("a,b") != std::string::npos);
  }

  void listsNodes() {
    const std::string all = consul({"catalog", "nodes"});
    CPPUNIT_ASSERT_MESSAGE(all, all.find("dev ") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(all, all.find("127.0.0.1  dc1") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(all, consul({"catalog", "nodes", "-service=consul"}));
    CPPUNIT_ASSERT_EQUAL(std::string("dc1\n"), consul({"catalog", "datacenters"}));
  }

  void registersAndDeregistersByFlags() {
    CPPUNIT_ASSERT_EQUAL(std::string("Registered service: web\n"),
                         consul({"services", "register", "-name=web", "-id=web-1", "-port=80",
                                 "-address=10.0.0.1", "-meta=k=v", "-tag=x"}));
    const std::string stored = get("/v1/agent/service/web-1");
    CPPUNIT_ASSERT_MESSAGE(stored, stored.find(R"("ID":"web-1","Service":"web","Tags":["x"],)"
                                               R"("Meta":{"k":"v"},"Port":80,)"
                                               R"("Address":"10.0.0.1")") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("Deregistered service: web-1\n"),
                         consul({"services", "deregister", "-id=web-1"}));
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), get("/v1/agent/services"));
  }

  void registersAndDeregistersByFile() {
    std::string path = "/tmp/evmicro-consul-XXXXXX.json";
    const int file = ::mkstemps(path.data(), 5);
    CPPUNIT_ASSERT(file >= 0);
    ::close(file);
    std::ofstream(path) << R"({"service": {"name": "web", "port": 80, "check": {"ttl": "30s"}}})";
    CPPUNIT_ASSERT_EQUAL(std::string("Registered service: web\n"),
                         consul({"services", "register", path.c_str()}));
    const std::string checks = get("/v1/agent/checks");
    CPPUNIT_ASSERT_MESSAGE(checks, checks.find("\"service:web\"") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("Deregistered service: web\n"),
                         consul({"services", "deregister", path.c_str()}));
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), get("/v1/agent/checks"));
    std::remove(path.c_str());
  }

  void watchesAService() {
    consul({"services", "register", "-name=web", "-id=web-1"});
    Process watch({program_, "watch", "-http-addr=" + agent_->address(), "-type=service",
                   "-service=web", "cat"});
    ASSERT_REPORTED(watch.report(), watch.prints("\"ID\":\"web-1\""));
    consul({"services", "register", "-name=web", "-id=web-2"});
    ASSERT_REPORTED(watch.report(), watch.prints("\"ID\":\"web-2\""));
    consul({"services", "deregister", "-id=web-1"});
    consul({"services", "deregister", "-id=web-2"});
    ASSERT_REPORTED(watch.report(), watch.prints("[]"));
    watch.signal(SIGINT);
    CPPUNIT_ASSERT(watch.wait().has_value());
  }

  void tellsMembersAndInfo() {
    const std::string members = consul({"members"});
    CPPUNIT_ASSERT_MESSAGE(members, members.find("dev") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(members, members.find("alive") != std::string::npos);
    const std::string info = consul({"info"});
    CPPUNIT_ASSERT_MESSAGE(info, info.find("services = 1") != std::string::npos);
  }

 private:
  // What the tool prints when it runs `words` on the agent.
  std::string consul(std::vector<std::string> words) {
    words.insert(words.begin(), program_);
    test::ProcessOptions options;
    options.environment = {"CONSUL_HTTP_ADDR=" + agent_->address()};
    const Finished end = test::run(words, options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out + end.err, 0, end.code);
    return end.out;
  }

  std::string get(const std::string& path) {
    const auto answer = test::httpGet(agent_->address(), path);
    return answer ? answer->body : "no answer";
  }

  std::string program_;
  std::unique_ptr<test::AgentProcess> agent_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(ConsulCliTest);

}  // namespace evmicro
