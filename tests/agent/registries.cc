#include "agent/registries.h"

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include <poll.h>

#include "support/http_get.h"
#include "support/ports.h"
#include "support/skip.h"

namespace evmicro::test {

AgentProcess::AgentProcess()
    : process_(std::make_unique<Process>(std::vector<std::string>{
          TEST_BUILD_DIR "/evmicro", "agent", "--address", "127.0.0.1:0", "--node", "dev"})) {
  const std::string line = "Listening on ";
  if (!process_->prints(line) || !process_->prints("\n")) {
    throw std::runtime_error("no agent: " + process_->report());
  }
  const std::string& text = process_->err();
  const std::size_t at = text.find(line) + line.size();
  address_ = text.substr(at, text.find('\n', at) - at);
}

std::string ConsulProcess::program() {
  const char* path = std::getenv("EVMICRO_CONSUL");
  if (!path || *path == '\0') {
    skip("needs a Consul: EVMICRO_CONSUL=$(tests/support/get-consul) names one");
  }
  return path;
}

ConsulProcess::ConsulProcess() {
  const std::vector<int> ports = freePorts(4);
  const auto port = [&ports](std::size_t i) { return std::to_string(ports[i]); };
  process_ = std::make_unique<Process>(std::vector<std::string>{
      program(),   "agent",          "-dev",  "-node",        "dev",   "-bind",
      "127.0.0.1", "-http-port",     port(0), "-server-port", port(1), "-serf-lan-port",
      port(2),     "-serf-wan-port", port(3), "-dns-port",    "-1",    "-grpc-port",
      "-1",        "-log-level",     "warn"});
  address_ = "127.0.0.1:" + port(0);
  const auto limit = std::chrono::steady_clock::now() + Process::kPatience;
  const auto ready = [this] {
    try {
      // The node's own metadata is the last thing that a starting Consul enters.
      const auto answer = httpGet(address_, "/v1/catalog/nodes");
      return answer && answer->body.find("consul-network-segment") != std::string::npos;
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  while (!ready()) {
    if (!process_->running() || std::chrono::steady_clock::now() > limit) {
      throw std::runtime_error("no consul: " + process_->report());
    }
    ::poll(nullptr, 0, 20);  // another program starts: there is nothing to wait on
  }
}

}  // namespace evmicro::test
