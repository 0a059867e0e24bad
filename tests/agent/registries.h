#pragma once

#include <memory>
#include <string>

#include "support/process.h"

namespace evmicro::test {

/// `evmicro agent` as a process of its own, its node called `dev`.
class AgentProcess {
 public:
  /// Throws when it does not start.
  AgentProcess();
  /// `127.0.0.1:port`
  const std::string& address() const noexcept { return address_; }

 private:
  std::unique_ptr<Process> process_;
  std::string address_;
};

/// A real Consul server in development mode, its node called `dev`.
class ConsulProcess {
 public:
  /// Skips the test when there is no Consul; throws when it does not start.
  ConsulProcess();
  /// `127.0.0.1:port`
  const std::string& address() const noexcept { return address_; }
  /// The program that $EVMICRO_CONSUL names. Skips the test when it names none.
  static std::string program();

 private:
  std::string address_;
  std::unique_ptr<Process> process_;
};

}  // namespace evmicro::test
