#include "support/postgres_server.h"

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <pwd.h>
#include <unistd.h>

#include <evmicro/conformance/skip.h>

#include "support/ports.h"

namespace evmicro::test {

namespace {

constexpr int kMostLooks = 500;  // for a transaction, each by a process

// Of the newest version that is there.
std::string folderOfPrograms() {
  std::string found;
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    const std::string programs = version.path().string() + "/bin";
    if (::access((programs + "/initdb").c_str(), X_OK) == 0 && programs > found) found = programs;
  }
  if (found.empty()) skip("no PostgreSQL: apt-get install postgresql");
  return found;
}

void succeed(const std::vector<std::string>& command) {
  const Finished end = run(command);
  if (end.code != 0) throw std::runtime_error(command.back() + ": " + end.err);
}

}  // namespace

PostgresServer::PostgresServer() {
  const std::string address = freeAddress();
  port_ = address.substr(address.find(':') + 1);
  url_ = "postgres://tester@" + address + "/postgres";
  if (::geteuid() == 0) {
    const passwd* const user = ::getpwnam("postgres");
    if (!user || ::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("no user postgres");
    }
  }
  succeed(command("initdb",
                  {"-U", "tester", "-A", "trust", "--no-sync", "-D", folder_.path() + "/data"}));
  start();
}

PostgresServer::~PostgresServer() { kill(); }

void PostgresServer::start() {
  process_ = std::make_unique<Process>(
      command("postgres", {"-D", folder_.path() + "/data", "-p", port_, "-k", folder_.path(), "-c",
                           "listen_addresses=127.0.0.1", "-c", "fsync=off"}));
  if (!process_->prints("is ready to accept connections")) {
    throw std::runtime_error("PostgreSQL does not come up: " + process_->report());
  }
}

// Not by SIGKILL: its own processes would remain.
void PostgresServer::kill() {
  if (!process_) return;
  process_->signal(SIGQUIT);
  process_->wait();
  process_.reset();
}

std::string PostgresServer::sql(const std::string& statements) const {
  const Finished end = run({folderOfPrograms() + "/psql", "-X", "-q", "-A", "-t", "-v",
                            "ON_ERROR_STOP=1", "-c", statements, url_});
  if (end.code != 0) throw std::runtime_error(statements + ": " + end.err);
  return end.out;
}

std::vector<std::string> PostgresServer::command(const std::string& program,
                                                 const std::vector<std::string>& arguments) const {
  std::vector<std::string> words;
  if (::geteuid() == 0) {
    words = {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"};
  }
  words.push_back(folderOfPrograms() + "/" + program);
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

PostgresTransaction::PostgresTransaction(const PostgresServer& server,
                                         const std::string& statements)
    : client_(::popen(("PGAPPNAME=transaction " + folderOfPrograms() +
                       "/psql -X -q -o /dev/null -v ON_ERROR_STOP=1 " + server.url())
                          .c_str(),
                      "w")) {
  std::fputs(("begin; " + statements + ";\n").c_str(), client_);
  std::fflush(client_);
  const std::string open =
      "select count(*) from pg_stat_activity "
      "where application_name = 'transaction' and state = 'idle in transaction' and xact_start is "
      "not null and query not like 'begin%'";
  for (int i = 0; server.sql(open) != "1\n"; ++i) {
    if (i == kMostLooks) throw std::runtime_error("no open transaction: " + statements);
  }
}

PostgresTransaction::~PostgresTransaction() { ::pclose(client_); }

// In the server, because a process for each look may take longer than the one who waits has time.
void PostgresTransaction::commitOnceAwaited(const std::string& statements) {
  const std::string wait =
      "do $$ begin loop perform pg_stat_clear_snapshot(); "
      "exit when exists (select from pg_stat_activity where wait_event_type = 'Lock') "
      "or clock_timestamp() > transaction_timestamp() + interval '20 seconds'; "
      "perform pg_sleep(0.01); end loop; end $$";
  std::fputs((wait + ";\n" + statements + ";\ncommit;\n").c_str(), client_);
  std::fflush(client_);
}

}  // namespace evmicro::test
