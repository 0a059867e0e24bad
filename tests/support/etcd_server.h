#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/process.h"

namespace evmicro::test {

/// A real etcd of the test's own: one member on free ports of 127.0.0.1, its data in a folder that
/// goes with it. Time passes quickly for it: leases of one second are granted.
class EtcdServer {
 public:
  enum class Wire { kPlain, kTls };
  /// The tokens that it gives users: JWT is what clusters of several members use.
  enum class Tokens { kSimple, kJwt };

  /// Starts it and waits until it serves. Skips the case when there is no etcd.
  explicit EtcdServer(Wire wire = Wire::kPlain, Tokens tokens = Tokens::kSimple);
  EtcdServer(const EtcdServer&) = delete;
  EtcdServer& operator=(const EtcdServer&) = delete;
  ~EtcdServer();

  /// `127.0.0.1:port` of its API. The same after a restart.
  std::string address() const;
  /// The file of the certificate that it has made itself, for Wire::kTls.
  std::string certificate() const;

  /// Ends it at once; what it knew stays in its folder.
  void kill();
  /// Forgets everything. @pre not running
  void wipe();
  /// Keeps a copy of what it knows, and goes back to that. @pre not running
  void save();
  void restore();
  /// Starts it anew on the same ports and waits until it serves. @pre not running
  void start();
  /// Stops and continues the process: connections stay, nothing answers.
  void freeze();
  void thaw();

  /// The body of its answer to POST `path`; throws when that is no 200.
  std::string post(const std::string& path, const std::string& body) const;

 private:
  const Wire wire_;
  const Tokens tokens_;
  std::string folder_;
  std::vector<int> ports_;
  std::unique_ptr<Process> process_;
};

}  // namespace evmicro::test
