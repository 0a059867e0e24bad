#include <evmicro/consul_registry.h>

#include <algorithm>

#include <jansson.h>

#include <evmicro/conformance/registry_contract.h>

#include "http/url.h"
#include "json/jansson.h"
#include "registry/consul/messages.h"
#include "support/consul_server.h"
#include "support/http_get.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

std::unique_ptr<Registry> make(EventLoop& loop, const test::ConsulServer& consul,
                               std::chrono::milliseconds timeout = 5s) {
  ConsulOptions options;
  options.addresses = {consul.address()};
  options.timeout = timeout;
  return makeConsulRegistry(loop, options);
}

}  // namespace

/// The contract and more, against a real Consul.
class ConsulServerRegistryTest : public test::RegistryContract {
  CPPUNIT_TEST_SUB_SUITE(ConsulServerRegistryTest, test::RegistryContract);
  CPPUNIT_TEST(announcedServiceIsPassing);
  CPPUNIT_TEST(withoutTtlThereIsNoCheck);
  CPPUNIT_TEST(announcingAgainChangesNothing);
  CPPUNIT_TEST(silenceTurnsTheCheckCriticalAndRenewalHeals);
  CPPUNIT_TEST(heartbeatHealsAWipedCatalogue);
  CPPUNIT_TEST(whatCanBeRegisteredCanBeRemoved);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    RegistryContract::tearDown();
    if (consul_) consul_->forgetServices();  // null: skipped
  }

  void announcedServiceIsPassing() {
    CPPUNIT_ASSERT(announce(service("greeter"), 30s).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("passing"), checkStatus("greeter"));
    const auto answer = test::httpGet(consul_->address(), "/v1/agent/services");
    const auto services = detail::readJson(answer.value().body);
    const json_t* const entry = json_object_get(services->get(), "greeter-1");
    CPPUNIT_ASSERT_EQUAL(std::string("greeter"), detail::textAt(entry, "Service"));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), detail::textAt(entry, "Address"));
    const json_t* const tags = json_object_get(entry, "Tags");
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), json_array_size(tags));
    CPPUNIT_ASSERT_EQUAL(std::string("t={\"zone\":\"a\"}"),
                         detail::jsonText(json_array_get(tags, 0)));
    CPPUNIT_ASSERT_EQUAL(std::string("v=1.0"), detail::jsonText(json_array_get(tags, 1)));
  }

  void withoutTtlThereIsNoCheck() {
    CPPUNIT_ASSERT(announce(service("forever")).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("no check"), checkStatus("forever"));
    CPPUNIT_ASSERT(found("forever"));
  }

  // A registration that changes nothing must not wake everybody who watches the service.
  void announcingAgainChangesNothing() {
    ServiceInfo info = service("steady");
    info.nodes[0].metadata = {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}};
    CPPUNIT_ASSERT(announce(info, 30s).ok());
    CPPUNIT_ASSERT(found("steady"));
    const std::string before = index("steady");
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(announce(info, 30s).ok());
    CPPUNIT_ASSERT(announce(service("other"), 30s).ok());
    CPPUNIT_ASSERT(found("other"));  // everything before it has reached the catalogue, too
    CPPUNIT_ASSERT_EQUAL(before, index("steady"));
    info.nodes[0].metadata["a"] = "2";
    CPPUNIT_ASSERT(announce(info, 30s).ok());
    CPPUNIT_ASSERT(before != index("steady"));
  }

  void silenceTurnsTheCheckCriticalAndRenewalHeals() {
    CPPUNIT_ASSERT(announce(service("sleepy"), 300ms).ok());
    CPPUNIT_ASSERT(vanishes("sleepy"));
    CPPUNIT_ASSERT_EQUAL(std::string("critical"), checkStatus("sleepy"));
    // It stays in the list until Consul reaps it.
    const auto names = list();
    CPPUNIT_ASSERT(std::find(names->begin(), names->end(), "sleepy") != names->end());
    CPPUNIT_ASSERT(renew(service("sleepy")).ok());
    CPPUNIT_ASSERT(found("sleepy"));
  }

  // The agent still has the node; its own repair would take a minute.
  void heartbeatHealsAWipedCatalogue() {
    CPPUNIT_ASSERT(announce(service("wiped"), 30s).ok());
    CPPUNIT_ASSERT(appears("wiped"));
    for (int i = 0; i < 2; ++i) {
      const auto answer = test::httpExchange(consul_->address(), "PUT", "/v1/catalog/deregister",
                                             R"({"Node":"dev","ServiceID":"wiped-1"})");
      CPPUNIT_ASSERT_EQUAL(200, answer.value().status);
      CPPUNIT_ASSERT(!found("wiped"));
      CPPUNIT_ASSERT(renew(service("wiped")).ok());
      CPPUNIT_ASSERT(appears("wiped"));
      CPPUNIT_ASSERT(renew(service("wiped")).ok());  // sees it, and is ready for the next time
    }
  }

  // Symptom: Consul took an id with a no-break space, and refused the path that removes it.
  void whatCanBeRegisteredCanBeRemoved() {
    for (const char* odd :
         {"\t",         "\x7f",       "\xc2\x80",   "\u00a0",     "\u00ad", "\u0600", "\u1680",
          "\u180e",     "\u2000",     "\u200b",     "\u2028",     "\u202f", "\u205f", "\u2060",
          "\u3000",     "\ue000",     "\ufdd0",     "\ufeff",     "\ufff9", "\ufffe", "\U000110bd",
          "\U0001d173", "\U00040000", "\U000e0001", "\U000f0000", "\xff"}) {
      ServiceInfo info = service("odd");
      info.nodes[0].id = std::string("odd-") + odd;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(odd, 400, announce(info, 30s).code());
    }
    for (const char* plain : {" ", "%", "%41", "?", "#", "+", "a/b", "\u00a1", "\u00fc", "\u4e00",
                              "\ufffd", "\U0001f44d", "\U000e0100", "\\", "\"", "`", "<"}) {
      ServiceInfo info = service("odd");
      info.nodes[0].id = std::string("odd-") + plain;
      CPPUNIT_ASSERT_MESSAGE(plain, announce(info, 30s).ok());
      CPPUNIT_ASSERT_MESSAGE(plain, renew(info).ok());
      CPPUNIT_ASSERT_MESSAGE(plain, deregister(info).ok());
      const auto left = test::httpGet(consul_->address(), "/v1/agent/services");
      CPPUNIT_ASSERT_MESSAGE(left.value().body, left->body.find("odd-") == std::string::npos);
    }
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    consul_ = &test::ConsulServer::shared();
    return make(loop, *consul_);
  }

 private:
  // The agent updates the catalogue a moment after it has accepted a registration.
  bool appears(const std::string& name) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!found(name)) {
      if (std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }

  // Of the node `name-1`, as its agent sees it.
  std::string checkStatus(const std::string& name) {
    const auto answer = test::httpGet(consul_->address(), "/v1/agent/checks");
    const auto checks = detail::readJson(answer.value().body);
    const std::string id = "service:" + name + "-1";
    const json_t* const check = json_object_get(checks->get(), id.c_str());
    return check ? detail::textAt(check, "Status") : "no check";
  }

  // When the service's part of the catalogue changed last.
  std::string index(const std::string& name) {
    const auto answer = test::httpGet(consul_->address(), "/v1/health/service/" + name);
    const std::string& head = answer.value().head;
    const std::size_t at = head.find("X-Consul-Index: ");
    CPPUNIT_ASSERT(at != std::string::npos);
    return head.substr(at, head.find("\r\n", at) - at);
  }

  test::ConsulServer* consul_ = nullptr;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulServerRegistryTest);

/// What the registry says when its Consul freezes, dies or forgets.
class ConsulOutageTest : public test::RegistryFixture {
  CPPUNIT_TEST_SUITE(ConsulOutageTest);
  CPPUNIT_TEST(frozenConsulIsTimeoutAndWorksOnceThawed);
  CPPUNIT_TEST(restartedConsulHasForgotten);
  CPPUNIT_TEST(deadConsulIsUnavailable);
  CPPUNIT_TEST(nextConsulTakesOver);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    RegistryFixture::tearDown();
    consul_.reset();
  }

  void frozenConsulIsTimeoutAndWorksOnceThawed() {
    registry_ = make(*loop_, *consul_, 200ms);
    CPPUNIT_ASSERT(announce(service("patient"), 30s).ok());
    consul_->freeze();
    CPPUNIT_ASSERT(get("patient").status().kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT(renew(service("patient")).kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT(deregister(service("patient")).kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT(announce(service("patient"), 30s).kind() == ErrorKind::kTimeout);
    consul_->thaw();
    registry_ = make(*loop_, *consul_);
    // What was asked while it was frozen is still carried out, the taking back perhaps after this
    // announcement or in the middle of it. Announcing again heals that, as a registrar does.
    bool there = false;
    for (int i = 0; i < 20 && !there; ++i) {
      there = announce(service("patient"), 30s).ok() && found("patient");
    }
    CPPUNIT_ASSERT(there);
  }

  // The kept connection is dead, the service forgotten: renewing says so, announcing heals.
  void restartedConsulHasForgotten() {
    CPPUNIT_ASSERT(announce(service("reborn"), 30s).ok());
    consul_->kill();
    consul_->start();
    const Status status = renew(service("reborn"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), true, status.kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT(!found("reborn"));
    CPPUNIT_ASSERT(announce(service("reborn"), 30s).ok());
    CPPUNIT_ASSERT(found("reborn"));
    CPPUNIT_ASSERT(deregister(service("reborn")).ok());
  }

  void deadConsulIsUnavailable() {
    CPPUNIT_ASSERT(announce(service("orphan"), 30s).ok());
    consul_->kill();
    const Status status = renew(service("orphan"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(),
                                 "registry: consul " + consul_->address() + ": connection refused",
                                 status.detail());
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT(get("orphan").status().kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT(deregister(service("orphan")).kind() == ErrorKind::kUnavailable);
  }

  void nextConsulTakesOver() {
    ConsulOptions options;
    options.addresses = {consul_->address(), test::ConsulServer::shared().address()};
    options.timeout = 500ms;
    registry_ = makeConsulRegistry(*loop_, options);
    CPPUNIT_ASSERT(announce(service("mover"), 30s).ok());
    consul_->freeze();
    CPPUNIT_ASSERT(!renew(service("mover")).ok());  // only its own agent knows it
    CPPUNIT_ASSERT(announce(service("mover"), 30s).ok());
    CPPUNIT_ASSERT_EQUAL(test::ConsulServer::shared().address(), registry_->address());
    CPPUNIT_ASSERT(renew(service("mover")).ok());
    CPPUNIT_ASSERT(found("mover"));
    CPPUNIT_ASSERT(deregister(service("mover")).ok());
    CPPUNIT_ASSERT(!found("mover"));
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    consul_ = std::make_unique<test::ConsulServer>();
    return make(loop, *consul_);
  }

 private:
  std::unique_ptr<test::ConsulServer> consul_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulOutageTest);

}  // namespace evmicro
