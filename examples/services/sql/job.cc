#include "job.h"

#include <utility>

namespace sql {

Job::Job(std::vector<Statement> statements, Database::Done done, Time deadline)
    : isOpen_(statements.size() > 1), done_(std::move(done)), deadline_(deadline) {
  if (isOpen_) {
    first_ = 2;
    left_.push_back({"begin"});
  }
  for (Statement& statement : statements) left_.push_back(std::move(statement));
  if (isOpen_) left_.push_back({"commit"});
}

Statement Job::next() {
  Statement statement = std::move(left_.front());
  left_.pop_front();
  ++sent_;
  return statement;
}

void Job::note(Outcome outcome) {
  const bool failed = !outcome.ok();
  const bool isNews = outcome_ ? outcome_->ok() && failed : sent_ == first_ || failed;
  if (isNews) outcome_ = std::move(outcome);
  if (!failed) return;
  left_.clear();
  if (std::exchange(isOpen_, false)) left_.push_back({"rollback"});
}

void Job::finish() {
  if (outcome_) answer(std::move(*outcome_));
}

void Job::fail(evmicro::Status why) { answer(std::move(why)); }

void Job::answer(Outcome outcome) {
  const auto done = std::exchange(done_, nullptr);
  if (done) done(std::move(outcome));
}

}  // namespace sql
