#include "tool/walk.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

#include "support/registry_query.h"
#include "support/reported.h"

namespace evmicro::test {

namespace {

namespace files = std::filesystem;

void replaceAll(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

bool beginsWith(const std::string& text, const std::string& begin) {
  return text.rfind(begin, 0) == 0;
}

bool endsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// What listens at a port that the READMEs name, and how it is told another one.
struct Named {
  const char* begin;  // of the command
  const char* address;
  const char* anyPort;  // added to the command
};
constexpr Named kNamed[] = {
    {"./evmicro api", "127.0.0.1:8080", " --api_address 127.0.0.1:0"},
    {"./evmicro sidecar", "127.0.0.1:8081", " --sidecar_address 127.0.0.1:0"},
    {"./evmicro web", "127.0.0.1:8082", " --web_address 127.0.0.1:0"},
    {"python3 ../examples/services/web-api/recorded.py", "127.0.0.1:8070", " 0"},
};

}  // namespace

Walk::Walk(std::vector<std::string> environment) : environment_(std::move(environment)) {
  const files::path build = folder_.path() + "/build";
  files::create_directory(build);
  files::create_directory_symlink(files::absolute(TEST_SOURCE_DIR "/../examples"),
                                  folder_.path() + "/examples");
  files::create_directory_symlink(files::absolute(TEST_BUILD_DIR "/examples"), build / "examples");
  files::create_symlink(files::absolute(TEST_BUILD_DIR "/evmicro"), build / "evmicro");
}

std::vector<std::string> Walk::commandsBelow(const std::string& file, const std::string& heading) {
  std::ifstream source(TEST_SOURCE_DIR "/../" + file);
  const std::string text{std::istreambuf_iterator<char>(source), {}};
  const std::size_t section = text.find("\n" + heading + "\n");
  CPPUNIT_ASSERT_MESSAGE("no section " + heading, section != std::string::npos);
  std::istringstream lines(text.substr(section, text.find("\n## ", section + 1) - section));
  std::vector<std::string> commands;
  bool inBlock = false;
  bool plain = false;
  std::string begun;
  for (std::string line; std::getline(lines, line);) {
    if (beginsWith(line, "```")) {
      inBlock = !inBlock;
      plain = inBlock && line == "```";
    } else if (plain && endsWith(line, "\\")) {
      begun += line.substr(0, line.size() - 1);
    } else if (plain) {
      commands.push_back(std::exchange(begun, "") + line);
    }
  }
  return commands;
}

Walk::Printing Walk::firstIn(const std::string& file) {
  std::ifstream lines(TEST_SOURCE_DIR "/../" + file);
  Printing found;
  bool printed = false;
  for (std::string line; std::getline(lines, line);) {
    const bool isCode = beginsWith(line, "    ");
    if (line == "prints") {
      printed = true;
    } else if (isCode && printed) {
      found.output += line.substr(4) + "\n";
    } else if (isCode) {
      found.commands.push_back(line.substr(4));
    } else if (!line.empty() && !found.output.empty()) {
      break;
    }
  }
  CPPUNIT_ASSERT_MESSAGE(file, !found.commands.empty() && !found.output.empty());
  for (std::string& command : found.commands) {
    replaceAll(command, "python3 examples/", "python3 ../examples/");
    replaceAll(command, "build/evmicro", "./evmicro");
    replaceAll(command, "build/examples/", "examples/");
  }
  return found;
}

void Walk::run(const std::vector<std::string>& commands) {
  for (const std::string& command : commands) {
    if (endsWith(command, " &")) {
      start(command.substr(0, command.size() - 2));
    } else {
      runOne(command);
    }
  }
}

void Walk::end() {
  for (auto process = started_.rbegin(); process != started_.rend(); ++process) {
    (*process)->signal(SIGTERM);
    ASSERT_REPORTED((*process)->report(), (*process)->wait() == 0);
  }
  started_.clear();
}

ProcessOptions Walk::options() const {
  ProcessOptions options;
  options.directory = folder_.path() + "/build";
  options.environment = environment_;
  options.environment.push_back("MICRO_REGISTRY_ADDRESS=" + registry_);
  return options;
}

std::string Walk::here(std::string command) const {
  for (const auto& [named, own] : addresses_) replaceAll(command, named, own);
  replaceAll(command, "/tmp/", folder_.path() + "/");
  return command;
}

void Walk::start(std::string command) {
  const bool isRegistry = beginsWith(command, "./evmicro agent");
  const bool isPython = beginsWith(command, "python3 ");
  const Named* named = nullptr;
  for (const Named& each : kNamed) {
    if (beginsWith(command, each.begin)) named = &each;
  }
  if (named) command += named->anyPort;
  if (isRegistry) command += " --address 127.0.0.1:0";
  if (command.find("sidecar_server") != std::string::npos) {
    command += " --port 0 --sidecar http://127.0.0.1:8081";
  }
  if (beginsWith(command, "examples/") && command.find("--server_address") == std::string::npos) {
    command += " --server_address 127.0.0.1:0";
  }
  started_.push_back(std::make_unique<Process>(
      std::vector<std::string>{"/bin/sh", "-c", "exec " + here(command)}, options()));
  Process& process = *started_.back();
  auto address = process.printsLine("Listening on ");
  ASSERT_REPORTED(process.report(), address);
  address->resize(std::min(address->find(','), address->size()));
  if (isRegistry) registry_ = *address;
  if (named) addresses_[named->address] = *address;
  if (isPython && !named) ASSERT_REPORTED(process.report(), process.prints("Registered "));
  if (isRegistry || isPython) return;
  const auto node = process.printsLine("Registering node: ");
  ASSERT_REPORTED(process.report(), node);
  awaitRegistry(registry_, "/v1/health/service/" + node->substr(0, node->find('-')) + "?passing=1",
                [](const std::string& body) { return !beginsWith(body, "[]"); });
}

std::string Walk::outputOf(const std::string& line) {
  const std::string command = here(line);
  const Finished end = test::run(
      {"/bin/bash", "-c", "set -o pipefail\ncurl() { command curl -sSf \"$@\"; }\n" + command},
      options());
  CPPUNIT_ASSERT_EQUAL_MESSAGE(command + "\n" + end.out + end.err, 0, end.code);
  return end.out;
}

void Walk::runOne(const std::string& line) {
  const std::size_t comment = line.find("  # ");
  const std::string command = line.substr(0, comment);
  std::string out = outputOf(command);
  if (comment == std::string::npos) return;
  ++compared_;
  while (endsWith(out, "\n")) out.pop_back();
  CPPUNIT_ASSERT_EQUAL_MESSAGE(command, line.substr(comment + 4), out);
}

}  // namespace evmicro::test
