#pragma once

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
  pid_t pid() const noexcept { return process_.pid(); }

 private:
  Process process_;
  std::string address_;
};

}  // namespace evmicro::test
