#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "database.h"

namespace sql {

/// Statements for one connection, as a transaction if there are several, and what comes of them.
class Job {
 public:
  using Outcome = evmicro::Result<Rows>;
  using Time = evmicro::EventLoop::Clock::time_point;

  /// Nothing to do.
  Job() = default;
  Job(std::vector<Statement> statements, Database::Done done, Time deadline);

  /// Whether nothing is left to be sent.
  bool over() const noexcept { return left_.empty(); }
  Time deadline() const noexcept { return deadline_; }

  /// What is to be sent next. @pre not over()
  Statement next();
  /// What has come of the one that was sent last.
  void note(Outcome outcome);

  /// Passes the outcome on: that of the first statement, or the first failure. @pre over()
  void finish();
  /// Passes `why` on, unless there was an answer.
  void fail(evmicro::Status why);

 private:
  void answer(Outcome outcome);

  std::deque<Statement> left_;
  std::size_t sent_ = 0;
  std::size_t first_ = 1;  // the number of the one whose rows count
  bool isOpen_ = false;    // the transaction has to be ended
  std::optional<Outcome> outcome_;
  Database::Done done_;
  Time deadline_{};
};

}  // namespace sql
