// `evmicro watch` as a process, against each registry there is.
#include <csignal>
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "support/agent_process.h"
#include "support/consul_server.h"
#include "support/ports.h"
#include "support/reported.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;
using test::Process;
using Words = std::vector<std::string>;

template <typename RegistryProcess>
class WatchTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WatchTest);
  CPPUNIT_TEST(tellsWhatIsThereAndWhatChanges);
  CPPUNIT_TEST(watchesAllServices);
  CPPUNIT_TEST(endsAfterTheCount);
  CPPUNIT_TEST(interruptionEndsIt);
  CPPUNIT_TEST(brokenStdoutEndsIt);
  CPPUNIT_TEST(endsWhenItsReaderGoes);
  CPPUNIT_TEST(printsObjectsForScripts);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { registry_ = std::make_unique<RegistryProcess>(); }
  void tearDown() override { registry_.reset(); }

  void tellsWhatIsThereAndWhatChanges() {
    change("register", "ant", "1", 9090);
    Process process(watch({"ant"}));
    expect(process, "create\tant\tv1\tant-1=10.0.0.1:9090\n");
    change("register", "ant", "2", 9091);
    expect(process, "update\tant\tv1\tant-1=10.0.0.1:9090,ant-2=10.0.0.1:9091\n");
    change("register", "ant", "1", 9092);
    expect(process, "update\tant\tv1\tant-1=10.0.0.1:9092,ant-2=10.0.0.1:9091\n");
    change("deregister", "ant", "1", 9092);
    expect(process, "update\tant\tv1\tant-2=10.0.0.1:9091\n");
    change("deregister", "ant", "2", 9091);
    expect(process, "delete\tant\tv1\tant-2=10.0.0.1:9091\n");
    change("register", "ant", "3", 9093);
    expect(process, "create\tant\tv1\tant-3=10.0.0.1:9093\n");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(process.report(), lines_, process.out());
  }

  void watchesAllServices() {
    change("register", "ant", "1", 9090);
    Process process(watch({}));
    expect(process, "create\tant\tv1\tant-1=10.0.0.1:9090\n");
    change("register", "bee", "1", 9091);
    expect(process, "create\tbee\tv1\tbee-1=10.0.0.1:9091\n");
    change("deregister", "ant", "1", 9090);
    expect(process, "delete\tant\tv1\tant-1=10.0.0.1:9090\n");
  }

  void endsAfterTheCount() {
    change("register", "ant", "1", 9090);
    Process process(watch({"ant", "--count", "2"}));
    ASSERT_REPORTED(process.report(), process.prints("ant-1"));
    change("deregister", "ant", "1", 9090);
    ASSERT_REPORTED(process.report(), process.wait() == 0);
    CPPUNIT_ASSERT_EQUAL(std::string("create\tant\tv1\tant-1=10.0.0.1:9090\n"
                                     "delete\tant\tv1\tant-1=10.0.0.1:9090\n"),
                         process.out());
  }

  void interruptionEndsIt() {
    change("register", "ant", "1", 9090);
    for (const int signal : {SIGINT, SIGTERM}) {
      Process process(watch({"ant"}));
      ASSERT_REPORTED(process.report(), process.prints("ant-1"));
      process.signal(signal);
      ASSERT_REPORTED(process.report(), process.wait() == 0);
      CPPUNIT_ASSERT_EQUAL(std::string(), process.err());
    }
  }

  void brokenStdoutEndsIt() {
    change("register", "ant", "1", 9090);
    test::ProcessOptions options;
    options.out = test::ProcessOptions::Stdout::kBroken;
    Process process(watch({}), options);
    ASSERT_REPORTED(process.report(), process.wait() == 1);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro: cannot write to stdout: Broken pipe\n"),
                         process.err());
  }

  // `evmicro watch | head -1`: nothing more is written, so no write says that nobody reads.
  void endsWhenItsReaderGoes() {
    change("register", "ant", "1", 9090);
    Process process(watch({"ant"}));
    ASSERT_REPORTED(process.report(), process.prints("ant-1"));
    process.closeOut();
    ASSERT_REPORTED(process.report(), process.wait() == 1);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro: cannot write to stdout: Broken pipe\n"),
                         process.err());
  }

  void printsObjectsForScripts() {
    change("register", "ant", "1", 9090);
    Process process(watch({"ant", "--json", "--count", "1"}));
    ASSERT_REPORTED(process.report(), process.wait() == 0);
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"event":"create","service":{"name":"ant","version":"v1","metadata":null,)"
                    R"("endpoints":null,"nodes":[{"id":"ant-1","address":"10.0.0.1","port":9090,)"
                    R"("metadata":null}]}})"
                    "\n"),
        process.out());
  }

 private:
  Words watch(Words words) const {
    words.insert(words.begin(), "watch");
    return test::evmicroCommand(registry_->address(), words);
  }

  void change(const std::string& how, const std::string& name, const std::string& id, int port) {
    const Finished end = test::evmicro(
        registry_->address(),
        {how, "service",
         R"({"name":")" + name + R"(","version":"v1","nodes":[{"id":")" + name + "-" + id +
             R"(","address":"10.0.0.1","port":)" + std::to_string(port) + "}]}"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
  }

  void expect(Process& process, const std::string& line) {
    ASSERT_REPORTED(line + process.report(), process.prints(line));
    lines_ += line;
  }

  std::unique_ptr<RegistryProcess> registry_;
  std::string lines_;
};
using WatchWithAgentTest = WatchTest<test::AgentProcess>;
using WatchWithConsulTest = WatchTest<test::ConsulServer>;
CPPUNIT_TEST_SUITE_REGISTRATION(WatchWithAgentTest);
CPPUNIT_TEST_SUITE_REGISTRATION(WatchWithConsulTest);

/// Without a registry, or without one after a while.
class WatchOutageTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WatchOutageTest);
  CPPUNIT_TEST(noRegistryIsAnError);
  CPPUNIT_TEST(anOutageIsToldAndOutlived);
  CPPUNIT_TEST_SUITE_END();

 public:
  void noRegistryIsAnError() {
    const std::string nowhere = test::freeAddress();
    for (const Words& words : {Words{"watch"}, Words{"watch", "ant"}}) {
      const Finished end = test::evmicro(nowhere, words);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(nowhere) != std::string::npos);
    }
  }

  void anOutageIsToldAndOutlived() {
    const std::string address = test::freeAddress();
    const Words agent = {TEST_BUILD_DIR "/evmicro", "agent", "--address", address};
    auto registry = std::make_unique<Process>(agent);
    ASSERT_REPORTED(registry->report(), registry->prints("Listening on "));
    const Words ant = {"register", "service",
                       R"({"name":"ant","nodes":[{"id":"a","address":"10.0.0.1","port":1}]})"};
    CPPUNIT_ASSERT_EQUAL(0, test::evmicro(address, ant).code);
    Process process(test::evmicroCommand(address, {"watch", "ant"}));
    ASSERT_REPORTED(process.report(), process.prints("create\tant\t"));
    registry.reset();
    ASSERT_REPORTED(process.report(), process.prints("evmicro: registry"));
    registry = std::make_unique<Process>(agent);  // knows nothing any more
    ASSERT_REPORTED(process.report(), process.prints("delete\tant\t"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(WatchOutageTest);

}  // namespace evmicro
