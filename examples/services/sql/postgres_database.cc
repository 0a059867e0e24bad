// PostgreSQL by libpq's asynchronous interface: a few connections on the loop, one statement at a
// time on each.
#include <event2/event.h>
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <optional>
#include <utility>

#include <evmicro/lifetime.h>
#include <evmicro/log.h>
#include <evmicro/timer.h>

#include "database.h"

namespace sql {

namespace {

using namespace std::chrono_literals;
using evmicro::Status;

constexpr std::size_t kConnections = 4;
constexpr std::size_t kMostWaiting = 1'000;
constexpr auto kPatience = 3s;  // of a statement, from run() to its result
constexpr std::chrono::milliseconds kFirstPause = 100ms;
constexpr std::chrono::milliseconds kLongestPause = 5s;

struct Release {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  void operator()(PGresult* result) const noexcept { PQclear(result); }
  void operator()(event* event) const noexcept { event_free(event); }
};
using Result = std::unique_ptr<PGresult, Release>;

struct Statement {
  std::string sql;
  std::vector<std::string> parameters;
  Database::Done done;
  evmicro::EventLoop::Clock::time_point deadline;
};

// The first line of what libpq says.
std::string lineOf(const char* text) {
  const std::string whole = text;
  return whole.substr(0, whole.find('\n'));
}

evmicro::Result<Rows> rowsOf(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    const std::string text = "database: " + lineOf(PQresultErrorMessage(result));
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const bool taken = state && std::string(state) == "23505";  // unique_violation
    return taken ? Status(evmicro::ErrorKind::kInvalid, 409, {}, text) : Status::internal(text);
  }
  Rows rows;
  for (int row = 0; row < PQntuples(result); ++row) {
    std::vector<std::string>& values = rows.rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) {
      const auto size = static_cast<std::size_t>(PQgetlength(result, row, column));
      values.emplace_back(PQgetvalue(result, row, column), size);
    }
  }
  rows.affected = std::strtoll(PQcmdTuples(const_cast<PGresult*>(result)), nullptr, 10);
  return rows;
}

// One connection, which is made again whenever it has been lost.
class Connection {
 public:
  struct Owner {
    /// It has nothing to do.
    virtual void onIdle(Connection& connection) = 0;

   protected:
    ~Owner() = default;
  };

  Connection(evmicro::EventLoop& loop, const std::string& url, Owner& owner)
      : loop_(loop),
        url_(url),
        owner_(owner),
        again_(loop, [this] { connect(); }),
        limit_(loop, [this] { lost("no answer in time"); }) {
    connect();
  }

  bool idle() const noexcept { return state_ == State::kIdle; }

  /// @pre idle()
  void run(Statement statement) {
    statement_ = std::move(statement);
    state_ = State::kBusy;
    std::vector<const char*> values;
    std::vector<int> sizes;
    for (const std::string& value : statement_.parameters) {
      values.push_back(value.c_str());
      sizes.push_back(static_cast<int>(value.size()));
    }
    limit_.start(statement_.deadline - evmicro::EventLoop::now());
    if (PQsendQueryParams(connection_.get(), statement_.sql.c_str(),
                          static_cast<int>(values.size()), nullptr, values.data(), sizes.data(),
                          nullptr, 0) != 1) {
      return lost(PQerrorMessage(connection_.get()));
    }
    progress();
  }

 private:
  enum class State { kAway, kConnecting, kIdle, kBusy };

  void connect() {
    connection_.reset(PQconnectStart(url_.c_str()));
    if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) {
      return lost(connection_ ? PQerrorMessage(connection_.get()) : "out of memory");
    }
    state_ = State::kConnecting;
    limit_.start(kPatience);
    watch(EV_WRITE);
  }

  void watch(short what) {
    // Between attempts libpq closes one socket and opens another.
    event_.reset(event_new(loop_.base(), PQsocket(connection_.get()), what, &onEvent, this));
    event_add(event_.get(), nullptr);
  }
  static void onEvent(int, short, void* self) { static_cast<Connection*>(self)->progress(); }

  void progress() {
    if (state_ == State::kConnecting) return progressConnecting();
    PGconn* const connection = connection_.get();
    if (PQconsumeInput(connection) != 1) return lost(PQerrorMessage(connection));
    const int unsent = PQflush(connection);
    if (unsent < 0) return lost(PQerrorMessage(connection));
    while (state_ == State::kBusy && PQisBusy(connection) == 0) {
      const Result result(PQgetResult(connection));
      if (!result) return finish();
      if (!outcome_) outcome_ = rowsOf(result.get());
    }
    watch(static_cast<short>(EV_READ | (unsent > 0 ? EV_WRITE : 0)));
  }

  void progressConnecting() {
    switch (PQconnectPoll(connection_.get())) {
      case PGRES_POLLING_READING: return watch(EV_READ);
      case PGRES_POLLING_WRITING: return watch(EV_WRITE);
      case PGRES_POLLING_OK: break;
      default: return lost(PQerrorMessage(connection_.get()));
    }
    PQsetnonblocking(connection_.get(), 1);
    // "Relation exists already" is nothing to write to stderr.
    PQsetNoticeReceiver(
        connection_.get(), [](void*, const PGresult*) {}, nullptr);
    pause_ = kFirstPause;
    becomeIdle();
  }

  void becomeIdle() {
    state_ = State::kIdle;
    limit_.stop();
    watch(EV_READ);  // a server that goes is noticed
    owner_.onIdle(*this);
  }

  void finish() {
    if (!outcome_ || PQstatus(connection_.get()) != CONNECTION_OK) {
      return lost(PQerrorMessage(connection_.get()));
    }
    answer(std::move(*std::exchange(outcome_, std::nullopt)));
    becomeIdle();
  }

  void lost(const std::string& why) {
    const std::string text = lineOf(why.c_str());
    // Once, not at every attempt.
    if (pause_ == kFirstPause) evmicro::log("sql", evmicro::LogLevel::kWarn, "Database: " + text);
    const bool busy = state_ == State::kBusy;
    state_ = State::kAway;
    outcome_.reset();
    limit_.stop();
    event_.reset();
    connection_.reset();
    again_.start(pause_);
    pause_ = std::min(2 * pause_, kLongestPause);
    if (busy) answer(Status::internal("database: " + text));
  }

  // `done` is the owner's, which runs the user's in a turn of its own.
  void answer(evmicro::Result<Rows> rows) {
    const auto done = std::exchange(statement_.done, nullptr);
    if (done) done(std::move(rows));
  }

  evmicro::EventLoop& loop_;
  const std::string& url_;
  Owner& owner_;
  State state_ = State::kAway;
  std::chrono::milliseconds pause_ = kFirstPause;
  Statement statement_;
  std::optional<evmicro::Result<Rows>> outcome_;  // of it; libpq has not said yet that it is over
  std::unique_ptr<PGconn, Release> connection_;
  std::unique_ptr<event, Release> event_;  // of the connection's socket
  evmicro::Timer again_;
  evmicro::Timer limit_;
};

class PostgresDatabase final : public Database, private Connection::Owner {
 public:
  PostgresDatabase(evmicro::EventLoop& loop, std::string url)
      : loop_(loop), url_(std::move(url)), expiry_(loop, [this] { dropExpired(); }) {
    for (std::size_t i = 0; i < kConnections; ++i) {
      connections_.push_back(
          std::make_unique<Connection>(loop, url_, static_cast<Connection::Owner&>(*this)));
    }
  }

  void run(std::string sql, std::vector<std::string> parameters, Done done) override {
    Statement statement{std::move(sql), std::move(parameters), later(std::move(done)),
                        evmicro::EventLoop::now() + kPatience};
    if (waiting_.size() >= kMostWaiting) {
      return statement.done(Status::overloaded("database: too many statements are waiting"));
    }
    for (const auto& connection : connections_) {
      if (connection->idle()) return connection->run(std::move(statement));
    }
    if (waiting_.empty()) expiry_.start(kPatience);
    waiting_.push_back(std::move(statement));
  }

 private:
  void onIdle(Connection& connection) override {
    if (waiting_.empty()) return;
    Statement next = std::move(waiting_.front());
    waiting_.pop_front();
    connection.run(std::move(next));
  }

  // In the order in which they came, so the first is the one that ends first.
  void dropExpired() {
    const auto now = evmicro::EventLoop::now();
    while (!waiting_.empty() && waiting_.front().deadline <= now) {
      const Statement expired = std::move(waiting_.front());
      waiting_.pop_front();
      expired.done(Status::unavailable("database: cannot be reached"));
    }
    if (!waiting_.empty()) expiry_.start(waiting_.front().deadline - now);
  }

  Done later(Done done) {
    return [this, done = lifetime_.guard(std::move(done))](evmicro::Result<Rows> rows) {
      const auto result = std::make_shared<evmicro::Result<Rows>>(std::move(rows));
      loop_.post([done, result]() mutable { done(std::move(*result)); });
    };
  }

  evmicro::EventLoop& loop_;
  const std::string url_;
  std::deque<Statement> waiting_;
  evmicro::Timer expiry_;
  std::vector<std::unique_ptr<Connection>> connections_;
  evmicro::Lifetime lifetime_;
};

}  // namespace

std::unique_ptr<Database> openPostgres(evmicro::EventLoop& loop, const std::string& url) {
  return std::make_unique<PostgresDatabase>(loop, url);
}

}  // namespace sql
