// go.micro.srv.user: accounts, passwords, sessions.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include <evmicro/health.h>
#include <evmicro/log.h>
#include <evmicro/offload.h>
#include <evmicro/service.h>
#include <evmicro/timer.h>

#include "../go_environment.h"
#include "../sql/database.h"
#include "../sql/watched_database.h"
#include "accounts.h"
#include "store.h"

namespace {

using namespace std::chrono_literals;

// Removes sessions that have expired, as soon as the database can be reached, and from then on.
class Housekeeping {
 public:
  Housekeeping(evmicro::EventLoop& loop, user::Store& store)
      : store_(store), timer_(loop, [this] { goOn(); }) {
    timer_.start(0s);
  }

 private:
  void goOn() {
    store_.removeExpired(std::time(nullptr), [this](const evmicro::Status& status) {
      if (!status.ok() && status.detail() != problem_) {
        evmicro::log("user", evmicro::LogLevel::kWarn, status.toString());
      }
      problem_ = status.ok() ? std::string() : status.detail();
      timer_.start(status.ok() ? std::chrono::seconds(10min) : 1s);
    });
  }

  user::Store& store_;
  std::string problem_;  // that has been logged
  evmicro::Timer timer_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string url;
  int hashWorkers = 1;
  int hashQueue = 64;
  evmicro::ServiceOptions options;
  options.name = "go.micro.srv.user";
  options.flags = {
      {"database_url", "sqlite:FILE (sqlite:user.db) or postgres://user:password@host/database",
       &url},
      {"hash_workers", "Threads that hash passwords", &hashWorkers},
      {"hash_queue", "Passwords that may wait for them; more are refused with 429", &hashQueue},
  };
  evmicro::Service service(options);
  service.init(argc, argv);
  orFromEnvironment(url, "DATABASE_URL");
  if (url.empty()) url = "sqlite:user.db";

  const auto database = sql::openDatabase(service.loop(), url, user::Store::schema());
  if (!database.ok()) {
    std::cerr << "user_srv: " << database.status().detail() << '\n';
    return 1;
  }
  const evmicro::Health health(service.loop(), "database");
  sql::WatchedDatabase watched(service.loop(), **database, health, user::Store::probe());
  user::Store store(watched);
  evmicro::Offload hashing(service.loop(), {static_cast<std::size_t>(std::max(hashWorkers, 1)),
                                            static_cast<std::size_t>(std::max(hashQueue, 1))});
  // The first time takes longer.
  hashing.run([] { user::pretendToMatch({}); }, [](const evmicro::Status&) {});
  user::Accounts accounts(service.options().name, store, hashing);
  registerAccountHandler(service.server(), accounts);
  service.server().require(health);
  service.server().collect([&](evmicro::Metrics& metrics) {
    metrics.counter("user_logins_total", "Logins that succeeded.",
                    static_cast<double>(accounts.counters().logins));
    metrics.counter("user_logins_refused_total", "Logins with a wrong name or password.",
                    static_cast<double>(accounts.counters().refused));
    metrics.gauge("user_hashes_waiting", "Passwords that wait for a thread.",
                  static_cast<double>(hashing.waiting()));
  });
  const Housekeeping housekeeping(service.loop(), store);
  // Callers are to find the tables; but they are also told if the database cannot be reached.
  bool late = false;
  evmicro::Timer limit(service.loop(), [&] { late = true; });
  limit.start(5s);
  (void)service.loop().runUntil([&] { return late || health.status().ok(); });
  return service.run();
}
