#include <evmicro/conformance/skip.h>

#include "support/consul_server.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

#include "http/url.h"
#include "json/jansson.h"
#include "support/http_get.h"
#include "support/ports.h"
#include "support/registry_query.h"

namespace evmicro::test {

namespace {

auto contains(const char* text) {
  return [text](const std::string& body) { return body.find(text) != std::string::npos; };
}

}  // namespace

std::string ConsulServer::program() {
  const char* const path = std::getenv("EVMICRO_CONSUL");
  if (!path || !*path) {
    skip("no Consul: EVMICRO_CONSUL must name the program, see tests/support/get-consul");
  }
  return path;
}

ConsulServer::ConsulServer(std::string dataFolder, std::vector<std::string> flags)
    : dataFolder_(std::move(dataFolder)), flags_(std::move(flags)), ports_(freePorts(3)) {
  start();
}

ConsulServer& ConsulServer::shared() {
  static ConsulServer consul;
  return consul;
}

void ConsulServer::forgetServices() {
  const auto answer = httpGet(address(), "/v1/agent/services");
  const auto services = detail::readJson(answer.value().body);
  const char* id = nullptr;
  json_t* service = nullptr;
  json_object_foreach(services->get(), id, service) {
    const std::string path = "/v1/agent/service/deregister/" + detail::pathSegment(id);
    CPPUNIT_ASSERT_EQUAL(200, httpExchange(address(), "PUT", path)->status);
  }
}

std::string ConsulServer::address() const { return "127.0.0.1:" + std::to_string(ports_[0]); }

void ConsulServer::start() {
  const auto port = [this](std::size_t i) { return std::to_string(ports_[i]); };
  // Quiet: nobody reads what it prints, and a full pipe would stop it.
  std::vector<std::string> command = {program(),
                                      "agent",
                                      "-node=dev",
                                      "-log-level=err",
                                      "-bind=127.0.0.1",
                                      "-client=127.0.0.1",
                                      "-http-port=" + port(0),
                                      "-server-port=" + port(1),
                                      "-serf-lan-port=" + port(2),
                                      "-serf-wan-port=-1",
                                      "-grpc-port=-1",
                                      "-dns-port=-1"};
  const std::vector<std::string> keeping = {"-server", "-bootstrap-expect=1",
                                            "-data-dir=" + dataFolder_,
                                            "-hcl=performance { raft_multiplier = 1 }"};
  const std::vector<std::string> forgetting = {"-dev"};
  const auto& kind = dataFolder_.empty() ? forgetting : keeping;
  command.insert(command.end(), kind.begin(), kind.end());
  command.insert(command.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<Process>(command);
  if (!process_->prints("Consul agent running!")) {
    throw std::runtime_error("Consul does not come up: " + process_->report());
  }
  // It has a leader, and what a starting Consul enters last: what is registered from now on stays.
  awaitRegistry(address(), "/v1/health/node/dev", contains("serfHealth"));
  awaitRegistry(address(), "/v1/catalog/nodes", contains("consul-network-segment"));
}

void ConsulServer::kill() { process_.reset(); }
void ConsulServer::freeze() { process_->freeze(); }
void ConsulServer::thaw() { process_->thaw(); }

}  // namespace evmicro::test
