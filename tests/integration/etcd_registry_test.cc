#include <evmicro/etcd_registry.h>

#include <evmicro/conformance/registry_contract.h>

#include "json/base64.h"
#include "registry/etcd/client.h"
#include "registry/etcd/messages.h"
#include "support/etcd_server.h"
#include "support/ports.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

// The cases that leave it running share one.
test::EtcdServer& sharedEtcd() {
  static test::EtcdServer etcd;
  return etcd;
}

std::string base64(std::string_view bytes) {
  std::string out;
  detail::appendBase64(out, bytes);
  return out;
}

std::unique_ptr<Registry> make(EventLoop& loop, const test::EtcdServer& etcd,
                               std::chrono::milliseconds timeout = 5s) {
  EtcdOptions options;
  options.addresses = {etcd.address()};
  options.timeout = timeout;
  options.probeInterval = 100ms;
  return makeEtcdRegistry(loop, options);
}

}  // namespace

/// The contract and more, against a real etcd.
class EtcdServerRegistryTest : public test::RegistryContract {
  CPPUNIT_TEST_SUB_SUITE(EtcdServerRegistryTest, test::RegistryContract);
  CPPUNIT_TEST(keysAreThoseOfGo);
  CPPUNIT_TEST(servicesOfGoAreFound);
  CPPUNIT_TEST(leaseIsTheTtlRoundedUp);
  CPPUNIT_TEST(revokedLeaseIsNotFoundOnce);
  CPPUNIT_TEST(heartbeatWritesALostKeyAgain);
  CPPUNIT_TEST(heartbeatWritesNothingNeedlessly);
  CPPUNIT_TEST(garbageInTheStoreHidesNoOther);
  CPPUNIT_TEST(slashesDoNotMixServicesUp);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    RegistryContract::tearDown();
    if (etcd_) etcd_->post("/v3/kv/deleterange", detail::rangeBody("/"));
  }

  void keysAreThoseOfGo() {
    CPPUNIT_ASSERT(announce(service("a/greeter"), 30s).ok());
    const std::string all = etcd_->post("/v3/kv/range", detail::rangeBody(detail::kEtcdPrefix));
    CPPUNIT_ASSERT(all.find(base64("/micro/registry/a-greeter/a-greeter-1")) != std::string::npos);
    CPPUNIT_ASSERT(
        all.find(base64(R"({"name":"a/greeter","version":"1.0","metadata":null,"endpoints":null,)"
                        R"("nodes":[{"id":"a/greeter-1","address":"127.0.0.1:9000","port":0,)"
                        R"("metadata":{"zone":"a"}}]})")) != std::string::npos);
  }

  void servicesOfGoAreFound() {
    put("/micro/registry/greeter/greeter-7",
        R"({"name":"greeter","version":"latest","metadata":null,"endpoints":[],"nodes":)"
        R"([{"id":"greeter-7","address":"10.0.0.1:8080","metadata":{"protocol":"mucp"}}]})");
    const auto services = get("greeter");
    CPPUNIT_ASSERT(services.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1"), services->at(0).nodes.at(0).address);
    CPPUNIT_ASSERT_EQUAL(std::uint16_t(8080), services->at(0).nodes.at(0).port);
  }

  void leaseIsTheTtlRoundedUp() {
    CPPUNIT_ASSERT(announce(service("leased"), 29'001ms).ok());
    const std::string leases = etcd_->post("/v3/lease/leases", "{}");
    bool found = false;
    for (const std::string& id : leaseIds(leases)) {
      const std::string lease =
          etcd_->post("/v3/lease/timetolive", "{\"ID\":\"" + id + "\",\"keys\":true}");
      if (lease.find(base64("/micro/registry/leased/leased-1")) == std::string::npos) continue;
      found = lease.find("\"grantedTTL\":\"30\"") != std::string::npos;
    }
    CPPUNIT_ASSERT(found);
  }

  void revokedLeaseIsNotFoundOnce() {
    CPPUNIT_ASSERT(announce(service("lost"), 30s).ok());
    CPPUNIT_ASSERT(renew(service("lost")).ok());
    for (const std::string& id : leaseIds(etcd_->post("/v3/lease/leases", "{}"))) {
      etcd_->post("/v3/lease/revoke", "{\"ID\":\"" + id + "\"}");
    }
    CPPUNIT_ASSERT(!found("lost"));
    const Status status = renew(service("lost"));
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT_EQUAL(
        "registry: etcd " + etcd_->address() + ": the lease of node lost-1 has ended",
        status.detail());
    CPPUNIT_ASSERT(announce(service("lost"), 30s).ok());
    CPPUNIT_ASSERT(renew(service("lost")).ok());
    CPPUNIT_ASSERT(found("lost"));
  }

  void heartbeatWritesALostKeyAgain() {
    const std::string key = "/micro/registry/lost/lost-1";
    CPPUNIT_ASSERT(announce(service("lost"), 30s).ok());
    etcd_->post("/v3/kv/deleterange", detail::deleteBody(key));
    CPPUNIT_ASSERT(!found("lost"));
    CPPUNIT_ASSERT(renew(service("lost")).ok());
    CPPUNIT_ASSERT(found("lost"));
    put(key, "something else");
    CPPUNIT_ASSERT(!found("lost"));
    CPPUNIT_ASSERT(renew(service("lost")).ok());
    CPPUNIT_ASSERT(found("lost"));
    // With its lease, not forever.
    for (const std::string& id : leaseIds(etcd_->post("/v3/lease/leases", "{}"))) {
      etcd_->post("/v3/lease/revoke", "{\"ID\":\"" + id + "\"}");
    }
    CPPUNIT_ASSERT(!found("lost"));
  }

  // A write wakes everybody who watches the key.
  void heartbeatWritesNothingNeedlessly() {
    CPPUNIT_ASSERT(announce(service("steady"), 30s).ok());
    CPPUNIT_ASSERT(announce(service("forever")).ok());
    const std::string range = detail::rangeBody(detail::kEtcdPrefix);
    const std::string before = etcd_->post("/v3/kv/range", range);
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT(renew(service("steady")).ok());
      CPPUNIT_ASSERT(announce(service("forever")).ok());
    }
    CPPUNIT_ASSERT_EQUAL(before, etcd_->post("/v3/kv/range", range));
  }

  void garbageInTheStoreHidesNoOther() {
    put("/micro/registry/x/x-0", "{\"name\":\"x\",\"nodes\":7}");
    put("/micro/registry/x/x-1", std::string("\xFF\x00{", 3));
    put("/micro/registry/x/x-2", "");
    CPPUNIT_ASSERT(get("x").status().kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT(announce(service("x", "3"), 30s).ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), get("x")->at(0).nodes.size());
    CPPUNIT_ASSERT((std::vector<std::string>{"x"}) == *list());
  }

  void slashesDoNotMixServicesUp() {
    CPPUNIT_ASSERT(announce(service("a/b", "1"), 30s).ok());
    CPPUNIT_ASSERT(!found("a-b"));
    CPPUNIT_ASSERT(announce(service("a-b", "2"), 30s).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("a/b-1"), get("a/b")->at(0).nodes.at(0).id);
    CPPUNIT_ASSERT_EQUAL(std::string("a-b-2"), get("a-b")->at(0).nodes.at(0).id);
    CPPUNIT_ASSERT((std::vector<std::string>{"a-b", "a/b"}) == *list());
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    etcd_ = &sharedEtcd();
    return make(loop, *etcd_);
  }

 private:
  void put(const std::string& key, const std::string& value) {
    etcd_->post("/v3/kv/txn", detail::writeBody(key, value, 0));
  }

  static std::vector<std::string> leaseIds(const std::string& leases) {
    const std::string start = "\"ID\":\"";
    std::vector<std::string> ids;
    for (std::size_t at = 0; (at = leases.find(start, at)) != std::string::npos;) {
      at += start.size();
      ids.push_back(leases.substr(at, leases.find('"', at) - at));
    }
    return ids;
  }

  test::EtcdServer* etcd_ = nullptr;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EtcdServerRegistryTest);

/// What the registry says when its etcd freezes, dies, forgets, or wants to know who it is.
class EtcdOutageTest : public test::RegistryFixture {
  CPPUNIT_TEST_SUITE(EtcdOutageTest);
  CPPUNIT_TEST(frozenEtcdIsTimeoutAndWorksOnceThawed);
  CPPUNIT_TEST(restartedEtcdRemembersLeases);
  CPPUNIT_TEST(wipedEtcdHasForgotten);
  CPPUNIT_TEST(deadEtcdIsUnavailable);
  CPPUNIT_TEST(userLogsIn);
  CPPUNIT_TEST(usersMayChangeWhileItIsUsed);
  CPPUNIT_TEST(followersOutliveARestart);
  CPPUNIT_TEST(followersLearnOfNewData);
  CPPUNIT_TEST(followersLearnOfAFreeze);
  CPPUNIT_TEST(followersGoOverToTheNextMember);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    RegistryFixture::tearDown();
    etcd_.reset();
  }

  void frozenEtcdIsTimeoutAndWorksOnceThawed() {
    registry_ = make(*loop_, *etcd_, 200ms);
    CPPUNIT_ASSERT(announce(service("patient"), 30s).ok());
    etcd_->freeze();
    const Status status = get("patient").status();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), true, status.kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT(renew(service("patient")).kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT(announce(service("patient"), 30s).kind() == ErrorKind::kTimeout);
    etcd_->thaw();
    registry_ = make(*loop_, *etcd_);
    CPPUNIT_ASSERT(announce(service("patient"), 30s).ok());
    CPPUNIT_ASSERT(found("patient"));
  }

  void restartedEtcdRemembersLeases() {
    CPPUNIT_ASSERT(announce(service("lasting"), 30s).ok());
    etcd_->kill();
    etcd_->start();
    const Status status = renew(service("lasting"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), true, status.ok());
    CPPUNIT_ASSERT(found("lasting"));
  }

  void wipedEtcdHasForgotten() {
    CPPUNIT_ASSERT(announce(service("reborn"), 30s).ok());
    etcd_->kill();
    etcd_->wipe();
    etcd_->start();
    CPPUNIT_ASSERT(renew(service("reborn")).kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT(!found("reborn"));
    CPPUNIT_ASSERT(announce(service("reborn"), 30s).ok());
    CPPUNIT_ASSERT(found("reborn"));
  }

  void deadEtcdIsUnavailable() {
    CPPUNIT_ASSERT(announce(service("orphan"), 30s).ok());
    etcd_->kill();
    const Status status = renew(service("orphan"));
    CPPUNIT_ASSERT_EQUAL("registry: etcd " + etcd_->address() + ": connection refused",
                         status.detail());
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT(get("orphan").status().kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT(deregister(service("orphan")).kind() == ErrorKind::kUnavailable);
  }

  void userLogsIn() {
    enableAuthentication();
    const std::string who = "registry: etcd " + etcd_->address() + ": answered 400 to POST ";
    CPPUNIT_ASSERT_EQUAL(who + "/v3/kv/range: etcdserver: user name is empty",
                         get("x").status().detail());
    EtcdOptions options;
    options.addresses = {etcd_->address()};
    options.user = "root";
    options.password = "wrong";
    registry_ = makeEtcdRegistry(*loop_, options);
    CPPUNIT_ASSERT_EQUAL(who +
                             "/v3/auth/authenticate: etcdserver: authentication failed, invalid "
                             "user ID or password",
                         get("x").status().detail());
    options.password = "se\"cret";
    registry_ = makeEtcdRegistry(*loop_, options);
    const auto told = follow("x");
    CPPUNIT_ASSERT(announce(service("x"), 30s).ok());
    CPPUNIT_ASSERT(found("x"));
    CPPUNIT_ASSERT(tells(*told, "x-1:1.0"));
  }

  // Programs get their user before authentication is enabled; and with JWT a change of any user
  // makes all tokens void.
  void usersMayChangeWhileItIsUsed() {
    etcd_ = std::make_unique<test::EtcdServer>(test::EtcdServer::Wire::kPlain,
                                               test::EtcdServer::Tokens::kJwt);
    EtcdOptions options;
    options.addresses = {etcd_->address()};
    options.user = "root";
    options.password = "se\"cret";
    registry_ = makeEtcdRegistry(*loop_, options);
    const auto told = follow("x");
    CPPUNIT_ASSERT(announce(service("x"), 30s).ok());
    CPPUNIT_ASSERT(tells(*told, "x-1:1.0"));
    enableAuthentication();
    CPPUNIT_ASSERT(found("x"));
    for (const char* const name : {"one", "two"}) {
      addUser(name);
      CPPUNIT_ASSERT_MESSAGE(name, get("x").ok());
      CPPUNIT_ASSERT_MESSAGE(name, renew(service("x")).ok());
    }
    addUser("three");
    CPPUNIT_ASSERT(announce(service("x", "2"), 30s).ok());
    CPPUNIT_ASSERT(tells(*told, "x-1:1.0 x-2:1.0"));
  }

  void followersOutliveARestart() {
    CPPUNIT_ASSERT(announce(service("lasting"), 30s).ok());
    const auto told = follow("lasting");
    CPPUNIT_ASSERT(tells(*told, "lasting-1:1.0"));
    etcd_->kill();
    CPPUNIT_ASSERT(tells(*told, "error"));
    etcd_->start();
    CPPUNIT_ASSERT(tells(*told, "lasting-1:1.0"));
    CPPUNIT_ASSERT(announce(service("lasting", "2"), 30s).ok());
    CPPUNIT_ASSERT(tells(*told, "lasting-1:1.0 lasting-2:1.0"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), told->news.size());
  }

  // Its revisions start again: waiting for the old ones would never end.
  void followersLearnOfNewData() {
    CPPUNIT_ASSERT(announce(service("old"), 30s).ok());
    for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT(announce(service("more"), 30s).ok());
    const auto told = follow("old");
    const auto names = followNames();
    CPPUNIT_ASSERT(tells(*told, "old-1:1.0"));
    CPPUNIT_ASSERT(tells(*names, "more old"));
    etcd_->kill();
    CPPUNIT_ASSERT(tells(*told, "error"));
    etcd_->wipe();
    etcd_->start();
    CPPUNIT_ASSERT(tells(*told, ""));
    CPPUNIT_ASSERT(tells(*names, ""));
    CPPUNIT_ASSERT(announce(service("old", "2"), 30s).ok());
    CPPUNIT_ASSERT(tells(*told, "old-2:1.0"));
    CPPUNIT_ASSERT(tells(*names, "old"));
  }

  void followersLearnOfAFreeze() {
    registry_ = make(*loop_, *etcd_, 200ms);
    CPPUNIT_ASSERT(announce(service("patient"), 30s).ok());
    const auto told = follow("patient");
    CPPUNIT_ASSERT(tells(*told, "patient-1:1.0"));
    etcd_->freeze();
    CPPUNIT_ASSERT(tells(*told, "error"));
    etcd_->thaw();
    CPPUNIT_ASSERT(tells(*told, "patient-1:1.0"));
  }

  void followersGoOverToTheNextMember() {
    EtcdOptions options;
    options.addresses = {etcd_->address(), sharedEtcd().address()};
    options.timeout = 200ms;
    options.probeInterval = 100ms;
    registry_ = makeEtcdRegistry(*loop_, options);
    const auto told = follow("mover");
    CPPUNIT_ASSERT(announce(service("mover"), 30s).ok());
    CPPUNIT_ASSERT(tells(*told, "mover-1:1.0"));
    etcd_->freeze();
    // No member of the same cluster: it has other data.
    CPPUNIT_ASSERT(tells(*told, ""));
    CPPUNIT_ASSERT_EQUAL(sharedEtcd().address(), registry_->address());
    CPPUNIT_ASSERT(announce(service("mover", "2"), 30s).ok());
    CPPUNIT_ASSERT(tells(*told, "mover-2:1.0"));
    CPPUNIT_ASSERT(deregister(service("mover", "2")).ok());
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    etcd_ = std::make_unique<test::EtcdServer>();
    return make(loop, *etcd_);
  }

 private:
  void enableAuthentication() {
    etcd_->post("/v3/auth/user/add", R"({"name":"root","password":"se\"cret"})");
    etcd_->post("/v3/auth/role/add", R"({"name":"root"})");
    etcd_->post("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
    etcd_->post("/v3/auth/enable", "{}");
  }

  // As its administrator does.
  void addUser(const std::string& name) {
    detail::EtcdClient::Options options;
    options.members = {etcd_->address()};
    options.user = "root";
    options.password = "se\"cret";
    detail::EtcdClient client(*loop_, options);
    std::optional<Status> added;
    const Call call =
        client.send("/v3/auth/user/add", "{\"name\":\"" + name + "\",\"password\":\"x\"}",
                    [&added](const Result<detail::Json>& answer) { added = answer.status(); });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&added] { return added.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(added->toString(), added->ok());
  }

  std::unique_ptr<test::EtcdServer> etcd_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EtcdOutageTest);

/// An etcd that speaks TLS.
class EtcdTlsTest : public test::RegistryFixture {
  CPPUNIT_TEST_SUITE(EtcdTlsTest);
  CPPUNIT_TEST(trustedServerIsUsed);
  CPPUNIT_TEST(unknownAuthorityIsRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    RegistryFixture::tearDown();
    etcd_.reset();
  }

  void trustedServerIsUsed() {
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), announce(service("safe"), 30s).toString());
    const auto told = follow("safe");
    CPPUNIT_ASSERT(tells(*told, "safe-1:1.0"));
    CPPUNIT_ASSERT(deregister(service("safe")).ok());
    CPPUNIT_ASSERT(tells(*told, ""));
  }

  void unknownAuthorityIsRefused() {
    EtcdOptions options;
    options.addresses = {"https://" + etcd_->address()};
    registry_ = makeEtcdRegistry(*loop_, options);
    const Status status = announce(service("safe"));
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_MESSAGE(status.detail(),
                           status.detail().find("ertificate") != std::string::npos);
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    etcd_ = std::make_unique<test::EtcdServer>(test::EtcdServer::Wire::kTls);
    EtcdOptions options;
    options.addresses = {"https://" + etcd_->address()};
    options.tls.caFile = etcd_->certificate();
    return makeEtcdRegistry(loop, options);
  }

 private:
  std::unique_ptr<test::EtcdServer> etcd_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EtcdTlsTest);

}  // namespace evmicro
