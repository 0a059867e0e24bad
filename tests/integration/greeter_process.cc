#include "integration/greeter_process.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "support/http_get.h"

namespace evmicro::test {

namespace {

const std::string kExamples = TEST_BUILD_DIR "/examples/";

std::vector<std::string> commandOf(const std::string& program, const std::string& registry,
                                   const std::vector<std::string>& flags) {
  std::vector<std::string> command = {kExamples + program, "--registry_address", registry};
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

std::vector<std::string> with(std::vector<std::string> flags,
                              const std::vector<std::string>& more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

// The value of a header, "" without it; `name` in lower case.
std::string headerOf(const std::string& head, const std::string& name) {
  std::string lower;
  for (const char c : head) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::size_t at = lower.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t start = at + name.size() + 4;
  return lower.substr(start, lower.find('\r', start) - start);
}

}  // namespace

ServiceProcess::ServiceProcess(const std::string& program, const std::string& registry,
                               const std::vector<std::string>& flags, ProcessOptions options)
    : process_(commandOf(program, registry, with({"--server_address", "127.0.0.1:0"}, flags)),
               std::move(options)) {
  const auto address = process_.printsLine("Listening on ");
  const auto node = process_.printsLine("Registering node: ");
  if (!address || !node) throw std::runtime_error("no service: " + process_.report());
  address_ = *address;
  nodeId_ = *node;
  const std::string service = nodeId_.substr(0, nodeId_.find('-'));  // no example has one in it
  awaitRegistry(registry, "/v1/health/service/" + service + "?passing=1",
                [this](const std::string& body) {
                  return body.find("\"" + nodeId_ + "\"") != std::string::npos;
                });
}

Finished runClient(const std::string& program, const std::string& registry,
                   const std::vector<std::string>& flags) {
  return run(commandOf(program, registry, with({"--client"}, flags)));
}

std::string awaitRegistry(const std::string& registry, const std::string& path,
                          const std::function<bool(const std::string&)>& accept) {
  const auto limit = std::chrono::steady_clock::now() + Process::kPatience;
  const std::string separator = path.find('?') == std::string::npos ? "?" : "&";
  std::string index;
  std::string last = "nothing";
  while (std::chrono::steady_clock::now() < limit) {
    const std::string wait = index.empty() ? "" : separator + "wait=2s&index=" + index;
    const auto answer = httpGet(registry, path + wait);
    if (!answer || answer->status != 200) break;
    if (accept(answer->body)) return answer->body;
    last = answer->body;
    index = headerOf(answer->head, "x-consul-index");
  }
  throw std::runtime_error(registry + path + ": not what was waited for: " + last);
}

}  // namespace evmicro::test
