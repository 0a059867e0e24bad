// PostgreSQL by libpq's asynchronous interface: a few connections on the loop, one job at a time on
// each.
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
#include "job.h"

namespace sql {

namespace {

using namespace std::chrono_literals;
using evmicro::Status;

constexpr std::size_t kConnections = 4;
constexpr std::size_t kMostWaiting = 1'000;
constexpr auto kPatience = 3s;  // of a job, from runAll() to its outcome
constexpr std::chrono::milliseconds kFirstPause = 100ms;
constexpr std::chrono::milliseconds kLongestPause = 5s;

struct Release {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  void operator()(PGresult* result) const noexcept { PQclear(result); }
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
  void operator()(event* event) const noexcept { event_free(event); }
};
using PgResult = std::unique_ptr<PGresult, Release>;

// The first line of what libpq says.
std::string lineOf(const char* text) {
  const std::string whole = text;
  return whole.substr(0, whole.find('\n'));
}

// SQLSTATE of failures that are not all alike.
constexpr const char* kUniqueViolation = "23505";
constexpr const char* kReadOnly = "25006";
constexpr const char* kNoSuchTable = "42P01";
constexpr const char* kLacksResources = "53";  // and three digits; the disk is full, for one

std::string fieldOf(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text ? text : "";
}

std::string stateOf(const PGresult* result) { return fieldOf(result, PG_DIAG_SQLSTATE); }

Status failureOf(const PGresult* result) {
  const std::string text = "database: " + fieldOf(result, PG_DIAG_MESSAGE_PRIMARY);
  const std::string state = stateOf(result);
  if (state == kUniqueViolation) return {evmicro::ErrorKind::kInvalid, 409, {}, text};
  const bool passes = state == kReadOnly || state.compare(0, 2, kLacksResources) == 0;
  return passes ? Status::unavailable(text) : Status::internal(text);
}

evmicro::Result<Rows> rowsOf(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return failureOf(result);
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

  /// `url` and `schema` must outlive it.
  Connection(evmicro::EventLoop& loop, const std::string& url,
             const std::vector<std::string>& schema, Owner& owner)
      : loop_(loop),
        url_(url),
        schema_(schema),
        owner_(owner),
        again_(loop, [this] { connect(); }),
        limit_(loop, [this] {
          job_.fail(Status::timeout("database: no answer in time"));
          lost("no answer in time");
        }) {
    connect();
  }

  bool idle() const noexcept { return state_ == State::kIdle; }

  /// @pre idle()
  void run(Job job) {
    job_ = std::move(job);
    state_ = State::kBusy;
    limit_.start(job_.deadline() - evmicro::EventLoop::now());
    sendNext();
  }

 private:
  enum class State { kAway, kConnecting, kIdle, kBusy };

  void sendNext() {
    const Statement statement = job_.next();
    std::vector<const char*> values;
    std::vector<int> sizes;
    for (const std::string& value : statement.parameters) {
      values.push_back(value.c_str());
      sizes.push_back(static_cast<int>(value.size()));
    }
    if (PQsendQueryParams(connection_.get(), statement.text.c_str(),
                          static_cast<int>(values.size()), nullptr, values.data(), sizes.data(),
                          nullptr, 0) != 1) {
      return lost(PQerrorMessage(connection_.get()));
    }
    progress();
  }

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
      const PgResult result(PQgetResult(connection));
      if (!result) return finishStatement();
      if (outcome_) continue;
      outcome_ = rowsOf(result.get());
      const std::string state = stateOf(result.get());
      // A new connection makes the tables again, and may lead to another server.
      isOutdated_ = isOutdated_ || state == kNoSuchTable || state == kReadOnly;
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
    makeTables();
  }

  // Those that are missing, one connection after the other. Without the right to make any, those
  // that are there can be used all the same.
  void makeTables() {
    std::vector<Statement> statements = {{"select pg_advisory_xact_lock(31416)"}};
    for (const std::string& text : schema_) statements.push_back({text});
    const auto made = [this](const evmicro::Result<Rows>& outcome) {
      isOutdated_ = false;
      if (outcome.ok() || state_ == State::kAway) return;
      evmicro::log("sql", evmicro::LogLevel::kWarn, "Tables: " + outcome.status().detail());
    };
    run(Job(std::move(statements), made, evmicro::EventLoop::now() + kPatience));
  }

  void becomeIdle() {
    state_ = State::kIdle;
    limit_.stop();
    watch(EV_READ);  // a server that goes is noticed
    owner_.onIdle(*this);
  }

  void finishStatement() {
    if (!outcome_ || PQstatus(connection_.get()) != CONNECTION_OK) {
      return lost(PQerrorMessage(connection_.get()));
    }
    job_.note(std::move(*std::exchange(outcome_, std::nullopt)));
    if (!job_.over()) return sendNext();
    job_.finish();
    if (isOutdated_) return lost("connecting again");
    becomeIdle();
  }

  void lost(const std::string& why) {
    const std::string text = lineOf(why.c_str());
    // Once, not at every attempt.
    if (pause_ == kFirstPause) evmicro::log("sql", evmicro::LogLevel::kWarn, "Database: " + text);
    const bool busy = state_ == State::kBusy;
    state_ = State::kAway;
    outcome_.reset();
    isOutdated_ = false;
    limit_.stop();
    event_.reset();
    connection_.reset();
    again_.start(pause_);
    pause_ = std::min(2 * pause_, kLongestPause);
    if (busy) job_.fail(Status::internal("database: " + text));
  }

  evmicro::EventLoop& loop_;
  const std::string& url_;
  const std::vector<std::string>& schema_;
  Owner& owner_;
  State state_ = State::kAway;
  std::chrono::milliseconds pause_ = kFirstPause;
  Job job_;
  // Of its statement, of which libpq has not said yet that it is over.
  std::optional<evmicro::Result<Rows>> outcome_;
  bool isOutdated_ = false;  // the connection: the next job gets a new one
  std::unique_ptr<PGconn, Release> connection_;
  std::unique_ptr<event, Release> event_;  // of the connection's socket
  evmicro::Timer again_;
  evmicro::Timer limit_;
};

class PostgresDatabase final : public Database, private Connection::Owner {
 public:
  PostgresDatabase(evmicro::EventLoop& loop, std::string url, std::vector<std::string> schema)
      : loop_(loop),
        url_(std::move(url)),
        schema_(std::move(schema)),
        expiry_(loop, [this] { dropExpired(); }) {
    for (std::size_t i = 0; i < kConnections; ++i) {
      connections_.push_back(std::make_unique<Connection>(loop, url_, schema_,
                                                          static_cast<Connection::Owner&>(*this)));
    }
  }

  void runAll(std::vector<Statement> statements, Done done) override {
    Job job(std::move(statements), later(std::move(done)), evmicro::EventLoop::now() + kPatience);
    if (waiting_.size() >= kMostWaiting) {
      return job.fail(Status::overloaded("database: too many statements are waiting"));
    }
    for (const auto& connection : connections_) {
      if (connection->idle()) return connection->run(std::move(job));
    }
    if (waiting_.empty()) expiry_.start(kPatience);
    waiting_.push_back(std::move(job));
  }
  const char* locking() const noexcept override { return " for update"; }

 private:
  void onIdle(Connection& connection) override {
    if (waiting_.empty()) return;
    Job next = std::move(waiting_.front());
    waiting_.pop_front();
    connection.run(std::move(next));
  }

  // In the order in which they came, so the first is the one that ends first.
  void dropExpired() {
    const auto now = evmicro::EventLoop::now();
    while (!waiting_.empty() && waiting_.front().deadline() <= now) {
      Job expired = std::move(waiting_.front());
      waiting_.pop_front();
      expired.fail(Status::unavailable("database: cannot be reached"));
    }
    if (!waiting_.empty()) expiry_.start(waiting_.front().deadline() - now);
  }

  Done later(Done done) {
    return [this, done = lifetime_.guard(std::move(done))](evmicro::Result<Rows> rows) {
      const auto result = std::make_shared<evmicro::Result<Rows>>(std::move(rows));
      loop_.post([done, result]() mutable { done(std::move(*result)); });
    };
  }

  evmicro::EventLoop& loop_;
  const std::string url_;
  const std::vector<std::string> schema_;
  std::deque<Job> waiting_;
  evmicro::Timer expiry_;
  std::vector<std::unique_ptr<Connection>> connections_;
  evmicro::Lifetime lifetime_;
};

}  // namespace

evmicro::Result<std::unique_ptr<Database>> openPostgres(evmicro::EventLoop& loop,
                                                        const std::string& url,
                                                        std::vector<std::string> schema) {
  const std::unique_ptr<PQconninfoOption, Release> understood(
      PQconninfoParse(url.c_str(), nullptr));
  // libpq's reason may repeat the password.
  if (!understood)
    return Status::invalid("the address of the database is not one that libpq takes");
  return std::unique_ptr<Database>(
      std::make_unique<PostgresDatabase>(loop, url, std::move(schema)));
}

}  // namespace sql
