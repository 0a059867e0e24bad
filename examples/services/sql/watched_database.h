#pragma once

#include <evmicro/health.h>
#include <evmicro/lifetime.h>
#include <evmicro/timer.h>

#include "database.h"

namespace sql {

/// A database, and whether it can be used: passes statements on, and notes what comes of them. It
/// is unwell from a statement that did not reach it, that was not answered in time or that it
/// cannot carry out for now, until the probe succeeds; so a probe should write, and leave nothing
/// behind. The probe runs every five seconds, and every second while it is unwell.
class WatchedDatabase final : public Database {
 public:
  /// `health` is unwell until the first probe has succeeded. All three must outlive it. @pre probe
  /// not empty
  WatchedDatabase(evmicro::EventLoop& loop, Database& database, const evmicro::Health& health,
                  std::vector<Statement> probe);

  void runAll(std::vector<Statement> statements, Done done) override;
  const char* locking() const noexcept override { return database_.locking(); }

 private:
  void note(const evmicro::Status& status);
  void check();
  void checked(const evmicro::Status& status);

  Database& database_;
  const evmicro::Health& health_;
  const std::vector<Statement> probe_;
  evmicro::Timer next_;
  evmicro::Lifetime lifetime_;
};

}  // namespace sql
