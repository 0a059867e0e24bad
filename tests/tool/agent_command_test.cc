// `evmicro` as a process, above all `evmicro agent`.
#include <csignal>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "agent/http_caller.h"
#include "support/http_get.h"
#include "support/process.h"
#include "support/reported.h"
#include "support/turn_until.h"

namespace evmicro {

using test::Finished;
using test::Process;
using test::run;

namespace {

const char kProgram[] = TEST_BUILD_DIR "/evmicro";
const char kListening[] = "Listening on ";

}  // namespace

class AgentCommandTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AgentCommandTest);
  CPPUNIT_TEST(tellsWhereItListensAndServesThere);
  CPPUNIT_TEST(namesOfNodeAndDatacenterCanBeChosen);
  CPPUNIT_TEST(endsCleanlyOnSignals);
  CPPUNIT_TEST(endsCleanlyWithQueriesHeld);
  CPPUNIT_TEST(addressInUseFails);
  CPPUNIT_TEST(malformedAddressFails);
  CPPUNIT_TEST(wrongUsageIsExplained);
  CPPUNIT_TEST(helpAndVersionAreAnswers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tellsWhereItListensAndServesThere() {
    Process agent({kProgram, "agent", "--address", "127.0.0.1:0"});
    const std::string address = listening(agent);
    const auto answer = test::httpGet(address, "/v1/catalog/services");
    CPPUNIT_ASSERT(answer.has_value());
    CPPUNIT_ASSERT_EQUAL(200, answer->status);
    CPPUNIT_ASSERT_EQUAL(std::string("{\"consul\":[]}"), answer->body);
    // `2016/03/14 10:59:14 Listening on 127.0.0.1:50137`
    const std::string& line = agent.err();
    const std::string shape = "dddd/dd/dd dd:dd:dd ";
    CPPUNIT_ASSERT_EQUAL(shape + kListening, digitsAsD(line.substr(0, shape.size())) +
                                                 line.substr(shape.size(), sizeof kListening - 1));
    CPPUNIT_ASSERT_EQUAL(std::string(), agent.out());
  }

  void namesOfNodeAndDatacenterCanBeChosen() {
    Process agent({kProgram, "agent", "--address=127.0.0.1:0", "--node=n1", "--datacenter=dc9"});
    const auto answer = test::httpGet(listening(agent), "/v1/catalog/nodes");
    CPPUNIT_ASSERT(answer.has_value());
    CPPUNIT_ASSERT(answer->body.find("\"Node\":\"n1\"") != std::string::npos);
    CPPUNIT_ASSERT(answer->body.find("\"Datacenter\":\"dc9\"") != std::string::npos);
  }

  void endsCleanlyOnSignals() {
    for (const int signal : {SIGINT, SIGTERM}) {
      Process agent({kProgram, "agent", "--address", "127.0.0.1:0"});
      listening(agent);
      agent.signal(signal);
      ASSERT_REPORTED(agent.report(), agent.wait() == 0);
    }
  }

  void endsCleanlyWithQueriesHeld() {
    Process agent({kProgram, "agent", "--address", "127.0.0.1:0", "--log_level", "debug"});
    EventLoop loop;
    test::HttpCaller http(loop, listening(agent));
    http.send("GET", "/v1/catalog/services?index=" + http.get("/v1/catalog/services").index());
    test::turn(loop);
    ASSERT_REPORTED(agent.report(), agent.prints("/v1/catalog/services: held"));
    agent.signal(SIGTERM);
    ASSERT_REPORTED(agent.report(), agent.wait() == 0);
    CPPUNIT_ASSERT(test::runUntil(loop, [&] { return http.ended(); }));
    CPPUNIT_ASSERT(!http.answer());
  }

  void addressInUseFails() {
    Process agent({kProgram, "agent", "--address", "127.0.0.1:0"});
    const std::string address = listening(agent);
    const Finished second = run({kProgram, "agent", "--address", address});
    CPPUNIT_ASSERT_EQUAL(1, second.code);
    CPPUNIT_ASSERT_EQUAL("evmicro: agent: listen on " + address + ": Address already in use\n",
                         second.err);
    CPPUNIT_ASSERT_EQUAL(std::string(), second.out);
  }

  void malformedAddressFails() {
    const Finished end = run({kProgram, "agent", "--address", "nowhere"});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT(end.err.find("listen address \"nowhere\"") != std::string::npos);
  }

  void wrongUsageIsExplained() {
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{}, "a command is required"},         {{"nope"}, "nope"},
        {{"agent", "--bogus"}, "--bogus"},     {{"agent", "extra"}, "extra"},
        {{"agent", "--address"}, "--address"}, {{"agent", "--log_level", "loud"}, "loud"},
    };
    for (const auto& [arguments, text] : cases) {
      std::vector<std::string> command = {kProgram};
      command.insert(command.end(), arguments.begin(), arguments.end());
      const Finished end = run(command);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, 2, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(text) != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
    }
  }

  void helpAndVersionAreAnswers() {
    const Finished help = run({kProgram, "--help"});
    CPPUNIT_ASSERT_EQUAL(0, help.code);
    CPPUNIT_ASSERT(help.out.find("agent") != std::string::npos);
    const Finished agentHelp = run({kProgram, "agent", "--help"});
    CPPUNIT_ASSERT_EQUAL(0, agentHelp.code);
    CPPUNIT_ASSERT(agentHelp.out.find("127.0.0.1:8500") != std::string::npos);
    const Finished version = run({kProgram, "--version"});
    CPPUNIT_ASSERT_EQUAL(0, version.code);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro "), version.out.substr(0, 8));
  }

 private:
  // Waits for the line and gives the address in it.
  static std::string listening(Process& agent) {
    ASSERT_REPORTED(agent.report(), agent.prints(kListening));
    ASSERT_REPORTED(agent.report(), agent.prints("\n"));
    const std::size_t at = agent.err().find(kListening) + sizeof kListening - 1;
    return agent.err().substr(at, agent.err().find('\n', at) - at);
  }

  static std::string digitsAsD(std::string text) {
    for (char& c : text) {
      if (c >= '0' && c <= '9') c = 'd';
    }
    return text;
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AgentCommandTest);

}  // namespace evmicro
