#include <evmicro/conformance/skip.h>

#include "support/nats_server.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include <unistd.h>

#include "support/ports.h"

namespace evmicro::test {

namespace {

std::string program() {
  for (const char* path : {"/usr/sbin/nats-server", "/usr/bin/nats-server"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  skip("no NATS: apt-get install nats-server");
}

}  // namespace

NatsServer::NatsServer(std::vector<std::string> flags)
    : address_(freeAddress()), flags_(std::move(flags)) {
  start();
}

void NatsServer::start() {
  const std::string port = address_.substr(address_.find(':') + 1);
  std::vector<std::string> command = {program(), "--addr", "127.0.0.1", "--port", port};
  command.insert(command.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<Process>(command);
  if (!process_->prints("Server is ready")) {
    throw std::runtime_error("nats-server does not come up: " + process_->report());
  }
}

void NatsServer::kill() { process_.reset(); }
void NatsServer::freeze() { process_->freeze(); }
void NatsServer::thaw() { process_->thaw(); }

}  // namespace evmicro::test
