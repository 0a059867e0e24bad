#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/process.h"

namespace evmicro::test {

/// A real Consul of the test's own: one server on free ports of 127.0.0.1, its node called `dev`.
class ConsulServer {
 public:
  /// Starts it, with `flags` beside its own, and waits until it serves. What it knows is kept in
  /// `dataFolder`, or in memory when that is empty. Skips the case when there is no program().
  explicit ConsulServer(std::string dataFolder = {}, std::vector<std::string> flags = {});

  /// `127.0.0.1:port` of its HTTP API. The same after a restart.
  std::string address() const;

  /// The one that cases share which leave it running: starting a Consul costs a second.
  static ConsulServer& shared();

  /// The program that $EVMICRO_CONSUL names (tests/support/get-consul fetches one). Skips the case
  /// when it names none.
  static std::string program();

  /// Deregisters all services.
  void forgetServices();

  /// Ends it at once; what it knew in memory is gone.
  void kill();
  /// Starts it anew on the same ports and waits until it serves. @pre not running
  void start();
  /// Stops and continues the process: connections stay, nothing answers.
  void freeze();
  void thaw();

 private:
  const std::string dataFolder_;
  const std::vector<std::string> flags_;
  std::vector<int> ports_;
  std::unique_ptr<Process> process_;
};

}  // namespace evmicro::test
