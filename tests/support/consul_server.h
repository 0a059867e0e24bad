#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/process.h"

namespace evmicro::test {

/// A real Consul of the test's own: one server, in memory, on free ports of 127.0.0.1.
class ConsulServer {
 public:
  /// Starts it and waits until it serves. Skips the case when there is no Consul: the environment
  /// variable EVMICRO_CONSUL names the program (tests/support/get-consul fetches one).
  ConsulServer();

  /// `127.0.0.1:port` of its HTTP API. The same after a restart.
  std::string address() const;

  /// Ends it at once; all it knew is gone.
  void kill();
  /// Starts it anew on the same ports and waits until it serves. @pre not running
  void start();
  /// Stops and continues the process: connections stay, nothing answers.
  void freeze();
  void thaw();

 private:
  bool ready() const;

  std::string program_;
  std::vector<int> ports_;
  std::unique_ptr<Process> process_;
};

}  // namespace evmicro::test
