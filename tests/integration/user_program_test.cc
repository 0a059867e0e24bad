// user_srv as a process, with either database.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <sys/resource.h>

#include "integration/greeter_process.h"
#include "integration/json_caller.h"
#include "support/agent_process.h"
#include "support/http_get.h"
#include "support/postgres_server.h"
#include "support/process.h"
#include "support/temporary_folder.h"
#include "support/turn_until.h"

namespace evmicro {

struct UserInSqlite {
  std::string url() const { return "sqlite:" + folder.path() + "/user.db"; }

  test::TemporaryFolder folder;
};

// One server for all cases, which begin without tables: making one takes seconds.
struct UserInPostgres {
  UserInPostgres() { server().sql("drop table if exists accounts, sessions"); }
  std::string url() const { return server().url(); }

  static test::PostgresServer& server() {
    static test::PostgresServer one;
    return one;
  }
};

namespace {

constexpr const char* kWrong =
    "401 go.micro.srv.user.login "
    "crypto/bcrypt: hashedPassword is not the hash of the given password";

std::string user(const std::string& id, const std::string& name, const std::string& email) {
  return R"({"id":")" + id + R"(","username":")" + name + R"(","email":")" + email + "\"}";
}

/// A service, and calls to it by JSON.
class UserFixture : public CppUnit::TestFixture {
 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override {
    caller_.reset();
    service_.reset();
    agent_.reset();
  }

 protected:
  void start(const std::string& url, std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--database_url", url});
    service_.reset();
    service_ = std::make_unique<test::ServiceProcess>("user_srv", agent_->address(), flags);
    caller_ = std::make_unique<test::JsonCaller>();
    // The tables are made by and by.
    for (int i = 0; i < 1'000 && call("Search", "{}") != "{}"; ++i) {
    }
    expect("{}", call("Search", "{}"));
  }

  static std::string newUser(const std::string& id, const std::string& name,
                             const std::string& email, const std::string& password = "secret") {
    return R"({"user":)" + user(id, name, email) + R"(,"password":")" + password + "\"}";
  }
  void create(const std::string& id, const std::string& name, const std::string& email) {
    expect("{}", call("Create", newUser(id, name, email)));
  }
  std::string login(const std::string& request) {
    const std::string answer = call("Login", request);
    const std::string mark = R"("session":{"id":")";
    const auto at = answer.find(mark);
    CPPUNIT_ASSERT_MESSAGE(answer, at != std::string::npos);
    const auto begin = at + mark.size();
    return answer.substr(begin, answer.find('"', begin) - begin);
  }
  void expectNames(const std::string& names, const std::string& request) {
    const std::string answer = call("Search", request);
    const std::string mark = R"("username":")";
    std::string found;
    for (auto at = answer.find(mark); at != std::string::npos; at = answer.find(mark, at + 1)) {
      found += answer[at + mark.size()];
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer, names, found);
  }

  template <typename Then>
  void begin(const std::string& method, const std::string& request, Then then) {
    caller_->begin(service_->address(), "Account." + method, request, then);
  }
  std::string call(const std::string& method, const std::string& request) {
    return caller_->call(service_->address(), "Account." + method, request);
  }
  /// Waits until `path` is answered so, a status and a body.
  void awaitPage(const std::string& path, const std::string& expected) {
    std::string seen;
    const bool came = test::turnUntil(caller_->loop(), [&] {
      const auto answer = test::httpGet(service_->address(), path);
      if (answer) seen = std::to_string(answer->status) + " " + answer->body;
      return seen == expected;
    });
    CPPUNIT_ASSERT_MESSAGE(path + ": " + seen, came);
  }
  static void expect(const std::string& expected, const std::string& answer) {
    CPPUNIT_ASSERT_EQUAL(expected, answer);
  }
  static void expectIn(const std::string& part, const std::string& answer) {
    CPPUNIT_ASSERT_MESSAGE(answer, answer.find(part) != std::string::npos);
  }

  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::ServiceProcess> service_;
  std::unique_ptr<test::JsonCaller> caller_;
};

}  // namespace

template <typename Backend>
class UserProgramTest final : public UserFixture {
  CPPUNIT_TEST_SUITE(UserProgramTest);
  CPPUNIT_TEST(theClientLogsIn);
  CPPUNIT_TEST(namesAreUniqueAndInLowerCase);
  CPPUNIT_TEST(loginsAndSessions);
  CPPUNIT_TEST(passwordsChange);
  CPPUNIT_TEST(searches);
  CPPUNIT_TEST(wrongCalls);
  CPPUNIT_TEST(tooManyAtOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    UserFixture::setUp();
    backend_.emplace();
    start(backend_->url());
  }
  void tearDown() override {
    UserFixture::tearDown();
    backend_.reset();
  }

  void theClientLogsIn() {
    const test::Finished end = test::run(
        {TEST_BUILD_DIR "/examples/user_client", "--registry_address", agent_->address()});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(
        std::string("Create: done\nLogin: session of john\nLogout: done\nDelete: done\n"), end.out);
  }

  void namesAreUniqueAndInLowerCase() {
    create("1", "John", "John@X");
    expectIn(R"("username":"john","email":"john@x")", call("Read", R"({"id":"1"})"));
    const std::string taken = "409 go.micro.srv.user.Create id, username or email exists already";
    expect(taken, call("Create", newUser("1", "other", "other@x")));
    expect(taken, call("Create", newUser("2", "JOHN", "other@x")));
    expect(taken, call("Create", newUser("2", "other", "JOHN@x")));
    create("2", "other", "other@x");
    expect("409 go.micro.srv.user.Update id, username or email exists already",
           call("Update", R"({"user":)" + user("2", "john", "other@x") + "}"));
    expect("{}", call("Update", R"({"user":)" + user("2", "Jim", "Jim@x") + "}"));
    expectIn(R"("username":"jim","email":"jim@x")", call("Read", R"({"id":"2"})"));
    expect("{}", call("Update", R"({"user":)" + user("3", "new", "new@x") + "}"));
    expect("404 go.micro.srv.user.Read not found", call("Read", R"({"id":"3"})"));
    // Of any script, letter by letter, as in Go.
    create("4", "ÄRGER İ Σ", "Ж@x");
    expectIn(R"("username":"ärger i σ","email":"ж@x")", call("Read", R"({"id":"4"})"));
    expect(taken, call("Create", newUser("5", "ärger I σ", "other2@x")));
    login(R"({"username":"Ärger i Σ","password":"secret"})");
  }

  void loginsAndSessions() {
    create("1", "john", "john@x");
    create("2", "jim", "jim@x");
    const std::string session = login(R"({"email":"JOHN@X","password":"secret"})");
    CPPUNIT_ASSERT_EQUAL(std::size_t{128}, session.size());
    const std::string request = R"({"sessionId":")" + session + "\"}";
    expectIn(R"("username":"john")", call("ReadSession", request));
    login(R"({"username":"John","email":"john@x","password":"secret"})");
    // Wrong, unknown, and two that are not of one account: all the same.
    for (const char* wrong : {
             R"({"username":"john","password":"Secret"})",
             R"({"username":"john"})",
             R"({"username":"none","password":"secret"})",
             R"({"username":"john","email":"jim@x","password":"secret"})",
         }) {
      expect(kWrong, call("Login", wrong));
    }
    // Sessions follow a change of the name, but not one that fails.
    expect("409 go.micro.srv.user.Update id, username or email exists already",
           call("Update", R"({"user":)" + user("1", "jim", "john@x") + "}"));
    expectIn(R"("username":"john")", call("ReadSession", request));
    expect("{}", call("Update", R"({"user":)" + user("1", "jack", "john@x") + "}"));
    expectIn(R"("username":"jack")", call("ReadSession", request));
    const std::string other = login(R"({"username":"jim","password":"secret"})");
    expect("{}", call("Logout", request));
    expect("{}", call("Logout", request));
    expect("404 go.micro.srv.user.ReadSession not found", call("ReadSession", request));
    expect("{}", call("Delete", R"({"id":"2"})"));
    expect("404 go.micro.srv.user.ReadSession not found",
           call("ReadSession", R"({"sessionId":")" + other + "\"}"));
    expect(kWrong, call("Login", R"({"username":"jim","password":"secret"})"));
  }

  void passwordsChange() {
    create("1", "john", "john@x");
    const std::string session = login(R"({"username":"john","password":"secret"})");
    const std::string wrong =
        "401 go.micro.srv.user.updatepassword "
        "crypto/bcrypt: hashedPassword is not the hash of the given password";
    expect(wrong, call("UpdatePassword", R"({"userId":"1","oldPassword":"x","newPassword":"y"})"));
    expect(wrong, call("UpdatePassword", R"({"userId":"2","oldPassword":"x","newPassword":"y"})"));
    expect("400 go.micro.srv.user.updatepassword confirmPassword is not newPassword",
           call("UpdatePassword", R"({"userId":"1","oldPassword":"secret","newPassword":"fresh",)"
                                  R"("confirmPassword":"frehs"})"));
    expect("{}",
           call("UpdatePassword", R"({"userId":"1","oldPassword":"secret","newPassword":"fresh",)"
                                  R"("confirmPassword":"fresh"})"));
    expect("404 go.micro.srv.user.ReadSession not found",
           call("ReadSession", R"({"sessionId":")" + session + "\"}"));
    expect(kWrong, call("Login", R"({"username":"john","password":"secret"})"));
    login(R"({"username":"john","password":"fresh"})");
  }

  void searches() {
    for (const char* name : {"c", "a", "b"}) create(name, name, std::string(name) + "@x");
    expectNames("abc", "{}");
    expectNames("ab", R"({"limit":2})");
    expectNames("bc", R"({"limit":2,"offset":1})");
    expectNames("", R"({"offset":3})");
    expectNames("b", R"({"username":"b"})");
    expectNames("b", R"({"username":"b","email":"b@x"})");
    expectNames("", R"({"username":"b","email":"a@x"})");
    expectNames("", R"({"username":"B"})");  // as it is written
    expectNames("", R"({"username":"' or '1'='1"})");
    expect("400 go.micro.srv.user.Search limit and offset must not be negative",
           call("Search", R"({"limit":-1})"));
  }

  void wrongCalls() {
    const std::string long36(36, 'i');
    const std::string long255(255, 'n');
    const std::string long1024(1'024, 'p');
    expect("{}", call("Create", newUser(long36, long255, "a@x", long1024)));
    const struct {
      std::string method;
      std::string request;
      std::string error;
    } rows[] = {
        {"Create", newUser(long36 + "i", "n", "e"), "400 go.micro.srv.user.Create id must not be"},
        {"Create", newUser("1", long255 + "n", "e"),
         "400 go.micro.srv.user.Create username and email must not be"},
        {"Create", newUser("1", "n", "e", long1024 + "p"),
         "400 go.micro.srv.user.Create password must not be longer"},
        {"Create", newUser("1", "n", "e", ""),
         "400 go.micro.srv.user.Create password cannot be blank"},
        {"Create", newUser("1", "n", "e", "a\\u0000b"),
         "400 go.micro.srv.user.Create password must not contain NUL"},
        {"Create", newUser("1", "n\\u0000", "e"),
         "400 go.micro.srv.user.Create text must not contain NUL"},
        {"Create", newUser("", "n", "e"), "400 go.micro.srv.user.Create id cannot be blank"},
        {"Create", newUser("1", "", "e"), "400 go.micro.srv.user.Create username cannot be"},
        {"Create", newUser("1", "n", ""), "400 go.micro.srv.user.Create email cannot be blank"},
        {"Read", "{}", "400 go.micro.srv.user.Read id cannot be blank"},
        {"Login", R"({"password":"x"})",
         "400 go.micro.srv.user.login username and email cannot be blank"},
        {"UpdatePassword", R"({"newPassword":"x"})",
         "400 go.micro.srv.user.updatepassword userId cannot be blank"},
        {"UpdatePassword", R"({"userId":"1"})",
         "400 go.micro.srv.user.updatepassword password cannot be blank"},
    };
    for (const auto& row : rows) expectIn(row.error, call(row.method, row.request));
  }

  // One is being hashed and one may wait: the others are refused, and the service answers on.
  void tooManyAtOnce() {
    start(backend_->url(), {"--hash_queue", "1"});
    create("1", "john", "john@x");
    int good = 0;
    int refused = 0;
    int other = 0;
    constexpr int kAtOnce = 20;
    for (int i = 0; i < kAtOnce; ++i) {
      begin("Login", R"({"username":"john","password":"secret"})", [&](const std::string& answer) {
        if (answer.find("\"session\"") != std::string::npos) {
          ++good;
        } else if (answer.find("429 go.micro.srv.user.login too many passwords") == 0) {
          ++refused;
        } else {
          ++other;
        }
      });
    }
    CPPUNIT_ASSERT(
        test::turnUntil(caller_->loop(), [&] { return good + refused + other == kAtOnce; }));
    CPPUNIT_ASSERT_EQUAL(0, other);
    CPPUNIT_ASSERT(good >= 2);
    CPPUNIT_ASSERT(refused >= 1);
  }

 private:
  std::optional<Backend> backend_;
};

// What may happen to the file of SQLite.
class UserFileTest final : public UserFixture {
  CPPUNIT_TEST_SUITE(UserFileTest);
  CPPUNIT_TEST(aFileThatIsGoneIsMissed);
  CPPUNIT_TEST(aBackupTakesItsPlace);
  CPPUNIT_TEST(aFileThatCannotGrowIsNoEnd);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    UserFixture::setUp();
    std::signal(SIGXFSZ, SIG_IGN);  // which a program that is started inherits
    start("sqlite:" + path());
    std::signal(SIGXFSZ, SIG_DFL);
    create("1", "john", "john@x");
  }

  // Symptom: the service went on with a file that had been removed, and all was lost at its end.
  void aFileThatIsGoneIsMissed() {
    CPPUNIT_ASSERT_EQUAL(0, std::rename(path().c_str(), folder_.file("away.db").c_str()));
    const std::string missing = "database: the file is missing or cannot be used";
    expect("503 go.micro.srv.user.Create " + missing, call("Create", newUser("2", "jim", "jim@x")));
    expect("503 go.micro.srv.user.Read " + missing, call("Read", R"({"id":"1"})"));
    awaitPage("/health", "503 not ok: " + missing + "\n");
    expect("503 go.micro.srv.user.login " + missing,
           call("Login", R"({"username":"john","password":"secret"})"));
    // It has all that was written, although that was still in the log.
    CPPUNIT_ASSERT_EQUAL(0, std::rename(folder_.file("away.db").c_str(), path().c_str()));
    login(R"({"username":"john","password":"secret"})");
    create("2", "jim", "jim@x");
    awaitPage("/health", "200 ok\n");
    CPPUNIT_ASSERT(service_->process().prints(path() + ": " + missing));
  }

  void aBackupTakesItsPlace() {
    const std::string backup = folder_.file("backup.db");
    CPPUNIT_ASSERT_EQUAL(0, std::rename(path().c_str(), backup.c_str()));
    expectIn("503 ", call("Read", R"({"id":"1"})"));
    std::ofstream(path()).flush();  // an empty one gets its tables
    expect("404 go.micro.srv.user.Read not found", call("Read", R"({"id":"1"})"));
    create("2", "jim", "jim@x");
    CPPUNIT_ASSERT_EQUAL(0, std::rename(backup.c_str(), path().c_str()));
    expectIn("john", call("Read", R"({"id":"1"})"));
    expect("404 go.micro.srv.user.Read not found", call("Read", R"({"id":"2"})"));
    create("3", "jim", "jim@x");
  }

  void aFileThatCannotGrowIsNoEnd() {
    limitFiles(1);
    expect("503 go.micro.srv.user.Create database: disk I/O error",
           call("Create", newUser("2", "jim", "jim@x")));
    expectIn("john", call("Read", R"({"id":"1"})"));
    awaitPage("/health", "503 not ok: database: disk I/O error\n");
    limitFiles(RLIM_INFINITY);
    create("2", "jim", "jim@x");
    awaitPage("/health", "200 ok\n");
  }

 private:
  std::string path() const { return folder_.file("user.db"); }
  void limitFiles(rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    CPPUNIT_ASSERT_EQUAL(0, ::prlimit(service_->process().pid(), RLIMIT_FSIZE, &limit, nullptr));
  }

  test::TemporaryFolder folder_;
};

// What only the database itself can bring about.
class UserDatabaseTest final : public UserFixture {
  CPPUNIT_TEST_SUITE(UserDatabaseTest);
  CPPUNIT_TEST(hashesOfTheGoServiceAreUnderstoodAndRenewed);
  CPPUNIT_TEST(twoLoginsRenewAHash);
  CPPUNIT_TEST(aLoginBesideANewPasswordIsRefused);
  CPPUNIT_TEST(aLoginBesideOtherChangesIsSeenByThem);
  CPPUNIT_TEST(sessionsExpire);
  CPPUNIT_TEST(comesBackWithItsDatabase);
  CPPUNIT_TEST(makesItsTablesAgain);
  CPPUNIT_TEST(aDatabaseThatOnlyReadsIsNoEnd);
  CPPUNIT_TEST(addressesAreChecked);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    UserFixture::setUp();
    database_.emplace();
    start(database_->url());
  }
  void tearDown() override {
    UserFixture::tearDown();
    database_.reset();
  }

  void hashesOfTheGoServiceAreUnderstoodAndRenewed() {
    database_->sql(kAccountOfGo);
    expect(kWrong, call("Login", R"({"username":"john","password":"old secreT"})"));
    login(R"({"username":"john","password":"old secret"})");
    CPPUNIT_ASSERT_EQUAL(std::string("$argon2id$\n"),
                         database_->sql("select substr(password, 1, 10) from accounts"));
    login(R"({"username":"john","password":"old secret"})");
    expect(kWrong, call("Login", R"({"username":"john","password":"old secreT"})"));
  }

  // Symptom: the second was refused, because the hash that it had verified was gone.
  void twoLoginsRenewAHash() {
    database_->sql(kAccountOfGo);
    int good = 0;
    std::string other;
    for (int i = 0; i < 2; ++i) {
      begin("Login", R"({"username":"john","password":"old secret"})", [&](const auto& answer) {
        if (answer.find("\"session\"") != std::string::npos) {
          ++good;
        } else {
          other = answer;
        }
      });
    }
    CPPUNIT_ASSERT(test::turnUntil(caller_->loop(), [&] { return good == 2 || !other.empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::string(), other);
  }

  // Symptom: it had read the old password, and added its session after all had been ended.
  void aLoginBesideANewPasswordIsRefused() {
    create("1", "john", "john@x");
    test::PostgresTransaction change(*database_, "update accounts set password = 'other'");
    std::string answer;
    begin("Login", R"({"username":"john","password":"secret"})",
          [&](const std::string& text) { answer = text; });
    change.commitOnceAwaited("delete from sessions");
    CPPUNIT_ASSERT(test::turnUntil(caller_->loop(), [&] { return !answer.empty(); }));
    expect(kWrong, answer);
    expect("0\n", database_->sql("select count(*) from sessions"));
  }

  // Symptom: the session of a deleted account, or under its former name, was there for whoever got
  // that name next.
  void aLoginBesideOtherChangesIsSeenByThem() {
    const struct {
      const char* method;
      std::string request;
      const char* session;
    } rows[] = {
        {"Update", R"({"user":)" + user("1", "jack", "john@x") + "}", R"("username":"jack")"},
        {"Delete", R"({"id":"1"})", "404 go.micro.srv.user.ReadSession not found"},
    };
    for (const auto& row : rows) {
      database_->sql("delete from accounts; delete from sessions");
      create("1", "john", "john@x");
      test::PostgresTransaction login(*database_,
                                      "insert into sessions select 'late', username, 1, 9999999999 "
                                      "from accounts where id = '1' for update");
      std::string answer;
      begin(row.method, row.request, [&](const std::string& text) { answer = text; });
      login.commitOnceAwaited();
      CPPUNIT_ASSERT(test::turnUntil(caller_->loop(), [&] { return !answer.empty(); }));
      expect("{}", answer);
      expectIn(row.session, call("ReadSession", R"({"sessionId":"late"})"));
    }
  }

  void sessionsExpire() {
    create("1", "john", "john@x");
    const std::string request =
        R"({"sessionId":")" + login(R"({"username":"john","password":"secret"})") + "\"}";
    CPPUNIT_ASSERT_EQUAL(std::string("604800\n"),
                         database_->sql("select expires - created from sessions"));
    expectIn("john", call("ReadSession", request));
    database_->sql("update sessions set expires = floor(extract(epoch from now()))");
    expect("404 go.micro.srv.user.ReadSession not found", call("ReadSession", request));
  }

  void comesBackWithItsDatabase() {
    create("1", "john", "john@x");
    awaitPage("/health", "200 ok\n");
    database_->kill();
    // At first there may be connections that are not known to be broken.
    std::string answer = "500";
    for (int i = 0; i < 50 && answer.rfind("500", 0) == 0; ++i) {
      answer = call("Read", R"({"id":"1"})");
    }
    expect("503 go.micro.srv.user.Read database: cannot be reached", answer);
    awaitPage("/health", "503 not ok: database: cannot be reached\n");
    awaitPage("/health/ready", "503 not ready: database: cannot be reached\n");
    awaitPage("/health/live", "200 ok\n");
    database_->start();
    awaitPage("/health", "200 ok\n");
    awaitPage("/health/ready", "200 ok\n");
    for (int i = 0; i < 20 && answer.find("john") == std::string::npos; ++i) {
      answer = call("Read", R"({"id":"1"})");
    }
    expectIn("john", answer);
  }

  void makesItsTablesAgain() {
    create("1", "john", "john@x");
    database_->sql("drop table accounts, sessions");
    soon("Create", newUser("2", "jim", "jim@x"), "{}");
    expect("404 go.micro.srv.user.Read not found", call("Read", R"({"id":"1"})"));
    login(R"({"username":"jim","password":"secret"})");
  }

  void aDatabaseThatOnlyReadsIsNoEnd() {
    create("1", "john", "john@x");
    database_->sql("alter database postgres set default_transaction_read_only = on");
    database_->sql(kEndOthers);
    const std::string refused =
        "503 go.micro.srv.user.Create database: cannot execute INSERT in a read-only transaction";
    soon("Create", newUser("2", "jim", "jim@x"), refused);
    expectIn("john", call("Read", R"({"id":"1"})"));
    const std::string why = "database: cannot execute INSERT in a read-only transaction\n";
    awaitPage("/health", "503 not ok: " + why);
    database_->sql(
        "begin read write; alter database postgres reset default_transaction_read_only; commit");
    soon("Create", newUser("2", "jim", "jim@x"), "{}");
  }

  void addressesAreChecked() {
    for (const char* url : {"postgres://u:hush%zz@h/d", "postgres://h/d?hush=1", "hush://h", ""}) {
      const test::Finished end =
          test::run({TEST_BUILD_DIR "/examples/user_srv", "--registry_address", agent_->address(),
                     "--database_url", std::string(url) + " "});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(url, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("address of the database") != end.err.npos);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("hush") == end.err.npos);
    }
  }

 private:
  // With the password "old secret".
  static constexpr const char* kAccountOfGo =
      "insert into accounts values ('1', 'john', 'john@x', 'AbCdEfGhIjKlMnOp', "
      "'JDJhJDEwJFhhampRdk5odnZSdDVHU2VGazF4RmV2WlE2RlBNYzBVM1N1UGozN0pGM3FpNkJrcWRoTmUy', 1, 1)";
  static constexpr const char* kEndOthers =
      "select count(pg_terminate_backend(pid)) from pg_stat_activity "
      "where pid <> pg_backend_pid() and backend_type = 'client backend'";

  // At first there are connections that do not know yet.
  void soon(const std::string& method, const std::string& request, const std::string& expected) {
    std::string answer;
    for (int i = 0; i < 100 && answer != expected; ++i) answer = call(method, request);
    expect(expected, answer);
  }

  std::optional<test::PostgresServer> database_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserProgramTest<UserInSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(UserProgramTest<UserInPostgres>);
CPPUNIT_TEST_SUITE_REGISTRATION(UserFileTest);
CPPUNIT_TEST_SUITE_REGISTRATION(UserDatabaseTest);

}  // namespace evmicro
