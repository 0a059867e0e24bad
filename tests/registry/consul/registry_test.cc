#include <evmicro/consul_registry.h>

#include <cstdlib>
#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "support/manual_clock.h"
#include "support/ports.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::ScriptedServer;
using Request = ScriptedServer::Request;
using Reply = ScriptedServer::Reply;
using Services = Result<std::vector<ServiceInfo>>;

// What goes over the wire, against agents that answer by script. That the registry works as one is
// seen by the contract's tests on the embedded agent and on a real consul.
class ConsulRegistryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConsulRegistryTest);
  CPPUNIT_TEST(announcingIsOnePut);
  CPPUNIT_TEST(ttlIsPassedAtOnce);
  CPPUNIT_TEST(everyNodeIsAnnouncedInTurn);
  CPPUNIT_TEST(renewingAndTakingBackAreOnePut);
  CPPUNIT_TEST(heartbeatProvesTheCatalogue);
  CPPUNIT_TEST(nodeThatStaysMissingIsNotFound);
  CPPUNIT_TEST(proofThatFailsIsAnError);
  CPPUNIT_TEST(tokenIsSent);
  CPPUNIT_TEST(environmentFillsWhatIsMissing);
  CPPUNIT_TEST(environmentNamesUserAndNamespace);
  CPPUNIT_TEST(wrongOptionsAreReportedByEveryCall);
  CPPUNIT_TEST(errorsTellWhoAnsweredWhat);
  CPPUNIT_TEST(refusedConnectionIsUnavailable);
  CPPUNIT_TEST(silentAgentIsTimeout);
  CPPUNIT_TEST(failedPassIsAnError);
  CPPUNIT_TEST(unknownCheckIsNotFound);
  CPPUNIT_TEST(unknownServiceIsTakenBackAllTheSame);
  CPPUNIT_TEST(takingBackGoesOnAfterAnError);
  CPPUNIT_TEST(noHealthyNodeIsNotFound);
  CPPUNIT_TEST(hostileRepliesAreErrors);
  CPPUNIT_TEST(oneBadEntryHidesNoOther);
  CPPUNIT_TEST(nextAgentIsTried);
  CPPUNIT_TEST(agentThatAnsweredIsKept);
  CPPUNIT_TEST(refusalOfTheRequestIsFinal);
  CPPUNIT_TEST(errorsTellOfEveryAgent);
  CPPUNIT_TEST(takerIsRenewedAndToldToForget);
  CPPUNIT_TEST(passFollowsTheRegistration);
  CPPUNIT_TEST(cancelledBetweenRegisterAndPass);
  CPPUNIT_TEST(destroyedBetweenRegisterAndPass);
  CPPUNIT_TEST(cancelledBetweenAgents);
  CPPUNIT_TEST(loopTurnsWhileTheAgentIsSilent);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clearEnvironment();
    loop_ = std::make_unique<EventLoop>();
    first_ = std::make_unique<ScriptedServer>(*loop_, [this](auto& r) { return firstScript_(r); });
    second_ =
        std::make_unique<ScriptedServer>(*loop_, [this](auto& r) { return secondScript_(r); });
    firstScript_ = secondScript_ = always(200, "");
    registry_ = make({first_->address()});
  }

  void tearDown() override {
    registry_.reset();
    second_.reset();
    first_.reset();
    loop_.reset();
    clock_.reset();
    clearEnvironment();
  }

  void announcingIsOnePut() {
    CPPUNIT_ASSERT(announce(service(), 0ms).ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), first_->requests().size());
    const Request& put = first_->requests()[0];
    CPPUNIT_ASSERT_EQUAL(std::string("PUT /v1/agent/service/register"), line(put));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"ID":"x-1","Name":"x","Tags":["t={\"zone\":\"a\"}","v=1.0"],"Port":9000,)"
                    R"("Address":"127.0.0.1","Check":null,"Checks":null})"
                    "\n"),
        put.body);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), put.header("Content-Type"));
    CPPUNIT_ASSERT_EQUAL(std::string(), put.header("X-Consul-Token"));
    CPPUNIT_ASSERT_EQUAL(std::string(), put.header("Accept-Encoding"));
  }

  void ttlIsPassedAtOnce() {
    CPPUNIT_ASSERT(announce(service(), 30s).ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), first_->requests().size());
    CPPUNIT_ASSERT(first_->requests()[0].body.find(
                       R"("Check":{"TTL":"30s","DeregisterCriticalServiceAfter":"1m0s"})") !=
                   std::string::npos);
    const Request& pass = first_->requests()[1];
    CPPUNIT_ASSERT_EQUAL(std::string("PUT /v1/agent/check/pass/service:x-1?note="), line(pass));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), pass.header("Content-Length"));
  }

  void everyNodeIsAnnouncedInTurn() {
    CPPUNIT_ASSERT(announce(pair(), 30s).ok());
    CPPUNIT_ASSERT(
        (std::vector<std::string>{
            "PUT /v1/agent/service/register",
            "PUT /v1/agent/check/pass/service:x-1?note=", "PUT /v1/agent/service/register",
            "PUT /v1/agent/check/pass/service:x-2?note="}) == lines(*first_));
    CPPUNIT_ASSERT_EQUAL(1, first_->accepted());
  }

  void renewingAndTakingBackAreOnePut() {
    CPPUNIT_ASSERT(renew(service()).ok());
    CPPUNIT_ASSERT(deregister(service()).ok());
    CPPUNIT_ASSERT((std::vector<std::string>{"PUT /v1/agent/check/pass/service:x-1?note=",
                                             "PUT /v1/agent/service/deregister/x-1"}) ==
                   lines(*first_));
  }

  void heartbeatProvesTheCatalogue() {
    CPPUNIT_ASSERT(announce(service(), 30s).ok());
    firstScript_ = catalogue(R"([{"Service":{"ID":"x-1"}}])");
    CPPUNIT_ASSERT(renew(service()).ok());
    CPPUNIT_ASSERT_EQUAL(kRegistered + "pass prove ", steps());
    firstScript_ = catalogue(R"([{"Service":{"ID":"x-2"}}])");
    CPPUNIT_ASSERT(renew(service()).ok());
    CPPUNIT_ASSERT_EQUAL(kRegistered + "pass prove pass prove register pass ", steps());
    CPPUNIT_ASSERT_EQUAL(std::string("GET /v1/health/service/x?filter=Service.ID%3D%3D%60x-1%60"),
                         line(first_->requests()[3]));
    CPPUNIT_ASSERT(announce(service(), 0ms).ok());  // without a check, so without a last pass
    firstScript_ = catalogue("[]");
    CPPUNIT_ASSERT(renew(service()).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("pass prove register "), steps().substr(steps().size() - 20));
  }

  void nodeThatStaysMissingIsNotFound() {
    CPPUNIT_ASSERT(announce(service(), 30s).ok());
    firstScript_ = catalogue("[]");
    CPPUNIT_ASSERT(renew(service()).ok());
    CPPUNIT_ASSERT_EQUAL(
        "registry: consul " + first_->address() +
            ": node x-1 is missing from the catalogue although its agent has it, or the token "
            "may not read it (node:read)",
        renew(service()).detail());
    CPPUNIT_ASSERT_EQUAL(kRegistered + "pass prove register pass pass prove ", steps());
    firstScript_ = catalogue(R"([{"Service":{"ID":"x-1"}}])");
    CPPUNIT_ASSERT(renew(service()).ok());
    firstScript_ = catalogue("[]");
    CPPUNIT_ASSERT(renew(service()).ok());
  }

  void proofThatFailsIsAnError() {
    CPPUNIT_ASSERT(announce(service(), 30s).ok());
    for (const auto& [code, body] : {std::pair(500, "No cluster leader"), std::pair(200, "{}")}) {
      firstScript_ = [code = code, body = body](const Request& request) {
        const bool pass = request.method == "PUT";
        return ScriptedServer::reply(pass ? 200 : code, pass ? "" : body);
      };
      CPPUNIT_ASSERT_MESSAGE(body, renew(service()).kind() == ErrorKind::kInternal);
    }
  }

  void tokenIsSent() {
    registry_ = make({first_->address()}, "b1gs33cr3t");
    CPPUNIT_ASSERT(announce(service(), 30s).ok());
    for (const Request& request : first_->requests()) {
      CPPUNIT_ASSERT_EQUAL(std::string("b1gs33cr3t"), request.header("X-Consul-Token"));
    }
  }

  void environmentFillsWhatIsMissing() {
    ::setenv("CONSUL_HTTP_ADDR", ("http://" + first_->address()).c_str(), 1);
    ::setenv("CONSUL_HTTP_TOKEN", "from-environment", 1);
    registry_ = make({});
    CPPUNIT_ASSERT_EQUAL(first_->address(), registry_->address());
    CPPUNIT_ASSERT(renew(service()).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("from-environment"),
                         first_->requests().at(0).header("X-Consul-Token"));
    clearEnvironment();
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:8500"), make({})->address());
  }

  void environmentNamesUserAndNamespace() {
    ::setenv("CONSUL_HTTP_AUTH", "user:pass", 1);
    ::setenv("CONSUL_NAMESPACE", "team", 1);
    registry_ = make({first_->address()});
    CPPUNIT_ASSERT(renew(service()).ok());
    const Request& request = first_->requests().at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("Basic dXNlcjpwYXNz"), request.header("Authorization"));
    CPPUNIT_ASSERT_EQUAL(std::string("team"), request.header("X-Consul-Namespace"));
    ::setenv("CONSUL_NAMESPACE", "a\r\nX-Injected: 1", 1);
    registry_ = make({first_->address()});
    CPPUNIT_ASSERT_EQUAL(std::string("registry: consul: X-Consul-Namespace from the environment "
                                     "contains characters that are not allowed in an HTTP header"),
                         get("x").status().detail());
  }

  void wrongOptionsAreReportedByEveryCall() {
    registry_ = make({first_->address(), "ftp://run/consul"});
    const std::string expected =
        "registry: consul address \"ftp://run/consul\": expected host:port, "
        "http(s)://host:port (IPv6 in brackets) or unix:///path";
    CPPUNIT_ASSERT_EQUAL(expected, get("x").status().detail());
    CPPUNIT_ASSERT_EQUAL(expected, announce(service(), 0ms).detail());
    CPPUNIT_ASSERT(renew(service()).kind() == ErrorKind::kInvalid);
    registry_ = make({first_->address()}, "a\r\nX-Injected: 1");
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "registry: consul token: contains characters that are not allowed in an HTTP header"),
        get("x").status().detail());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), first_->requests().size());
  }

  void errorsTellWhoAnsweredWhat() {
    firstScript_ = always(400, "Request decode failed: bad\tthing\r\nand more");
    const std::string who = "registry: consul " + first_->address();
    Status status = announce(service(), 0ms);
    CPPUNIT_ASSERT_EQUAL(who +
                             ": answered 400 to PUT /v1/agent/service/register: "
                             "Request decode failed: bad thing",
                         status.detail());
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kInvalid);
    firstScript_ = always(403, "Permission denied");
    status = get("x y").status();
    CPPUNIT_ASSERT_EQUAL(who + ": answered 403 to GET /v1/health/service/x%20y: Permission denied",
                         status.detail());
    CPPUNIT_ASSERT_EQUAL(403, status.code());
    firstScript_ = always(500, "");
    status = renew(service());
    CPPUNIT_ASSERT_EQUAL(who + ": answered 500 to PUT /v1/agent/check/pass/service:x-1",
                         status.detail());
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kInternal);
    firstScript_ = always(500, std::string(10'000, 'x'));
    CPPUNIT_ASSERT(get("x").status().detail().size() < 400);
    firstScript_ = always(301, "Moved");
    CPPUNIT_ASSERT(get("x").status().kind() == ErrorKind::kInternal);
  }

  void refusedConnectionIsUnavailable() {
    const std::string address = test::freeAddress();
    registry_ = make({address});
    const Status status = get("x").status();
    CPPUNIT_ASSERT_EQUAL("registry: consul " + address + ": connection refused", status.detail());
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kUnavailable);
  }

  void silentAgentIsTimeout() {
    stopTime();
    firstScript_ = silent();
    std::optional<Services> found;
    std::optional<Status> announced;
    const Call finding =
        registry_->getService("x", [&](Services s) { found.emplace(std::move(s)); });
    const Call announcing =
        registry_->registerService(service(), {}, [&](const Status& s) { announced = s; });
    CPPUNIT_ASSERT(turnUntil([&] { return first_->requests().size() == 2; }));
    clock_->advance(*loop_, kTimeout - 1ms);
    CPPUNIT_ASSERT(!found && !announced);
    clock_->advance(*loop_, 2ms);
    CPPUNIT_ASSERT(turnUntil([&] { return found && announced; }));
    CPPUNIT_ASSERT_EQUAL("registry: consul " + first_->address() + ": no reply within 200ms",
                         found->status().detail());
    CPPUNIT_ASSERT(found->status().kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT(announced->kind() == ErrorKind::kTimeout);
  }

  void failedPassIsAnError() {
    firstScript_ = [](const Request& request) {
      const bool pass = request.target.find("/check/pass/") != std::string::npos;
      return ScriptedServer::reply(pass ? 500 : 200, pass ? "CheckID is broken" : "");
    };
    CPPUNIT_ASSERT_EQUAL("registry: consul " + first_->address() +
                             ": answered 500 to PUT /v1/agent/check/pass/service:x-1: CheckID is "
                             "broken",
                         announce(pair(), 30s).detail());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), first_->requests().size());
  }

  // Consul has told it in three ways over the years.
  void unknownCheckIsNotFound() {
    for (const auto& [code, text] :
         {std::pair(404, "Unknown check ID \"service:x-1\". Ensure that the check ID is passed"),
          std::pair(500, "CheckID \"service:x-1\" does not have associated TTL"),
          std::pair(500, "Unknown check \"service:x-1\"")}) {
      firstScript_ = always(code, text);
      CPPUNIT_ASSERT_MESSAGE(text, renew(service()).kind() == ErrorKind::kNotFound);
    }
  }

  void unknownServiceIsTakenBackAllTheSame() {
    for (const auto& [code, text] : {std::pair(404, "Unknown service ID \"x-1\""),
                                     std::pair(500, "Unknown service \"x-1\"")}) {
      firstScript_ = always(code, text);
      CPPUNIT_ASSERT_MESSAGE(text, deregister(service()).ok());
    }
    firstScript_ = always(500, "No cluster leader");
    CPPUNIT_ASSERT(!deregister(service()).ok());
  }

  void takingBackGoesOnAfterAnError() {
    firstScript_ = [](const Request& request) {
      const bool bad = request.target.find("x-1") != std::string::npos;
      return ScriptedServer::reply(bad ? 403 : 200, "");
    };
    CPPUNIT_ASSERT_EQUAL(403, deregister(pair()).code());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), first_->requests().size());
  }

  void noHealthyNodeIsNotFound() {
    firstScript_ = always(200, "[]");
    const Status status = get("topic:x").status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT_EQUAL("registry: consul " + first_->address() +
                             ": service \"topic:x\" not found: no healthy node registered",
                         status.detail());
    CPPUNIT_ASSERT_EQUAL(std::string("GET /v1/health/service/topic:x?passing=1"),
                         line(first_->requests().at(0)));
  }

  void hostileRepliesAreErrors() {
    const std::vector<Reply> replies = {
        ScriptedServer::reply(200, ""),
        ScriptedServer::reply(200, "<html>not a consul</html>"),
        ScriptedServer::reply(200, "{\"Service\":{}}"),
        ScriptedServer::reply(200, "null"),
        ScriptedServer::reply(200, "\"[]\""),
        ScriptedServer::reply(200, "[{\"Service\":{\"Ser"),
        ScriptedServer::reply(200, std::string(1 << 20, '[')),
        ScriptedServer::reply(200, "\x1f\x8b\x08\x01\x02", "Content-Encoding: gzip\r\n"),
        ScriptedServer::reply(204, ""),
        ScriptedServer::reply(404, "404 page not found"),
        ScriptedServer::reply(503, "try later"),
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[", ScriptedServer::Then::kClose, {}},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[", ScriptedServer::Then::kKeep, {}},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, ' '),
         ScriptedServer::Then::kKeep, 2ms},
        {"SSH-2.0-OpenSSH_9.2\r\n", ScriptedServer::Then::kClose, {}},
        {"", ScriptedServer::Then::kClose, {}},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
         ScriptedServer::Then::kClose,
         {}},
    };
    for (const Reply& reply : replies) {
      firstScript_ = [&reply](const Request&) { return reply; };
      const Status status = get("x").status();
      const std::string what = reply.bytes.substr(0, 100) + " -> " + status.toString();
      CPPUNIT_ASSERT_MESSAGE(
          what, status.kind() == ErrorKind::kInternal || status.kind() == ErrorKind::kTimeout);
      CPPUNIT_ASSERT_MESSAGE(what, status.detail().find(first_->address()) != std::string::npos);
    }
    firstScript_ = always(200, "[]");
    CPPUNIT_ASSERT(!list().ok());
    CPPUNIT_ASSERT(get("x").status().kind() == ErrorKind::kNotFound);  // and all is well again
  }

  void oneBadEntryHidesNoOther() {
    firstScript_ = always(
        200, R"([{"Service":7},{"Node":{},"Service":{"ID":"x-1","Service":"x","Tags":["v=1"],)"
             R"("Address":"10.0.0.1","Port":80}}])");
    const Services services = get("x");
    CPPUNIT_ASSERT(services.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1:80"), services->at(0).nodes.at(0).dialAddress());
  }

  void nextAgentIsTried() {
    const std::string dead = test::freeAddress();
    secondScript_ = always(200, "{}");
    registry_ = make({dead, second_->address()});
    CPPUNIT_ASSERT(list().ok());
    for (const Reply& failure : {ScriptedServer::reply(500, "No cluster leader"), Reply{},
                                 Reply{"", ScriptedServer::Then::kClose, {}}}) {
      firstScript_ = [&failure](const Request&) { return failure; };
      registry_ = make({first_->address(), second_->address()});
      CPPUNIT_ASSERT_EQUAL(first_->address(), registry_->address());
      CPPUNIT_ASSERT(list().ok());
      CPPUNIT_ASSERT_EQUAL(second_->address(), registry_->address());
    }
  }

  // Otherwise a frozen agent would cost its time-out for every request.
  void agentThatAnsweredIsKept() {
    firstScript_ = always(500, "");
    secondScript_ = always(200, "{}");
    registry_ = make({first_->address(), second_->address()});
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(list().ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), first_->requests().size());
    firstScript_ = always(200, "{}");
    secondScript_ = always(503, "");
    CPPUNIT_ASSERT(list().ok());
    CPPUNIT_ASSERT_EQUAL(first_->address(), registry_->address());
  }

  void refusalOfTheRequestIsFinal() {
    firstScript_ = always(403, "Permission denied");
    registry_ = make({first_->address(), second_->address()});
    CPPUNIT_ASSERT_EQUAL(403, announce(service(), 0ms).code());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), second_->requests().size());
  }

  void errorsTellOfEveryAgent() {
    const std::string dead = test::freeAddress();
    firstScript_ = always(500, "No cluster leader");
    registry_ = make({first_->address(), dead});
    CPPUNIT_ASSERT_EQUAL("registry: consul " + first_->address() +
                             ": answered 500 to GET /v1/catalog/services: No cluster leader; "
                             "consul " +
                             dead + ": connection refused",
                         list().status().detail());
  }

  void takerIsRenewedAndToldToForget() {
    registry_ = make({first_->address(), second_->address()});
    CPPUNIT_ASSERT(announce(service(), 0ms).ok());
    firstScript_ = always(500, "out of order");
    secondScript_ = always(200, "{}");
    CPPUNIT_ASSERT(list().ok());
    CPPUNIT_ASSERT_EQUAL(second_->address(), registry_->address());
    // The second agent would answer these, and know nothing of the node.
    CPPUNIT_ASSERT(!renew(service()).ok());
    CPPUNIT_ASSERT(!deregister(service()).ok());
    firstScript_ = catalogue(R"([{"Service":{"ID":"x-1"}}])");
    CPPUNIT_ASSERT(renew(service()).ok());
    CPPUNIT_ASSERT(deregister(service()).ok());
    CPPUNIT_ASSERT((std::vector<std::string>{"GET /v1/catalog/services"}) == lines(*second_));
    CPPUNIT_ASSERT(deregister(service()).ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), second_->requests().size());
  }

  void passFollowsTheRegistration() {
    firstScript_ = always(500, "");
    registry_ = make({first_->address(), second_->address()});
    CPPUNIT_ASSERT(announce(service(), 30s).ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), first_->requests().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), second_->requests().size());
  }

  void cancelledBetweenRegisterAndPass() {
    bool ran = false;
    Call call = registry_->registerService(service(), {30s}, [&](const Status&) { ran = true; });
    firstScript_ = [&](const Request&) {
      call.cancel();  // the reply is on its way when the caller loses interest
      return ScriptedServer::reply(200, "");
    };
    CPPUNIT_ASSERT(turnUntil([&] { return first_->requests().size() == 1; }));
    firstScript_ = always(200, "{}");
    CPPUNIT_ASSERT(list().ok());
    CPPUNIT_ASSERT((std::vector<std::string>{"PUT /v1/agent/service/register",
                                             "GET /v1/catalog/services"}) == lines(*first_));
    CPPUNIT_ASSERT(!ran);
  }

  void destroyedBetweenRegisterAndPass() {
    bool ran = false;
    Call call = registry_->registerService(service(), {30s}, [&](const Status&) { ran = true; });
    firstScript_ = [&](const Request& request) {
      if (request.target.find("/pass/") != std::string::npos) registry_.reset();
      return ScriptedServer::reply(200, "");
    };
    CPPUNIT_ASSERT(turnUntil([&] { return !registry_ && first_->open() == 0; }));
    CPPUNIT_ASSERT(!ran);
  }

  void cancelledBetweenAgents() {
    bool ran = false;
    registry_ = make({first_->address(), second_->address()});
    Call call = registry_->listServices([&](const auto&) { ran = true; });
    firstScript_ = always(500, "");
    secondScript_ = [&](const Request&) {
      call.cancel();
      return ScriptedServer::reply(200, "{}");
    };
    CPPUNIT_ASSERT(
        turnUntil([&] { return second_->requests().size() == 1 && second_->open() == 0; }));
    CPPUNIT_ASSERT(!ran);
  }

  void loopTurnsWhileTheAgentIsSilent() {
    stopTime();
    firstScript_ = silent();
    std::optional<Services> outcome;
    const Call call =
        registry_->getService("x", [&](Services s) { outcome.emplace(std::move(s)); });
    int beats = 0;
    Timer beat(*loop_, [&] {
      ++beats;
      beat.start(1ms);
    });
    beat.start(1ms);
    CPPUNIT_ASSERT(turnUntil([&] { return first_->requests().size() == 1; }));
    clock_->advance(*loop_, kTimeout - 1ms);
    CPPUNIT_ASSERT_EQUAL(199, beats);
    CPPUNIT_ASSERT(!outcome);
  }

 private:
  static constexpr std::chrono::milliseconds kTimeout{200};

  // From here on time moves only when the test says so.
  void stopTime() {
    tearDown();
    clock_ = std::make_unique<test::ManualClock>();
    setUp();
  }
  static void clearEnvironment() {
    for (const char* name : {"CONSUL_HTTP_ADDR", "CONSUL_HTTP_TOKEN", "CONSUL_HTTP_TOKEN_FILE",
                             "CONSUL_HTTP_AUTH", "CONSUL_NAMESPACE"}) {
      ::unsetenv(name);
    }
  }

  std::unique_ptr<Registry> make(std::vector<std::string> addresses, std::string token = {}) {
    return makeConsulRegistry(*loop_, {std::move(addresses), kTimeout, std::move(token)});
  }

  static ScriptedServer::Script always(int code, const std::string& body) {
    return [reply = ScriptedServer::reply(code, body)](const Request&) { return reply; };
  }
  static ScriptedServer::Script silent() {
    return [](const Request&) { return Reply{}; };
  }
  static inline const std::string kRegistered = "register pass ";
  // All is well, and this is in the catalogue.
  static ScriptedServer::Script catalogue(const std::string& body) {
    return [body](const Request& request) {
      return ScriptedServer::reply(200, request.method == "GET" ? body : "");
    };
  }
  // What the first agent was asked, a word for each request.
  std::string steps() const {
    std::string result;
    for (const Request& request : first_->requests()) {
      const auto has = [&](const char* text) {
        return request.target.find(text) != std::string::npos;
      };
      result += has("/register") ? "register " : has("/pass/") ? "pass " : "prove ";
    }
    return result;
  }
  static std::string line(const Request& request) { return request.method + " " + request.target; }
  static std::vector<std::string> lines(const ScriptedServer& server) {
    std::vector<std::string> result;
    for (const Request& request : server.requests()) result.push_back(line(request));
    return result;
  }

  static ServiceInfo service() {
    ServiceInfo info;
    info.name = "x";
    info.version = "1.0";
    info.nodes.push_back({"x-1", "127.0.0.1", 9000, {{"zone", "a"}}});
    return info;
  }
  static ServiceInfo pair() {
    ServiceInfo info = service();
    info.nodes.push_back({"x-2", "127.0.0.1", 9001, {}});
    return info;
  }

  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }

  template <typename Outcome, typename Start>
  Outcome wait(Start start) {
    std::optional<Outcome> outcome;
    const Call call = start([&](Outcome result) { outcome.emplace(std::move(result)); });
    CPPUNIT_ASSERT_MESSAGE("no answer", turnUntil([&] { return outcome.has_value(); }));
    return std::move(*outcome);
  }
  Status announce(const ServiceInfo& info, std::chrono::milliseconds ttl) {
    return wait<Status>([&](auto done) { return registry_->registerService(info, {ttl}, done); });
  }
  Status renew(const ServiceInfo& info) {
    return wait<Status>([&](auto done) { return registry_->renew(info, done); });
  }
  Status deregister(const ServiceInfo& info) {
    return wait<Status>([&](auto done) { return registry_->deregister(info, done); });
  }
  Services get(const std::string& name) {
    return wait<Services>([&](auto done) { return registry_->getService(name, done); });
  }
  Result<std::vector<std::string>> list() {
    return wait<Result<std::vector<std::string>>>(
        [&](auto done) { return registry_->listServices(done); });
  }

  std::unique_ptr<test::ManualClock> clock_;  // see stopTime()
  std::unique_ptr<EventLoop> loop_;
  ScriptedServer::Script firstScript_;
  ScriptedServer::Script secondScript_;
  std::unique_ptr<ScriptedServer> first_;
  std::unique_ptr<ScriptedServer> second_;
  std::unique_ptr<Registry> registry_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulRegistryTest);

}  // namespace evmicro
