// A process that uses evmicro has one thread, which the README promises: counted by the kernel.
#include <fstream>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/process.h"
#include "support/reported.h"

namespace evmicro {

namespace {

std::string threadsOf(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("Threads:", 0) == 0) return line.substr(line.find_first_of("0123456789"));
  }
  return "no such process";
}

const std::string kLinked = TEST_BUILD_DIR "/tests/threads/linked";

}  // namespace

class ThreadsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ThreadsTest);
  CPPUNIT_TEST(programThatOnlyLinksHasOne);
  CPPUNIT_TEST(clientOnABorrowedBaseAddsNone);
  CPPUNIT_TEST(serviceAndToolHaveOne);
  CPPUNIT_TEST(embeddingServiceHasOne);
  CPPUNIT_TEST(severalUseItAtTheSameTime);
  CPPUNIT_TEST_SUITE_END();

 public:
  void programThatOnlyLinksHasOne() {
    const test::Finished end = test::run({kLinked});
    CPPUNIT_ASSERT_EQUAL(std::string("threads 1, log4cplus no\n"), end.out);
    CPPUNIT_ASSERT_EQUAL(0, end.code);
  }

  void clientOnABorrowedBaseAddsNone() {
    const test::Finished end = test::run({kLinked, "client"});
    CPPUNIT_ASSERT_EQUAL(std::string("threads 1, log4cplus no\n"), end.out);
    CPPUNIT_ASSERT_EQUAL(0, end.code);
  }

  void serviceAndToolHaveOne() {
    test::AgentProcess agent;
    test::ServiceProcess greeter("greeter", agent.address());
    CPPUNIT_ASSERT_EQUAL(std::string("1"), threadsOf(agent.pid()));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), threadsOf(greeter.process().pid()));
    test::Process watch(
        {TEST_BUILD_DIR "/evmicro", "--registry_address", agent.address(), "watch"});
    ASSERT_REPORTED(watch.report(), watch.prints("greeter"));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), threadsOf(watch.pid()));
  }

  void severalUseItAtTheSameTime() {
    const test::Finished end = test::run({TEST_BUILD_DIR "/tests/threads/race"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, std::string("800 and 800 of 800, 2 ended\n"), end.out);
    CPPUNIT_ASSERT_EQUAL(0, end.code);
  }

  void embeddingServiceHasOne() {
    test::AgentProcess agent;
    test::ServiceProcess embed("embed", agent.address());
    CPPUNIT_ASSERT_EQUAL(std::string("1"), threadsOf(embed.process().pid()));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ThreadsTest);

}  // namespace evmicro
