#include "support/consul_server.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "support/http_get.h"
#include "support/ports.h"
#include "support/skip.h"

namespace evmicro::test {

using namespace std::chrono_literals;

ConsulServer::ConsulServer() : ports_(freePorts(3)) {
  const char* const program = std::getenv("EVMICRO_CONSUL");
  if (!program || !*program) {
    skip("no Consul: EVMICRO_CONSUL must name the program, see tests/support/get-consul");
  }
  program_ = program;
  start();
}

std::string ConsulServer::address() const { return "127.0.0.1:" + std::to_string(ports_[0]); }

void ConsulServer::start() {
  const auto port = [this](std::size_t i) { return std::to_string(ports_[i]); };
  // Quiet: nobody reads what it prints, and a full pipe would stop it.
  process_ = std::make_unique<Process>(std::vector<std::string>{
      program_, "agent", "-dev", "-node=dev", "-log-level=err", "-bind=127.0.0.1",
      "-client=127.0.0.1", "-http-port=" + port(0), "-server-port=" + port(1),
      "-serf-lan-port=" + port(2), "-serf-wan-port=-1", "-grpc-port=-1", "-dns-port=-1"});
  const auto deadline = std::chrono::steady_clock::now() + Process::kPatience;
  while (!ready()) {
    if (!process_->running() || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("Consul does not come up: " + process_->report());
    }
    std::this_thread::sleep_for(10ms);
  }
}

// It has a leader, and itself in the catalogue: what is registered from now on stays.
bool ConsulServer::ready() const {
  const auto answer = httpExchange(address(), "GET", "/v1/health/node/dev", {}, 1s);
  return answer && answer->status == 200 && answer->body.find("serfHealth") != std::string::npos;
}

void ConsulServer::kill() { process_.reset(); }
void ConsulServer::freeze() { process_->signal(SIGSTOP); }
void ConsulServer::thaw() { process_->signal(SIGCONT); }

}  // namespace evmicro::test
