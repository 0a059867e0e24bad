#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>

namespace sql {

/// One statement; its parameters are `$1`, `$2`, ... .
struct Statement {
  std::string text;
  std::vector<std::string> parameters{};
};

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

  /// Runs one statement. `done` runs once, in a later turn: with kInvalid and code 409 if a value
  /// must be unique and is not; kUnavailable: the database was not reached, or cannot do it for
  /// now (its disk is full, it is read-only), and nothing has changed; kTimeout: it has not
  /// answered in time; kOverloaded: too many statements wait; kInternal: anything else, also a
  /// connection that broke before the answer.
  void run(std::string text, std::vector<std::string> parameters, Done done) {
    runAll({{std::move(text), std::move(parameters)}}, std::move(done));
  }

  /// The same for statements that take effect together or not at all. `done` gets what the first
  /// has given. @pre not empty
  virtual void runAll(std::vector<Statement> statements, Done done) = 0;

  /// For the end of a select, in one of several statements or in an insert: its rows stay as they
  /// are until all have taken effect, and what others are changing is waited for. Empty: that is so
  /// in any case, because one writes at a time.
  virtual const char* locking() const noexcept = 0;
};

/// By an address: `postgres://user:password@host/database`, with anything else that libpq
/// understands, or `sqlite:FILE`. `schema` makes the tables that are missing; it runs before
/// anything else on each new connection. kInvalid: the address is neither, or the file cannot be
/// used. A PostgreSQL server that cannot be reached is no error here: it is tried again and again.
/// A file that is removed or replaced later is opened again as soon as there is one. `loop` must
/// outlive it.
evmicro::Result<std::unique_ptr<Database>> openDatabase(evmicro::EventLoop& loop,
                                                        const std::string& url,
                                                        std::vector<std::string> schema);

evmicro::Result<std::unique_ptr<Database>> openPostgres(evmicro::EventLoop& loop,
                                                        const std::string& url,
                                                        std::vector<std::string> schema);
evmicro::Result<std::unique_ptr<Database>> openSqlite(evmicro::EventLoop& loop,
                                                      const std::string& file,
                                                      std::vector<std::string> schema);

}  // namespace sql
