// Compares the manual pages and the bash completion with the program.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/conformance/skip.h>

#include "integration/greeter_process.h"
#include "service/flags.h"
#include "support/agent_process.h"
#include "support/process.h"
#include "tool/command.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;
using Words = std::vector<std::string>;

namespace {

const std::string kBuilt = TEST_BUILD_DIR "/src/";

std::string contentOf(const std::string& path) {
  std::ifstream file(path);
  CPPUNIT_ASSERT_MESSAGE(path, file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

Words split(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

std::set<std::string> asSet(const Words& words) { return {words.begin(), words.end()}; }

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + "\n";
  return text;
}

// The long flags that the help of `command` lists; without the flags of all commands.
std::set<std::string> ownFlags(const std::string& command) {
  Words words = split(command);
  words.push_back("--help");
  std::set<std::string> flags;
  for (std::string word : split(test::evmicro("", words).out)) {
    const std::size_t at = word.find("--");
    if (at == std::string::npos || (at > 0 && word[at - 1] != ',')) continue;
    flags.insert(word.substr(at));
  }
  return flags;
}

std::set<std::string> globalFlags() {
  ServiceOptions options;
  std::set<std::string> flags = {"--help"};
  for (const detail::FlagSpec& flag : detail::clientFlags(options)) flags.insert("--" + flag.name);
  return flags;
}

// Every flag that a service or a command of the tool has, and those of protoc.
std::set<std::string> allFlags() {
  ServiceOptions options;
  std::set<std::string> flags = {"--cpp_out", "--evmicro_out"};
  for (const detail::FlagSpec& flag : detail::serviceFlags(options)) flags.insert("--" + flag.name);
  flags.merge(globalFlags());
  for (const tool::Command& command : tool::commands()) flags.merge(ownFlags(command.name));
  return flags;
}

// The texts for users, by their paths.
std::vector<std::string> texts() {
  const std::string top = TEST_SOURCE_DIR "/../";
  std::vector<std::string> paths = {top + "README.md", top + "SECURITY.md",
                                    kBuilt + "man/evmicro.3", kBuilt + "man/evmicro.5",
                                    kBuilt + "man/evmicro.7"};
  for (const auto& entry : std::filesystem::directory_iterator(top + "src/manual")) {
    if (entry.path().extension() == ".md") paths.push_back(entry.path());
  }
  return paths;
}

// The flags that `text` names: words with an underscore after two hyphens, and variables for them.
std::set<std::string> flagsIn(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '\\'), text.end());  // of manual pages
  const std::regex pattern("--[a-z]+(_[a-z]+)+|\\bMICRO(_[A-Z]+)+");
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    std::string flag = at->str();
    if (flag[0] == 'M') {
      flag.replace(0, std::string_view("MICRO_").size(), "--");
      for (char& c : flag) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    found.insert(flag);
  }
  return found;
}

}  // namespace

class ManualTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ManualTest);
  CPPUNIT_TEST(namesEveryCommandAndFlag);
  CPPUNIT_TEST(flagsInTextsExist);
  CPPUNIT_TEST(isFreeOfMistakesInMarkup);
  CPPUNIT_TEST(completionOffersEveryCommand);
  CPPUNIT_TEST(completionOffersEveryFlag);
  CPPUNIT_TEST(completionOffersEveryValue);
  CPPUNIT_TEST(completionAsksTheRegistry);
  CPPUNIT_TEST(completionLeavesHostileNamesOut);
  CPPUNIT_TEST_SUITE_END();

 public:
  void namesEveryCommandAndFlag() {
    std::string page = contentOf(kBuilt + "man/evmicro.1");
    page.erase(std::remove(page.begin(), page.end(), '\\'), page.end());
    for (const tool::Command& command : tool::commands()) {
      const bool found = page.find("\nfB" + command.name + "fR") != std::string::npos;
      CPPUNIT_ASSERT_MESSAGE("no entry for " + command.name, found);
      for (const std::string& flag : ownFlags(command.name)) assertHas(page, flag);
    }
    for (const std::string& flag : globalFlags()) assertHas(page, flag);
    ServiceOptions options;
    for (const detail::FlagSpec& flag : detail::clientFlags(options)) {
      for (const std::string& name : flag.choices) {
        CPPUNIT_ASSERT_MESSAGE("nothing about " + name, page.find(name) != std::string::npos);
      }
    }
  }

  void flagsInTextsExist() {
    const std::set<std::string> flags = allFlags();
    std::size_t named = 0;
    for (const std::string& path : texts()) {
      for (const std::string& flag : flagsIn(contentOf(path))) {
        ++named;
        CPPUNIT_ASSERT_MESSAGE(path + " names " + flag, flags.count(flag) == 1);
      }
    }
    CPPUNIT_ASSERT(named > 100);
  }

  void isFreeOfMistakesInMarkup() {
    for (const char* const page :
         {"evmicro.1", "protoc-gen-evmicro.1", "evmicro.3", "evmicro.5", "evmicro.7"}) {
      const Finished end =
          test::run({"/usr/bin/groff", "-man", "-Tutf8", "-ww", "-z", kBuilt + "man/" + page});
      CPPUNIT_ASSERT_EQUAL(std::string(), end.err);
      CPPUNIT_ASSERT_EQUAL(0, end.code);
    }
  }

  void completionOffersEveryCommand() {
    std::set<std::string> first;
    for (const tool::Command& command : tool::commands()) {
      const Words words = split(command.name);
      first.insert(words[0]);
      if (words.size() == 2) assertOffers({words[1]}, {words[0], ""});
    }
    first.insert("registry");
    assertOffers(first, {""});
    assertOffers({"deregister", "get", "list", "register"}, {"registry", ""});
    assertOffers({"services"}, {"registry", "list", ""});
    assertOffers({"sidecar", "stats", "stream", "subscribe"}, {"s"});
    assertOffers({"stream"}, {"--log_level", "off", "str"});
    assertOffers({"stream"}, {"--log_level", "=", "off", "str"});
  }

  void completionOffersEveryFlag() {
    for (const tool::Command& command : tool::commands()) {
      std::set<std::string> flags = globalFlags();
      flags.merge(ownFlags(command.name));
      Words line = split(command.name);
      line.push_back("-");
      assertOffers(flags, line);
    }
    std::set<std::string> global = globalFlags();
    global.insert("--version");
    assertOffers(global, {"-"});
  }

  void completionOffersEveryValue() {
    ServiceOptions options;
    int flags = 0;
    for (const detail::FlagSpec& flag : detail::clientFlags(options)) {
      if (flag.choices.empty()) continue;
      ++flags;
      const std::set<std::string> values = asSet(flag.choices);
      assertOffers(values, {"--" + flag.name, ""});
      assertOffers(values, {"--" + flag.name, "="});
      assertOffers(values, {"--" + flag.name, "=", ""});
      assertOffers(values, {"query", "--" + flag.name, ""});
    }
    CPPUNIT_ASSERT_EQUAL(8, flags);
    assertOffers({"roundrobin"}, {"--selector", "ro"});
  }

  void completionAsksTheRegistry() {
    test::AgentProcess agent;
    test::ServiceProcess greeter("greeter", agent.address());
    const std::size_t colon = agent.address().find(':');
    // As bash takes `--registry_address=127.0.0.1:8500` apart.
    const Words registry = {"--registry_address", "=", agent.address().substr(0, colon), ":",
                            agent.address().substr(colon + 1)};
    for (const char* const command : {"health", "query"}) {
      Words line = registry;
      line.insert(line.end(), {command, "gr"});
      assertOffers({"greeter"}, line);
    }
    Words line = registry;
    line.insert(line.end(), {"query", "greeter", ""});
    assertOffers({"Greeter.Hello"}, line);
  }

  // Whoever may register a name must not run programs in other people's shells.
  void completionLeavesHostileNamesOut() {
    test::AgentProcess agent;
    for (const char* const name : {"$(touch hacked)", "`touch hacked`", "a;b", "good"}) {
      const Finished end = test::evmicro(
          agent.address(), {"register", "service",
                            R"({"name":")" + std::string(name) + R"(","nodes":[{"id":"1)" + name +
                                R"(","address":"10.0.0.1","port":1}]})"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    }
    assertOffers({"consul", "good"}, {"--registry_address", agent.address(), "health", ""});
    CPPUNIT_ASSERT(!std::ifstream("hacked").good());
  }

 private:
  static void assertHas(const std::string& page, const std::string& flag) {
    CPPUNIT_ASSERT_MESSAGE("no entry for " + flag,
                           page.find(flag + "\"") != std::string::npos ||
                               page.find(flag + "\n") != std::string::npos ||
                               page.find(flag + " ") != std::string::npos);
  }

  // What bash would offer when the tabulator is hit at the end of `line`.
  static void assertOffers(const std::set<std::string>& expected, const Words& line) {
    const std::string script =
        "source " + kBuilt +
        "tool/evmicro && COMP_WORDS=(" TEST_BUILD_DIR
        "/evmicro \"$@\") && COMP_CWORD=$# && _evmicro && printf '%s\\n' \"${COMPREPLY[@]}\"";
    Words command = {"/bin/bash", "-c", script, "bash"};
    command.insert(command.end(), line.begin(), line.end());
    const Finished end = test::run(command);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.err);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(line.back(), joined(expected), joined(asSet(split(end.out))));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ManualTest);

}  // namespace evmicro
