// The manual's session on the command line: each command is run as it stands there, and has to
// print what stands there.
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <sstream>

#include <cppunit/extensions/HelperMacros.h>

#include "support/process.h"
#include "support/registry_query.h"
#include "support/reported.h"

namespace evmicro {

using test::Process;

namespace {

struct Step {
  std::string command;
  std::string output;
};

// The session below the heading: `$ command`, lines that end in a backslash going on, and what it
// prints.
std::vector<Step> sessionBelow(const std::string& heading) {
  std::ifstream file(TEST_SOURCE_DIR "/../src/manual/command-line.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t section = text.find("\n" + heading + "\n");
  const std::size_t next = text.find("\n## ", section + 1);
  CPPUNIT_ASSERT_MESSAGE("no section " + heading, section != std::string::npos);
  std::istringstream lines(text.substr(section, next - section));
  std::vector<Step> steps;
  bool inBlock = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) {
      inBlock = !inBlock;
    } else if (inBlock && line.rfind("$ ", 0) == 0) {
      steps.push_back({line.substr(2), ""});
    } else if (inBlock && !steps.empty()) {
      steps.back().output += line + "\n";
    }
  }
  return steps;
}

// What is different each time.
std::string normalised(std::string text) {
  const std::pair<const char*, const char*> rules[] = {
      {R"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)", "TIME"},
      {R"([A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d)", "TIME"},
      {R"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", "UUID"},
      {R"(127\.0\.0\.1([:\t])\d+)", "127.0.0.1$1PORT"},
      {R"(\t(\d+m)?\d+s\t\d+\.\d\dmb\t)", "\tUPTIME\tMEMORY\t"},
      {R"([ \t]+\n)", "\n"},
  };
  for (const auto& [pattern, replacement] : rules) {
    text = std::regex_replace(text, std::regex(pattern), replacement);
  }
  return text;
}

}  // namespace

class ReadmeTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadmeTest);
  CPPUNIT_TEST(theSessionPrintsWhatItSays);
  CPPUNIT_TEST_SUITE_END();

 public:
  void theSessionPrintsWhatItSays() {
    const std::vector<Step> steps = sessionBelow("## A session");
    CPPUNIT_ASSERT(steps.size() > 5);
    for (const Step& step : steps) {
      if (step.command.size() > 2 && step.command.substr(step.command.size() - 2) == " &") {
        start(step);
      } else {
        run(step);
      }
    }
    for (auto process = started_.rbegin(); process != started_.rend(); ++process) {
      (*process)->signal(SIGTERM);
      ASSERT_REPORTED((*process)->report(), (*process)->wait() == 0);
    }
  }

  void tearDown() override { started_.clear(); }

 private:
  test::ProcessOptions options() const {
    test::ProcessOptions options;
    options.directory = TEST_BUILD_DIR;
    options.environment = {"MICRO_REGISTRY_ADDRESS=" + registry_};
    return options;
  }

  // Runs for the rest of the session. What it prints is waited for, line by line.
  void start(const Step& step) {
    std::string command = "exec " + step.command.substr(0, step.command.size() - 2);
    const bool isRegistry = command.find("evmicro agent") != std::string::npos;
    if (isRegistry) command += " --address 127.0.0.1:0";
    started_.push_back(
        std::make_unique<Process>(std::vector<std::string>{"/bin/sh", "-c", command}, options()));
    Process& process = *started_.back();
    std::istringstream lines(step.output);
    for (std::string line; std::getline(lines, line);) {
      const std::string text = line.substr(std::string("2016/03/14 10:59:14 ").size());
      const std::string beginning = text.substr(0, text.find_first_of("0123456789"));
      const auto rest = process.printsLine(beginning.substr(0, beginning.rfind(' ') + 1));
      ASSERT_REPORTED(step.command + ": " + line + "\n" + process.report(), rest);
      if (isRegistry) registry_ = *rest;
    }
    if (isRegistry) return;
    CPPUNIT_ASSERT_EQUAL(normalised(step.output), normalised(process.err()));
    if (step.command.find("greeter") == std::string::npos) return;
    // It has said that it registers, not that it has.
    test::awaitRegistry(registry_, "/v1/health/service/greeter?passing=1",
                        [](const std::string& body) { return body.rfind("[]", 0) != 0; });
  }

  void run(const Step& step) {
    const test::Finished end = test::run({"/bin/sh", "-c", step.command}, options());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(step.command + "\n" + end.err, 0, end.code);
    // What comes after it is printed by what runs beside it, as on a terminal.
    const bool more = step.output.size() > end.out.size() && step.output.rfind(end.out, 0) == 0;
    const std::string rest = more ? step.output.substr(end.out.size()) : "";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(step.command, normalised(step.output), normalised(end.out + rest));
    ASSERT_REPORTED(step.command + ": " + started_.back()->report(), started_.back()->prints(rest));
  }

  std::string registry_;
  std::vector<std::unique_ptr<Process>> started_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReadmeTest);

}  // namespace evmicro
