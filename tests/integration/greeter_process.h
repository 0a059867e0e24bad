#pragma once

#include <string>
#include <vector>

#include "support/process.h"

namespace evmicro::test {

/// One of the built example programs, as a service on a port of 127.0.0.1 that the system chose.
class ServiceProcess {
 public:
  /// Starts `examples/program` with `flags` and waits until the registry at `registry` gives its
  /// node to those who look for healthy ones. Throws when it does not come so far.
  ServiceProcess(const std::string& program, const std::string& registry,
                 const std::vector<std::string>& flags = {}, ProcessOptions options = {});

  /// `127.0.0.1:port`
  const std::string& address() const noexcept { return address_; }
  /// `greeter-<uuid>`
  const std::string& nodeId() const noexcept { return nodeId_; }
  Process& process() noexcept { return process_; }

 private:
  Process process_;
  std::string address_;
  std::string nodeId_;
};

/// Runs `examples/program --client` with `flags`.
Finished runClient(const std::string& program, const std::string& registry,
                   const std::vector<std::string>& flags = {});

}  // namespace evmicro::test
