// README's walk through API gateway and sidecar: each command is run as it stands there, and has to
// print what stands behind it. Only the ports are others.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/process.h"
#include "support/registry_query.h"

namespace evmicro {

using test::Process;

namespace {

// The lines of the plain code blocks below the heading.
std::vector<std::string> commandsBelow(const std::string& heading) {
  std::ifstream file(TEST_SOURCE_DIR "/../README.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t section = text.find("\n" + heading + "\n");
  CPPUNIT_ASSERT_MESSAGE("no section " + heading, section != std::string::npos);
  std::istringstream lines(text.substr(section, text.find("\n## ", section + 1) - section));
  std::vector<std::string> commands;
  bool inBlock = false;
  bool plain = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) {
      inBlock = !inBlock;
      plain = inBlock && line == "```";
    } else if (plain) {
      commands.push_back(line);
    }
  }
  return commands;
}

void replaceAll(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

bool endsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

class ReadmeGatewaysTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadmeGatewaysTest);
  CPPUNIT_TEST(theCommandsPrintWhatStandsThere);
  CPPUNIT_TEST_SUITE_END();

 public:
  void theCommandsPrintWhatStandsThere() {
    const std::vector<std::string> commands = commandsBelow("## HTTP in front of services");
    std::size_t compared = 0;
    for (const std::string& command : commands) {
      if (endsWith(command, " &")) {
        start(command.substr(0, command.size() - 2));
      } else if (run(command)) {
        ++compared;
      }
    }
    CPPUNIT_ASSERT(started_.size() >= 5 && compared >= 4);
    for (auto process = started_.rbegin(); process != started_.rend(); ++process) {
      (*process)->signal(SIGTERM);
      CPPUNIT_ASSERT_MESSAGE((*process)->report(), (*process)->wait().value_or(-1) == 0);
    }
  }

  void tearDown() override { started_.clear(); }

 private:
  test::ProcessOptions options() const {
    test::ProcessOptions options;
    options.directory = TEST_BUILD_DIR;
    options.environment = {"MICRO_REGISTRY_ADDRESS=" + registry_, "MICRO_API_ADDRESS=127.0.0.1:0",
                           "MICRO_SIDECAR_ADDRESS=127.0.0.1:0"};
    return options;
  }

  std::string here(std::string command) const {
    if (!api_.empty()) replaceAll(command, "127.0.0.1:8080", api_);
    if (!sidecar_.empty()) replaceAll(command, "127.0.0.1:8081", sidecar_);
    replaceAll(command, "../examples/", TEST_SOURCE_DIR "/../examples/");
    return command;
  }

  void start(std::string command) {
    const bool isRegistry = command == "./evmicro agent";
    const bool isPython = command.rfind("python3 ", 0) == 0;
    if (isRegistry) command += " --address 127.0.0.1:0";
    if (isPython) command += " --port 0 --sidecar http://" + sidecar_;
    started_.push_back(std::make_unique<Process>(
        std::vector<std::string>{"/bin/sh", "-c", "exec " + here(command)}, options()));
    Process& process = *started_.back();
    auto address = process.printsLine("Listening on ");
    CPPUNIT_ASSERT_MESSAGE(process.report(), address);
    address->resize(std::min(address->find(','), address->size()));
    if (isRegistry) registry_ = *address;
    if (command.rfind("./evmicro api", 0) == 0) api_ = *address;
    if (command.rfind("./evmicro sidecar", 0) == 0) sidecar_ = *address;
    if (isPython) CPPUNIT_ASSERT_MESSAGE(process.report(), process.prints("Registered "));
    if (isRegistry || isPython) return;
    const auto node = process.printsLine("Registering node: ");
    CPPUNIT_ASSERT_MESSAGE(process.report(), node);
    test::awaitRegistry(registry_,
                        "/v1/health/service/" + node->substr(0, node->find('-')) + "?passing=1",
                        [](const std::string& body) { return body.rfind("[]", 0) != 0; });
  }

  // Whether the output stands behind the command, and was compared.
  bool run(const std::string& line) {
    const std::size_t comment = line.find("  # ");
    const std::string command = here(line.substr(0, comment));
    const test::Finished end =
        test::run({"/bin/sh", "-c", "curl() { command curl -sSf \"$@\"; }\n" + command}, options());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(command + "\n" + end.err, 0, end.code);
    if (comment == std::string::npos) return false;
    std::string out = end.out;
    while (endsWith(out, "\n")) out.pop_back();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(command, line.substr(comment + 4), out);
    return true;
  }

  std::string registry_;
  std::string api_;
  std::string sidecar_;
  std::vector<std::unique_ptr<Process>> started_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadmeGatewaysTest);

}  // namespace evmicro
