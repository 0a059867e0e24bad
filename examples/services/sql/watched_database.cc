#include "watched_database.h"

#include <chrono>
#include <utility>

namespace sql {

namespace {

using namespace std::chrono_literals;
using evmicro::ErrorKind;
using evmicro::Status;

constexpr auto kWell = 5s;  // between two probes
constexpr auto kUnwell = 1s;

// Whether the database is to blame, and not the statement or its number.
bool isUnwell(const Status& status) {
  return status.kind() == ErrorKind::kUnavailable || status.kind() == ErrorKind::kTimeout;
}

}  // namespace

WatchedDatabase::WatchedDatabase(evmicro::EventLoop& loop, Database& database,
                                 const evmicro::Health& health, std::vector<Statement> probe)
    : database_(database),
      health_(health),
      probe_(std::move(probe)),
      next_(loop, [this] { check(); }) {
  health_.set(Status::unavailable("database: it has not been reached yet"));
  next_.start(0s);
}

void WatchedDatabase::runAll(std::vector<Statement> statements, Done done) {
  database_.runAll(std::move(statements),
                   lifetime_.guard([this, done = std::move(done)](evmicro::Result<Rows> rows) {
                     note(rows.status());
                     done(std::move(rows));
                   }));
}

void WatchedDatabase::note(const Status& status) {
  if (!isUnwell(status)) return;
  if (health_.status().ok()) next_.start(kUnwell);
  health_.set(status);
}

void WatchedDatabase::check() {
  database_.runAll(probe_, lifetime_.guard([this](const evmicro::Result<Rows>& rows) {
    checked(rows.status());
  }));
}

// A probe that found too many before it has learnt nothing.
void WatchedDatabase::checked(const Status& status) {
  if (status.kind() != ErrorKind::kOverloaded) health_.set(status);
  next_.start(health_.status().ok() ? kWell : kUnwell);
}

}  // namespace sql
