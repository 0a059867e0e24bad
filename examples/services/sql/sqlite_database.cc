#include <sqlite3.h>

#include <utility>

#include <evmicro/lifetime.h>
#include <evmicro/offload.h>

#include "database.h"

namespace sql {

namespace {

using evmicro::Status;

constexpr std::size_t kMostWaiting = 1'000;

struct Close {
  void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

Status errorOf(sqlite3* handle) {
  const std::string text = std::string("database: ") + sqlite3_errmsg(handle);
  const int code = sqlite3_extended_errcode(handle);
  const bool taken = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
  return taken ? Status(evmicro::ErrorKind::kInvalid, 409, {}, text) : Status::internal(text);
}

evmicro::Result<Rows> runNow(sqlite3* handle, const std::string& sql,
                             const std::vector<std::string>& parameters) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &made, nullptr) != SQLITE_OK) {
    return errorOf(handle);
  }
  const Statement statement(made);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = "$" + std::to_string(i + 1);
    const int at = sqlite3_bind_parameter_index(made, name.c_str());
    const std::string& value = parameters[i];
    if (sqlite3_bind_text64(made, at, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) !=
        SQLITE_OK) {
      return errorOf(handle);
    }
  }
  Rows rows;
  int step = 0;
  while ((step = sqlite3_step(made)) == SQLITE_ROW) {
    std::vector<std::string>& row = rows.rows.emplace_back();
    for (int column = 0; column < sqlite3_column_count(made); ++column) {
      const auto* text = sqlite3_column_blob(made, column);
      const int size = sqlite3_column_bytes(made, column);
      row.emplace_back(static_cast<const char*>(text), static_cast<std::size_t>(size));
    }
  }
  if (step != SQLITE_DONE) return errorOf(handle);
  rows.affected = sqlite3_changes64(handle);
  return rows;
}

// One thread, to which the connection belongs: a commit may wait for the disk.
class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(evmicro::EventLoop& loop, Handle handle)
      : handle_(std::move(handle)), thread_(loop, {1, kMostWaiting}) {}

  void run(std::string sql, std::vector<std::string> parameters, Done done) override {
    thread_.run([handle = handle_.get(), sql = std::move(sql),
                 parameters = std::move(parameters)] { return runNow(handle, sql, parameters); },
                lifetime_.guard([done = std::move(done)](evmicro::Result<Rows> result) {
                  const bool full = result.status().kind() == evmicro::ErrorKind::kOverloaded;
                  if (full)
                    result = Status::overloaded("database: too many statements are waiting");
                  done(std::move(result));
                }));
  }

 private:
  const Handle handle_;
  evmicro::Offload thread_;
  evmicro::Lifetime lifetime_;
};

}  // namespace

evmicro::Result<std::unique_ptr<Database>> openSqlite(evmicro::EventLoop& loop,
                                                      const std::string& file) {
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  const int result = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
  Handle handle(opened);
  if (result != SQLITE_OK) {
    return Status::invalid("cannot open the database " + file + ": " + sqlite3_errmsg(opened));
  }
  for (const char* setting : {"pragma journal_mode = wal", "pragma synchronous = normal"}) {
    const auto done = runNow(opened, setting, {});
    if (!done.ok()) return Status(done.status()).withContext("cannot use the database " + file);
  }
  sqlite3_busy_timeout(opened, 1'000);  // another process that uses the file
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(loop, std::move(handle)));
}

}  // namespace sql
