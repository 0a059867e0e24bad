// `evmicro agent`: a registry for development and tests.
#include <memory>
#include <string>

#include "agent/run_agent.h"
#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/output.h"

namespace evmicro::tool {

namespace {

struct AgentFlags {
  std::string address = "127.0.0.1:8500";
  detail::AgentOptions options;
  TlsOptions tls;
};

}  // namespace

Action defineAgent(Arguments& arguments) {
  arguments.describe(
      "Run a registry for development and tests: in memory, a single node, with the part of "
      "Consul's HTTP API that services use");
  const auto flags = std::make_shared<AgentFlags>();  // shared by the parser and the action
  arguments.addFlag("--address", "ADDRESS", flags->address,
                    "Listen on HOST:PORT, port 0: the system chooses, or unix:///PATH");
  arguments.addFlag("--node", "NAME", flags->options.nodeName,
                    "Name of the node (default: the host's name)");
  arguments.addFlag("--datacenter", "NAME", flags->options.datacenter, "Name of the datacenter");
  arguments.addFlag("--tls_cert", "FILE", flags->tls.certificate,
                    "Speak TLS with this certificate (PEM)");
  arguments.addFlag("--tls_key", "FILE", flags->tls.key, "Private key of that certificate (PEM)");
  return [flags](const ServiceOptions&) {
    if (!flags->tls.certificate.empty() || !flags->tls.key.empty()) {
      flags->options.tls = std::make_shared<const TlsOptions>(flags->tls);
    }
    const Status status = detail::runAgent(flags->address, flags->options);
    return status.ok() ? kDone : fail(status);
  };
}

}  // namespace evmicro::tool
