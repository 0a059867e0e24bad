#pragma once

#include <cstdio>
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
  friend class PostgresTransaction;
  /// As a user who is not root, which PostgreSQL refuses to run as.
  std::vector<std::string> command(const std::string& program,
                                   const std::vector<std::string>& arguments) const;

  std::string port_;
  std::string url_;
  TemporaryFolder folder_;
  std::unique_ptr<Process> process_;
};

/// A transaction of another client, which stays open while the test goes on.
class PostgresTransaction {
 public:
  /// Begins it and runs `statements`: they have been carried out afterwards. `server` must outlive
  /// it.
  PostgresTransaction(const PostgresServer& server, const std::string& statements);
  PostgresTransaction(const PostgresTransaction&) = delete;
  PostgresTransaction& operator=(const PostgresTransaction&) = delete;
  /// Waits for the commit, or rolls back.
  ~PostgresTransaction();

  /// From now on it waits by itself until another client waits for what is locked here (20 s at
  /// most), runs `statements` and commits.
  void commitOnceAwaited(const std::string& statements = "select");

 private:
  std::FILE* client_;
};

}  // namespace evmicro::test
