// A token that may not read everything: Consul leaves out what it may not see, and says so.
#include <evmicro/consul_registry.h>

#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "support/captured_log.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::ScriptedServer;

namespace {

const std::string kHidden = "X-Consul-Results-Filtered-By-ACLs: true\r\n";
const std::string kOne =
    R"([{"Node":{"Node":"n"},"Service":{"ID":"x-1","Service":"x","Address":"127.0.0.1",)"
    R"("Port":1,"Tags":["v=1"]}}])";

}  // namespace

class ConsulAclTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConsulAclTest);
  CPPUNIT_TEST(lookUpsNameTheToken);
  CPPUNIT_TEST(aPartThatIsShownIsUsed);
  CPPUNIT_TEST(anEmptyAnswerWithoutTheMarkIsNotFound);
  CPPUNIT_TEST(followersKeepWhatTheyKnow);
  CPPUNIT_TEST(heartbeatsGoOnAndSayItOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    headers_ = kHidden;
    body_ = "[]";
    server_ = std::make_unique<ScriptedServer>(*loop_, [this](const auto& request) {
      if (request.method == "PUT") return ScriptedServer::reply(200, "");
      return ScriptedServer::reply(200, body_, headers_);
    });
    ConsulOptions options;
    options.addresses = {server_->address()};
    registry_ = makeConsulRegistry(*loop_, options);
  }
  void tearDown() override {
    registry_.reset();
    server_.reset();
    loop_.reset();
  }

  void lookUpsNameTheToken() {
    for (const char* empty : {"[]", "[\n]\n"}) {
      body_ = empty;
      const Status status = lookUp();
      CPPUNIT_ASSERT_EQUAL(403, status.code());
      CPPUNIT_ASSERT_EQUAL("registry: " + hint(), status.detail());
    }
  }

  void aPartThatIsShownIsUsed() {
    body_ = kOne;
    const Status status = lookUp();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
  }

  void anEmptyAnswerWithoutTheMarkIsNotFound() {
    for (const char* mark : {"", "X-Consul-Results-Filtered-By-ACLs: false\r\n"}) {
      headers_ = mark;
      CPPUNIT_ASSERT(lookUp().kind() == ErrorKind::kNotFound);
    }
  }

  // Symptom: a policy that was changed took all nodes from all callers.
  void followersKeepWhatTheyKnow() {
    headers_ = "X-Consul-Index: 1\r\n";
    body_ = kOne;
    std::vector<std::string> seen;
    const Subscription follower = registry_->follow("x", [&seen](const auto& state) {
      seen.push_back(state.ok() ? std::to_string(state->size()) : state.status().detail());
    });
    CPPUNIT_ASSERT(turnUntil([&] { return seen.size() == 1; }));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), seen.back());
    headers_ = "X-Consul-Index: 2\r\n" + kHidden;
    body_ = "[]";
    CPPUNIT_ASSERT(turnUntil([&] { return seen.size() == 2; }));
    CPPUNIT_ASSERT_EQUAL("registry: " + hint(), seen.back());
  }

  void heartbeatsGoOnAndSayItOnce() {
    test::CapturedLog log("registry");
    ServiceInfo service;
    service.name = "x";
    service.version = "1";
    Node node;
    node.id = "x-1";
    node.address = "127.0.0.1";
    node.port = 1;
    service.nodes.push_back(node);
    RegisterOptions options;
    options.ttl = 30s;
    CPPUNIT_ASSERT(wait([&](Registry::Done done) {
                     return registry_->registerService(service, options, std::move(done));
                   }).ok());
    const auto renew = [&] {
      return wait([&](Registry::Done done) { return registry_->renew(service, std::move(done)); });
    };
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(renew().ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
    CPPUNIT_ASSERT_EQUAL("WARN " + hint() + ": heartbeats do not see whether callers find x-1",
                         log.lines().front());
    body_ = kOne;
    CPPUNIT_ASSERT(renew().ok());
    body_ = "[]";
    CPPUNIT_ASSERT(renew().ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), log.lines().size());
  }

 private:
  std::string hint() const {
    return "consul " + server_->address() +
           ": the token may not read the answer to GET /v1/health/service/x (service:read and "
           "node:read are needed)";
  }

  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }

  Status wait(const std::function<Call(Registry::Done)>& begin) {
    std::optional<Status> outcome;
    const Call call = begin([&outcome](Status status) { outcome = std::move(status); });
    CPPUNIT_ASSERT(turnUntil([&] { return outcome.has_value(); }));
    return *outcome;
  }

  Status lookUp() {
    return wait([this](Registry::Done done) {
      return registry_->getService(
          "x", [done = std::move(done)](const auto& found) { done(found.status()); });
    });
  }

  std::string headers_;
  std::string body_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Registry> registry_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulAclTest);

}  // namespace evmicro
