#include <evmicro/etcd_registry.h>

#include <cstdlib>

#include <evmicro/conformance/registry_contract.h>

#include "registry/etcd/messages.h"
#include "support/ports.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::ScriptedServer;
using Request = ScriptedServer::Request;
using Reply = ScriptedServer::Reply;

namespace {
constexpr const char* kAuthenticate = "/v3/auth/authenticate";
}

// What goes over the wire, against members that answer by script. That the registry works as one is
// seen by the contract's tests on a real etcd.
class EtcdRegistryTest : public test::RegistryFixture {
  CPPUNIT_TEST_SUITE(EtcdRegistryTest);
  CPPUNIT_TEST(hasANameAndAnAddress);
  CPPUNIT_TEST(announcingIsALeaseAndAKey);
  CPPUNIT_TEST(withoutTtlThereIsNoLease);
  CPPUNIT_TEST(aLeaseThatHasEndedIsNotFound);
  CPPUNIT_TEST(announcingAgainTakesANewLease);
  CPPUNIT_TEST(failedGrantIsAnErrorAndPutsNothing);
  CPPUNIT_TEST(failedPutIsAnErrorAndIsNotRenewed);
  CPPUNIT_TEST(takingBackGoesOnAfterAnError);
  CPPUNIT_TEST(badAddressIsReportedByEveryCall);
  CPPUNIT_TEST(errorsTellWhoAnsweredWhat);
  CPPUNIT_TEST(hostileAnswersAreErrors);
  CPPUNIT_TEST(nextMemberIsTriedAndKept);
  CPPUNIT_TEST(logsInOnceForAllWhoWait);
  CPPUNIT_TEST(expiredTokenIsRenewedOnce);
  CPPUNIT_TEST(tokenOfAnOldAuthStoreIsRenewed);
  CPPUNIT_TEST(clusterWithoutAuthenticationIsUsedUntilItIsEnabled);
  CPPUNIT_TEST(refusedLogInIsToldToAllWhoWait);
  CPPUNIT_TEST(callbackOfARefusedLogInMayDestroyTheRegistry);
  CPPUNIT_TEST(environmentTellsTheUser);
  CPPUNIT_TEST(cancelledBetweenGrantAndPut);
  CPPUNIT_TEST(destroyedBetweenGrantAndPut);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    registry_.reset();
    second_.reset();
    first_.reset();
    RegistryFixture::tearDown();
    clearEnvironment();
  }

  void hasANameAndAnAddress() {
    CPPUNIT_ASSERT_EQUAL(std::string("etcd"), std::string(registry_->name()));
    CPPUNIT_ASSERT_EQUAL(first_->address(), registry_->address());
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:2379"), make({})->address());
    CPPUNIT_ASSERT_EQUAL(std::string("a:2379"), make({"https://a/"})->address());
  }

  void announcingIsALeaseAndAKey() {
    CPPUNIT_ASSERT(announce(service("x"), 1500ms).ok());
    CPPUNIT_ASSERT((std::vector<std::string>{"/v3/lease/grant", "/v3/kv/txn"}) == paths(*first_));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"TTL":"2"})"), first_->requests()[0].body);
    const Request& put = first_->requests()[1];
    CPPUNIT_ASSERT_EQUAL(std::string("POST"), put.method);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), put.header("Content-Type"));
    CPPUNIT_ASSERT_EQUAL(std::string(), put.header("Authorization"));
    CPPUNIT_ASSERT_EQUAL(
        detail::writeBody("/micro/registry/x/x-1",
                          R"({"name":"x","version":"1.0","metadata":null,"endpoints":null,"nodes":)"
                          R"([{"id":"x-1","address":"127.0.0.1:9000","port":0,"metadata":)"
                          R"({"zone":"a"}}]})",
                          42),
        put.body);
  }

  void withoutTtlThereIsNoLease() {
    CPPUNIT_ASSERT(announce(service("x")).ok());
    CPPUNIT_ASSERT((std::vector<std::string>{"/v3/kv/txn"}) == paths(*first_));
    CPPUNIT_ASSERT(first_->requests()[0].body.find(R"("lease":"0")") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("registry: etcd: node x-1 was not registered with a TTL"),
                         renew(service("x")).detail());
  }

  // etcd answers a TTL of 0, or none, for a lease that it no longer has. Registering again starts
  // anew.
  void aLeaseThatHasEndedIsNotFound() {
    for (const std::string ttl : {R"(,"TTL":"1")", R"(,"TTL":"0")", ""}) {
      CPPUNIT_ASSERT(announce(service("x"), 30s).ok());
      const auto reply = ScriptedServer::reply(200, R"({"result":{"ID":"42")" + ttl + "}}");
      firstScript_ = [reply](const Request& request) {
        return request.target == "/v3/lease/keepalive" ? reply : etcd(request);
      };
      const Status status = renew(service("x"));
      const bool lives = ttl.find('1') != std::string::npos;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), lives, status.ok());
      if (lives) continue;
      CPPUNIT_ASSERT_EQUAL(
          "registry: etcd " + first_->address() + ": the lease of node x-1 has ended",
          status.detail());
      CPPUNIT_ASSERT(status.kind() == ErrorKind::kNotFound);
      CPPUNIT_ASSERT_EQUAL(std::string("registry: etcd: node x-1 was not registered with a TTL"),
                           renew(service("x")).detail());
    }
  }

  void announcingAgainTakesANewLease() {
    CPPUNIT_ASSERT(announce(service("x"), 30s).ok());
    lease_ = "43";
    CPPUNIT_ASSERT(announce(service("x"), 30s).ok());
    CPPUNIT_ASSERT(renew(service("x")).ok());
    const auto& requests = first_->requests();
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"ID":"43"})"), requests[requests.size() - 2].body);
    // The heartbeat proves the key, too: it is written again unless it is as it was registered.
    CPPUNIT_ASSERT_EQUAL(std::string("/v3/kv/txn"), requests.back().target);
    CPPUNIT_ASSERT_EQUAL(requests[requests.size() - 3].body, requests.back().body);
  }

  void failedGrantIsAnErrorAndPutsNothing() {
    firstScript_ =
        failing("/v3/lease/grant", 503, R"({"error":"etcdserver: no leader","code":14})");
    const Status status = announce(service("x"), 30s);
    CPPUNIT_ASSERT_EQUAL("registry: etcd " + first_->address() +
                             ": answered 503 to POST /v3/lease/grant: etcdserver: no leader",
                         status.detail());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), first_->requests().size());
  }

  void failedPutIsAnErrorAndIsNotRenewed() {
    firstScript_ =
        failing("/v3/kv/txn", 404, R"({"error":"etcdserver: requested lease not found"})");
    CPPUNIT_ASSERT(announce(service("x"), 30s).kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT(renew(service("x")).kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), first_->requests().size());
  }

  void takingBackGoesOnAfterAnError() {
    ServiceInfo pair = service("x");
    pair.nodes.push_back({"x-2", "127.0.0.1", 9001, {}});
    firstScript_ = [](const Request& request) {
      const bool bad = request.body == detail::deleteBody("/micro/registry/x/x-1");
      return bad ? ScriptedServer::reply(403, "") : etcd(request);
    };
    CPPUNIT_ASSERT_EQUAL(403, deregister(pair).code());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), first_->requests().size());
  }

  void badAddressIsReportedByEveryCall() {
    registry_ = make({first_->address(), "ftp://run/etcd"});
    const std::string expected =
        "registry: etcd address \"ftp://run/etcd\": expected host:port, http(s)://host:port "
        "(IPv6 in brackets) or unix:///path";
    CPPUNIT_ASSERT_EQUAL(expected, get("x").status().detail());
    CPPUNIT_ASSERT_EQUAL(expected, announce(service("x")).detail());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), first_->requests().size());
  }

  void errorsTellWhoAnsweredWhat() {
    const std::string who = "registry: etcd " + first_->address() + ": answered ";
    firstScript_ = failing("/v3/", 403, R"({"error":"etcdserver: permission denied","code":7})");
    Status status = get("x").status();
    CPPUNIT_ASSERT_EQUAL(who + "403 to POST /v3/kv/range: etcdserver: permission denied",
                         status.detail());
    CPPUNIT_ASSERT_EQUAL(403, status.code());
    firstScript_ = failing("/v3/", 404, "404 page\tnot found\r\nand more");
    CPPUNIT_ASSERT_EQUAL(who + "404 to POST /v3/kv/range: 404 page not found",
                         get("x").status().detail());
    firstScript_ = failing("/v3/", 500, std::string(10'000, 'x'));
    CPPUNIT_ASSERT(get("x").status().detail().size() < 400);
  }

  void hostileAnswersAreErrors() {
    for (const char* body :
         {"", "<html>not an etcd</html>", "null", "[]", "\"x\"", "{}", "{\"header\":7}",
          R"({"header":{"revision":"x"}})", R"({"header":{"revision":"1x"}})",
          R"({"header":{"revision":""}})", R"({"header":{"revision":"0"}})",
          R"({"header":{"revision":"1"},"kvs":{}})", R"({"header":{"revision":"1"},"kvs":[7]})",
          R"({"header":{"revision":"1"},"kvs":[{"key":"?"}]})",
          R"({"header":{"revision":"1"},"kvs":[{"key":"eA==","value":7}]})",
          R"({"header":{"revision":"99999999999999999999"}})"}) {
      firstScript_ = failing("/v3/", 200, body);
      for (const Status& status : {get("x").status(), list().status()}) {
        CPPUNIT_ASSERT_MESSAGE(body, status.kind() == ErrorKind::kInternal);
        const std::string start =
            "registry: etcd " + first_->address() + ": unusable answer to POST /v3/kv/range: ";
        CPPUNIT_ASSERT_EQUAL(start, status.detail().substr(0, start.size()));
      }
      CPPUNIT_ASSERT_MESSAGE(body, !announce(service("x"), 30s).ok());
    }
    firstScript_ = [](const Request& request) { return etcd(request); };
    CPPUNIT_ASSERT(announce(service("x"), 30s).ok());
    for (const char* path : {"/v3/lease/keepalive", "/v3/kv/txn"}) {
      firstScript_ = failing(path, 200, "{}");
      CPPUNIT_ASSERT_MESSAGE(path, renew(service("x")).kind() == ErrorKind::kInternal);
    }
  }

  void nextMemberIsTriedAndKept() {
    for (const Reply& failure : {ScriptedServer::reply(503, "no leader"), Reply{},
                                 Reply{"", ScriptedServer::Then::kClose, {}}}) {
      firstScript_ = [&failure](const Request&) { return failure; };
      registry_ = make({first_->address(), second_->address()});
      const std::size_t before = first_->requests().size();
      for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(list().ok());
      CPPUNIT_ASSERT_EQUAL(second_->address(), registry_->address());
      CPPUNIT_ASSERT_EQUAL(before + 1, first_->requests().size());
    }
    const std::string dead = test::freeAddress();
    secondScript_ = failing("/v3/", 503, "no leader");
    registry_ = make({dead, second_->address()});
    CPPUNIT_ASSERT_EQUAL("registry: etcd " + dead + ": connection refused; etcd " +
                             second_->address() + ": answered 503 to POST /v3/kv/range: no leader",
                         list().status().detail());
  }

  void logsInOnceForAllWhoWait() {
    registry_ = make({first_->address()}, "root");
    int ran = 0;
    std::vector<Call> calls;
    for (int i = 0; i < 3; ++i) {
      calls.push_back(registry_->listServices([&](const auto& names) { ran += names.ok(); }));
    }
    registry_->listServices([&](const auto&) { ran = 100; }).cancel();
    CPPUNIT_ASSERT(turnUntil([&] { return ran == 3; }));
    CPPUNIT_ASSERT_EQUAL(std::string(kAuthenticate), first_->requests()[0].target);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"name":"root","password":"se\"cret"})"),
                         first_->requests()[0].body);
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), first_->requests().size());
    for (std::size_t i = 1; i < 4; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string("token.1"), first_->requests()[i].header("Authorization"));
    }
  }

  void expiredTokenIsRenewedOnce() {
    registry_ = make({first_->address()}, "root");
    CPPUNIT_ASSERT(list().ok());
    token_ = "token.2";
    firstScript_ = [](const Request& request) {
      const bool old = request.header("Authorization") == "token.1";
      return old ? ScriptedServer::reply(401, R"({"error":"etcdserver: invalid auth token"})")
                 : etcd(request);
    };
    CPPUNIT_ASSERT(list().ok());
    token_ = "token.1";  // no better than the one before: once is enough
    firstScript_ = failing("/v3/kv/range", 401, "{\"error\":\"go away\"}");
    CPPUNIT_ASSERT_EQUAL(401, list().status().code());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2 + 3 + 3), first_->requests().size());
  }

  // With JWT any change of a user or role makes all tokens void, with another status.
  void tokenOfAnOldAuthStoreIsRenewed() {
    for (const char* const error :
         {"etcdserver: revision of auth store is old", "etcdserver: user name is empty"}) {
      token_ = "token.1";
      firstScript_ = etcd;
      registry_ = make({first_->address()}, "root");
      CPPUNIT_ASSERT(list().ok());
      token_ = "token.2";
      firstScript_ = [error](const Request& request) {
        const bool old = request.header("Authorization") == "token.1";
        return old ? ScriptedServer::reply(400, "{\"error\":\"" + std::string(error) + "\"}")
                   : etcd(request);
      };
      const std::size_t before = first_->requests().size();
      CPPUNIT_ASSERT_MESSAGE(error, list().ok());
      CPPUNIT_ASSERT_EQUAL(before + 3, first_->requests().size());
    }
    // Other errors with this status are no reason to log in.
    firstScript_ = failing("/v3/kv/range", 400, R"({"error":"etcdserver: key is not provided"})");
    const std::size_t before = first_->requests().size();
    CPPUNIT_ASSERT(!list().ok());
    CPPUNIT_ASSERT_EQUAL(before + 1, first_->requests().size());
  }

  void clusterWithoutAuthenticationIsUsedUntilItIsEnabled() {
    firstScript_ = failing("/v3/auth/", 412,
                           R"({"error":"etcdserver: authentication is not enabled","code":9})");
    registry_ = make({first_->address()}, "root");
    CPPUNIT_ASSERT(list().ok());
    CPPUNIT_ASSERT(list().ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), first_->requests().size());
    CPPUNIT_ASSERT_EQUAL(std::string(), first_->requests()[2].header("Authorization"));
    firstScript_ = [](const Request& request) {
      const bool none = request.header("Authorization").empty() && request.target != kAuthenticate;
      return none ? ScriptedServer::reply(400, R"({"error":"etcdserver: user name is empty"})")
                  : etcd(request);
    };
    CPPUNIT_ASSERT(list().ok());
    CPPUNIT_ASSERT_EQUAL(std::string("token.1"), first_->requests().back().header("Authorization"));
    firstScript_ = failing("/v3/auth/", 412, R"({"error":"other"})");
    registry_ = make({first_->address()}, "root");
    CPPUNIT_ASSERT_EQUAL(412, list().status().code());
  }

  void refusedLogInIsToldToAllWhoWait() {
    registry_ = make({first_->address()}, "root");
    firstScript_ = failing("/v3/auth/", 400, R"({"error":"etcdserver: authentication failed"})");
    int ran = 0;
    std::vector<Call> calls;
    for (int i = 0; i < 3; ++i) {
      calls.push_back(registry_->listServices(
          [&](const auto& names) { ran += names.status().kind() == ErrorKind::kInvalid; }));
    }
    CPPUNIT_ASSERT(turnUntil([&] { return ran == 3; }));
    firstScript_ = failing("/v3/auth/", 200, "{}");
    CPPUNIT_ASSERT_EQUAL("registry: etcd " + first_->address() +
                             ": unusable answer to POST /v3/auth/authenticate: token: expected a "
                             "string",
                         list().status().detail());
  }

  void callbackOfARefusedLogInMayDestroyTheRegistry() {
    registry_ = make({first_->address()}, "root");
    firstScript_ = failing("/v3/auth/", 400, "");
    int ran = 0;
    std::vector<Call> calls;
    for (int i = 0; i < 3; ++i) {
      calls.push_back(registry_->listServices([&](const auto&) {
        ++ran;
        registry_.reset();
      }));
    }
    CPPUNIT_ASSERT(turnUntil([&] { return ran > 0; }));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }

  void environmentTellsTheUser() {
    ::setenv("ETCD_USERNAME", "root", 1);
    ::setenv("ETCD_PASSWORD", "from environment", 1);
    registry_ = make({first_->address()});
    CPPUNIT_ASSERT(list().ok());
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"name":"root","password":"from environment"})"),
                         first_->requests()[0].body);
  }

  void cancelledBetweenGrantAndPut() {
    bool ran = false;
    Call call = registry_->registerService(service("x"), {30s}, [&](const Status&) { ran = true; });
    firstScript_ = [&](const Request& request) {
      call.cancel();  // the reply is on its way when the caller loses interest
      return etcd(request);
    };
    CPPUNIT_ASSERT(turnUntil([&] { return first_->requests().size() == 1; }));
    CPPUNIT_ASSERT(list().ok());
    CPPUNIT_ASSERT((std::vector<std::string>{"/v3/lease/grant", "/v3/kv/range"}) == paths(*first_));
    CPPUNIT_ASSERT(!ran);
  }

  void destroyedBetweenGrantAndPut() {
    bool ran = false;
    Call call = registry_->registerService(service("x"), {30s}, [&](const Status&) { ran = true; });
    firstScript_ = [&](const Request& request) {
      if (request.target == "/v3/kv/txn") registry_.reset();
      return etcd(request);
    };
    CPPUNIT_ASSERT(turnUntil([&] { return registry_ == nullptr; }));
    CPPUNIT_ASSERT(turnUntil([&] { return first_->open() == 0; }));
    CPPUNIT_ASSERT(!ran);
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    clearEnvironment();
    first_ = std::make_unique<ScriptedServer>(loop, [this](auto& r) { return firstScript_(r); });
    second_ = std::make_unique<ScriptedServer>(loop, [this](auto& r) { return secondScript_(r); });
    firstScript_ = secondScript_ = [](const Request& request) { return etcd(request); };
    return make({first_->address()});
  }

 private:
  static void clearEnvironment() {
    lease_ = "42";
    token_ = "token.1";
    ::unsetenv("ETCD_USERNAME");
    ::unsetenv("ETCD_PASSWORD");
  }

  std::unique_ptr<Registry> make(std::vector<std::string> addresses, std::string user = {}) {
    EtcdOptions options;
    options.addresses = std::move(addresses);
    options.timeout = 200ms;
    if (!user.empty()) options.password = "se\"cret";
    options.user = std::move(user);
    return makeEtcdRegistry(*loop_, options);
  }

  // As an etcd answers that keeps nothing.
  static Reply etcd(const Request& request) {
    const std::string header = R"({"header":{"revision":"7"})";
    if (request.target == "/v3/lease/grant") {
      return ScriptedServer::reply(200, header + R"(,"ID":")" + lease_ + R"(","TTL":"30"})");
    }
    if (request.target == "/v3/lease/keepalive") {
      return ScriptedServer::reply(200, R"({"result":{"ID":")" + lease_ + R"(","TTL":"30"}})");
    }
    if (request.target == kAuthenticate) {
      return ScriptedServer::reply(200, header + R"(,"token":")" + token_ + "\"}");
    }
    return ScriptedServer::reply(200, header + "}");
  }
  static ScriptedServer::Script failing(const std::string& path, int code,
                                        const std::string& body) {
    return [path, reply = ScriptedServer::reply(code, body)](const Request& request) {
      return request.target.rfind(path, 0) == 0 ? reply : etcd(request);
    };
  }
  static std::vector<std::string> paths(const ScriptedServer& server) {
    std::vector<std::string> result;
    for (const Request& request : server.requests()) result.push_back(request.target);
    return result;
  }

  static inline std::string lease_;
  static inline std::string token_;
  ScriptedServer::Script firstScript_;
  ScriptedServer::Script secondScript_;
  std::unique_ptr<ScriptedServer> first_;
  std::unique_ptr<ScriptedServer> second_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EtcdRegistryTest);

}  // namespace evmicro
