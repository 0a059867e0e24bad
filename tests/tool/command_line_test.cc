// What all commands have in common: flags, environment, help, wrong usage, a closed stdout.
#include <cppunit/extensions/HelperMacros.h>

#include "support/agent_process.h"
#include "support/ports.h"
#include "tool/command.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;

class CommandLineTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CommandLineTest);
  CPPUNIT_TEST(helpNamesEveryCommand);
  CPPUNIT_TEST(everyCommandHasItsOwnHelp);
  CPPUNIT_TEST(halfACommandHasHelpToo);
  CPPUNIT_TEST(helpIsACommandToo);
  CPPUNIT_TEST(helpNamesDefaults);
  CPPUNIT_TEST(wrongUsageIsExplained);
  CPPUNIT_TEST(globalFlagsStandBeforeAndAfterTheCommand);
  CPPUNIT_TEST(theEnvironmentConfiguresToo);
  CPPUNIT_TEST(namesThatAreCommandsAreNames);
  CPPUNIT_TEST(noRegistryIsAnErrorThatNamesIt);
  CPPUNIT_TEST(outputThatCannotBeWrittenIsAnError);
  CPPUNIT_TEST_SUITE_END();

 public:
  void helpNamesEveryCommand() {
    const Finished end = test::evmicro("", {"--help"});
    CPPUNIT_ASSERT_EQUAL(0, end.code);
    for (const tool::Command& command : tool::commands()) {
      const std::string line = "\n  " + command.name + " ";
      CPPUNIT_ASSERT_MESSAGE(command.name, end.out.find(line) != std::string::npos);
    }
    CPPUNIT_ASSERT(end.out.find("--registry_address ADDRESS") != std::string::npos);
  }

  void everyCommandHasItsOwnHelp() {
    for (const tool::Command& command : tool::commands()) {
      const std::size_t blank = command.name.find(' ');
      std::vector<std::string> words = {command.name.substr(0, blank)};
      if (blank != std::string::npos) words.push_back(command.name.substr(blank + 1));
      words.push_back("--help");
      const Finished end = test::evmicro("", words);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
      const std::string usage = "Usage: evmicro [flags] " + command.name;
      CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find(usage) != std::string::npos);
    }
  }

  void halfACommandHasHelpToo() {
    const Finished end = test::evmicro("", {"list", "--help"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("Usage: evmicro [flags] list services [ARGUMENT...]\n"),
                         end.out);
  }

  void helpIsACommandToo() {
    CPPUNIT_ASSERT_EQUAL(test::evmicro("", {"--help"}).out, test::evmicro("", {"help"}).out);
    CPPUNIT_ASSERT_EQUAL(test::evmicro("", {"query", "--help"}).out,
                         test::evmicro("", {"help", "query"}).out);
    CPPUNIT_ASSERT_EQUAL(test::evmicro("", {"get", "service", "--help"}).out,
                         test::evmicro("", {"help", "get", "service"}).out);
    CPPUNIT_ASSERT_EQUAL(test::evmicro("", {"list", "--help"}).out,
                         test::evmicro("", {"help", "list"}).out);
  }

  void helpNamesDefaults() {
    const std::string help = test::evmicro("", {"--help"}).out;
    for (const char* const text :
         {"including all attempts (default: 5s)\n", "leastconn or blacklist (default: random)\n",
          "per node (default: 100)\n", "certificate (default: true)\n"}) {
      CPPUNIT_ASSERT_MESSAGE(text + help, help.find(text) != std::string::npos);
    }
  }

  void wrongUsageIsExplained() {
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{}, "a command is required"},
        {{"qurey"}, "unknown command \"qurey\": did you mean query?"},
        {{"zzzzzzzz"}, "unknown command \"zzzzzzzz\"\n"},
        {{"list"}, "list what? services"},
        {{"list", "servces"}, "cannot list \"servces\", only services: did you mean services?"},
        {{"--registry_adress", "x", "list", "services"}, "did you mean --registry_address?"},
        {{"--registry", "nope", "list", "services"}, "flag --registry: expected one of"},
        {{"list", "services", "--al"}, "list services: unknown flag --al: did you mean --all?"},
        {{"list", "services", "more"}, "list services: unexpected argument \"more\""},
        {{"list", "services", "--registry_adress=x"}, "did you mean --registry_address?"},
        {{"list", "services", "--registry", "nope"}, "got \"nope\""},
        {{"list", "services", "---"}, "list services: unknown flag ---\n"},
        {{"---"}, "unknown flag ---"},
        {{"-"}, "unknown command \"-\""},
        {{"get", "service"}, "NAME"},
        {{"help", "qurey"}, "unknown command \"qurey\": did you mean query?"},
        {{"help", "query", "more"}, "help: unexpected argument \"more\""},
        {{"query", "greeter"}, "METHOD"},
        {{"query", "a", "b", "{}", "{}"}, "unexpected argument \"{}\""},
        {{"\x1B[2J"}, "unknown command \"\\x1b[2J\""},
    };
    for (const auto& [words, text] : cases) {
      const Finished end = test::evmicro("", words);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 2, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(text) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("--help") != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
    }
  }

  void globalFlagsStandBeforeAndAfterTheCommand() {
    test::AgentProcess agent;
    const std::string flag = "--registry_address=" + agent.address();
    const std::vector<std::vector<std::string>> lines = {
        {flag, "list", "services"},
        {"--registry_address", agent.address(), "list", "services"},
        {"-registry_address", agent.address(), "list", "services"},
        {"list", "services", flag},
        {"list", "services", "--registry_address", agent.address()},
        {"--registry_address", "127.0.0.1:1", "list", "services", flag},
    };
    for (const auto& line : lines) {
      const Finished end = test::evmicro("", line);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, std::string("consul\n"), end.out);
    }
  }

  void theEnvironmentConfiguresToo() {
    test::AgentProcess agent;
    test::ProcessOptions options;
    options.environment = {"MICRO_REGISTRY_ADDRESS=" + agent.address()};
    CPPUNIT_ASSERT_EQUAL(std::string("consul\n"),
                         test::evmicro("", {"list", "services"}, options).out);
    options.environment = {"MICRO_CLIENT_RETRIES=many"};
    const Finished end = test::evmicro("", {"list", "services"}, options);
    CPPUNIT_ASSERT_EQUAL(2, end.code);
    CPPUNIT_ASSERT(end.err.find("environment variable MICRO_CLIENT_RETRIES") != std::string::npos);
  }

  void namesThatAreCommandsAreNames() {
    test::AgentProcess agent;
    const Finished end = test::evmicro(agent.address(), {"get", "service", "list"});
    CPPUNIT_ASSERT_EQUAL(std::string("Service not found\n"), end.err);
  }

  void noRegistryIsAnErrorThatNamesIt() {
    const std::string nowhere = test::freeAddress();
    const std::vector<std::string> lines[] = {
        {"list", "services"},
        {"get", "service", "a"},
        {"register", "service",
         R"({"name":"a","nodes":[{"id":"a","address":"10.0.0.1","port":1}]})"},
        {"query", "a", "A.B"},
        {"stream", "a", "A.B"},
        {"health", "a"},
        {"stats", "a"},
        {"watch", "a"},
        {"publish", "a", "{}"},
    };
    for (const auto& line : lines) {
      const Finished end = test::evmicro(nowhere, line);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(nowhere) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("refused") != std::string::npos ||
                                          end.err.find("connect") != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
    }
  }

  void outputThatCannotBeWrittenIsAnError() {
    test::AgentProcess agent;
    const std::string program = TEST_BUILD_DIR "/evmicro";
    const std::string list = program + " --registry_address " + agent.address() + " list services";
    const std::pair<std::string, std::string> cases[] = {
        {list + " >/dev/full", "No space left on device"},
        {list + " >&-", "Bad file descriptor"},
        {program + " --help >/dev/full", "No space left on device"},
    };
    for (const auto& [line, text] : cases) {
      const Finished end = test::run({"/bin/sh", "-c", line});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
      CPPUNIT_ASSERT_EQUAL("evmicro: cannot write to stdout: " + text + "\n", end.err);
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CommandLineTest);

}  // namespace evmicro
