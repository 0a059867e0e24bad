#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temporary_folder.h"

namespace evmicro::test {

/// A real PostgreSQL of the test's own, on a free port of 127.0.0.1, in a folder of its own.
class PostgresServer {
 public:
  /// Starts it and waits until it serves. Skips the case when there is none.
  PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  /// `postgres://user@127.0.0.1:port/postgres`. The same after a restart.
  const std::string& url() const noexcept { return url_; }

  /// Ends it at once.
  void kill();
  /// Starts it (anew) and waits until it serves. @pre not running
  void start();
  /// Runs statements; what they print, without decoration.
  std::string sql(const std::string& statements) const;

 private:
  /// As a user who is not root, which PostgreSQL refuses to run as.
  std::vector<std::string> command(const std::string& program,
                                   const std::vector<std::string>& arguments) const;

  std::string port_;
  std::string url_;
  TemporaryFolder folder_;
  std::unique_ptr<Process> process_;
};

}  // namespace evmicro::test
