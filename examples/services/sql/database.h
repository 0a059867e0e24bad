#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>

namespace sql {

/// What a statement has given.
struct Rows {
  std::vector<std::vector<std::string>> rows;  ///< as text; NULL is empty
  long long affected = 0;                      ///< by insert, update, delete
};

/// Runs SQL without keeping the loop waiting.
class Database {
 public:
  using Done = std::function<void(evmicro::Result<Rows>)>;

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  /// No callback runs afterwards.
  virtual ~Database() = default;

  /// Runs one statement, whose parameters are `$1`, `$2`, ... . `done` runs once, in a later turn:
  /// with kInvalid and code 409 if a value must be unique and is not; kUnavailable: the database
  /// was not reached, and nothing ran; kOverloaded: too many statements wait; kInternal: anything
  /// else, also a connection that broke before the answer.
  virtual void run(std::string sql, std::vector<std::string> parameters, Done done) = 0;
};

/// By an address: `postgres://user:password@host/database`, with anything else that libpq
/// understands, or `sqlite:FILE`. kInvalid: it is neither. A PostgreSQL server that cannot be
/// reached is no error here: it is tried again and again. `loop` must outlive it.
evmicro::Result<std::unique_ptr<Database>> openDatabase(evmicro::EventLoop& loop,
                                                        const std::string& url);

std::unique_ptr<Database> openPostgres(evmicro::EventLoop& loop, const std::string& url);
evmicro::Result<std::unique_ptr<Database>> openSqlite(evmicro::EventLoop& loop,
                                                      const std::string& file);

}  // namespace sql
