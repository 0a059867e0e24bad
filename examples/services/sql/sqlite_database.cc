#include <sqlite3.h>

#include <chrono>
#include <optional>
#include <utility>

#include <evmicro/lifetime.h>
#include <evmicro/log.h>
#include <evmicro/offload.h>

#include "database.h"

namespace sql {

namespace {

using evmicro::Status;
using Result = evmicro::Result<Rows>;

constexpr std::size_t kMostWaiting = 1'000;
constexpr int kPatienceMs = 1'000;  // while another process uses the file

struct Close {
  void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, Close>;
using Prepared = std::unique_ptr<sqlite3_stmt, Close>;

// Whether the file cannot be used for now. SQLite has then undone what it had begun.
bool isPassing(int code) {
  switch (code & 0xff) {  // without what extends it
    case SQLITE_BUSY:
    case SQLITE_CANTOPEN:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_LOCKED:
    case SQLITE_PERM:
    case SQLITE_READONLY: return true;
    default: return false;
  }
}

Status errorOf(sqlite3* handle) {
  const std::string text = std::string("database: ") + sqlite3_errmsg(handle);
  const int code = sqlite3_extended_errcode(handle);
  if (isPassing(code)) return Status::unavailable(text);
  const bool taken = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
  return taken ? Status(evmicro::ErrorKind::kInvalid, 409, {}, text) : Status::internal(text);
}

Result runNow(sqlite3* handle, const Statement& statement) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v2(handle, statement.text.c_str(), -1, &made, nullptr) != SQLITE_OK) {
    return errorOf(handle);
  }
  const Prepared prepared(made);
  for (std::size_t i = 0; i < statement.parameters.size(); ++i) {
    const std::string name = "$" + std::to_string(i + 1);
    const int at = sqlite3_bind_parameter_index(made, name.c_str());
    const std::string& value = statement.parameters[i];
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

// A file and the connection to it, on one thread at a time.
class File {
 public:
  File(std::string path, std::vector<std::string> schema)
      : path_(std::move(path)), schema_(std::move(schema)) {}

  const std::string& path() const noexcept { return path_; }

  /// `more`: SQLITE_OPEN_CREATE, or nothing.
  Status open(int more) {
    sqlite3* opened = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | more;
    const int result = sqlite3_open_v2(path_.c_str(), &opened, flags, nullptr);
    Handle handle(opened);
    if (result != SQLITE_OK) return errorOf(opened);
    sqlite3_busy_timeout(opened, kPatienceMs);
    std::vector<std::string> first = {"pragma journal_mode = wal", "pragma synchronous = normal"};
    first.insert(first.end(), schema_.begin(), schema_.end());
    for (const std::string& text : first) {
      const Result done = runNow(opened, {text});
      if (!done.ok()) return done.status();
    }
    handle_ = std::move(handle);
    return {};
  }

  Result runAll(const std::vector<Statement>& statements) {
    if (handle_ && !isStillThere()) leave();
    if (!handle_) {
      // An empty database in its place would look as if all was well.
      const Status status = open(0);
      if (!status.ok()) {
        return status.kind() == evmicro::ErrorKind::kUnavailable
                   ? Status::unavailable("database: the file is missing or cannot be used")
                   : status;
      }
    }
    if (statements.size() == 1) return runNow(handle_.get(), statements.front());
    Result result = runNow(handle_.get(), {"begin immediate"});
    if (!result.ok()) return result;
    result = runNow(handle_.get(), statements.front());
    for (std::size_t i = 1; i <= statements.size() && result.ok(); ++i) {
      const Result next =
          runNow(handle_.get(), i < statements.size() ? statements[i] : Statement{"commit"});
      if (!next.ok()) result = next.status();
    }
    // SQLite may have done so already.
    if (!result.ok()) static_cast<void>(runNow(handle_.get(), {"rollback"}));
    return result;
  }

 private:
  // SQLite would go on with a file that has been removed, and all would be lost at the end.
  bool isStillThere() const {
    int moved = 0;
    sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved == 0;
  }

  // What the log still holds goes into the file, wherever that is: a log that was left behind would
  // be taken for the one of the file that comes instead.
  void leave() {
    sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    handle_.reset();
  }

  const std::string path_;
  const std::vector<std::string> schema_;
  Handle handle_;
};

// One thread, to which the connection belongs: a commit may wait for the disk.
class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(evmicro::EventLoop& loop, std::unique_ptr<File> file)
      : file_(std::move(file)), thread_(loop, {1, kMostWaiting}) {}

  void runAll(std::vector<Statement> statements, Done done) override {
    thread_.run([file = file_.get(),
                 statements = std::move(statements)] { return file->runAll(statements); },
                lifetime_.guard([this, done = std::move(done)](Result result) {
                  note(result.status());
                  const bool full = result.status().kind() == evmicro::ErrorKind::kOverloaded;
                  if (full)
                    result = Status::overloaded("database: too many statements are waiting");
                  done(std::move(result));
                }));
  }
  const char* locking() const noexcept override { return ""; }

 private:
  // A line a minute: reading may go on while writing fails.
  void note(const Status& status) {
    if (status.kind() != evmicro::ErrorKind::kUnavailable) return;
    const auto now = evmicro::EventLoop::now();
    if (noted_ && now - *noted_ < std::chrono::minutes(1)) return;
    noted_ = now;
    evmicro::log("sql", evmicro::LogLevel::kWarn, file_->path() + ": " + status.detail());
  }

  const std::unique_ptr<File> file_;
  std::optional<evmicro::EventLoop::Clock::time_point> noted_;  // the last failure
  evmicro::Offload thread_;
  evmicro::Lifetime lifetime_;
};

}  // namespace

evmicro::Result<std::unique_ptr<Database>> openSqlite(evmicro::EventLoop& loop,
                                                      const std::string& path,
                                                      std::vector<std::string> schema) {
  auto file = std::make_unique<File>(path, std::move(schema));
  if (const Status status = file->open(SQLITE_OPEN_CREATE); !status.ok()) {
    return Status::invalid("cannot open the database " + path + ": " + status.detail());
  }
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(loop, std::move(file)));
}

}  // namespace sql
