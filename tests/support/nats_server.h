#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/process.h"

namespace evmicro::test {

/// A real nats-server of the test's own, on a free port of 127.0.0.1.
class NatsServer {
 public:
  /// Starts it, with `flags` beside its own, and waits until it serves. Skips the case when there
  /// is no nats-server.
  explicit NatsServer(std::vector<std::string> flags = {});

  /// `127.0.0.1:port`. The same after a restart.
  const std::string& address() const noexcept { return address_; }

  /// Ends it at once.
  void kill();
  /// Starts it (anew) and waits until it serves. @pre not running
  void start();
  /// Stops and continues the process: connections stay, nothing answers.
  void freeze();
  void thaw();

 private:
  std::string address_;
  const std::vector<std::string> flags_;
  std::unique_ptr<Process> process_;
};

}  // namespace evmicro::test
