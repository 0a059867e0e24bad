#include "agent/agent.h"

#include <algorithm>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cppunit/extensions/HelperMacros.h>

#include "agent/http_caller.h"
#include "http/raw_peer.h"
#include "support/embedded_agent.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::EmbeddedAgent;
using test::HttpCaller;
using test::RegistryAnswer;

/// The agent as its clients see it: over connections, on one loop.
class AgentTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AgentTest);
  CPPUNIT_TEST(servesOnTheAddressItTells);
  CPPUNIT_TEST(serviceComesAndGoes);
  CPPUNIT_TEST(addressInUseIsAnError);
  CPPUNIT_TEST(malformedAddressIsAnError);
  CPPUNIT_TEST(malformedTargetIsRefused);
  CPPUNIT_TEST(bodyOverTheLimitIsRefused);
  CPPUNIT_TEST(heldQueryWakesOnAChangeOfItsService);
  CPPUNIT_TEST(heldQuerySleepsOnOtherChanges);
  CPPUNIT_TEST(heldQueryOfAnUnknownServiceWakesWhenItComes);
  CPPUNIT_TEST(heldQueryWakesWhenTheLastInstanceGoes);
  CPPUNIT_TEST(heldQueryIsAnsweredWhenItsTimeIsOver);
  CPPUNIT_TEST(catalogQuerySleepsOnHealth);
  CPPUNIT_TEST(ttlExpiryWakesWatchers);
  CPPUNIT_TEST(criticalServiceIsDeregistered);
  CPPUNIT_TEST(expiryIsSeenByALateLoop);
  CPPUNIT_TEST(manyQueriesAreHeldAndAllAnswered);
  CPPUNIT_TEST(queriesOverTheLimitAreRefused);
  CPPUNIT_TEST(clientThatLeavesIsForgotten);
  CPPUNIT_TEST(agentGoesWithQueriesHeld);
  CPPUNIT_TEST(pipelinedRequestWaitsBehindAHeldOne);
  CPPUNIT_TEST(newAgentAnswersTheWatchersOfItsPredecessor);
  CPPUNIT_TEST(severalAgentsShareALoop);
  CPPUNIT_TEST(brokenListenerIsReportedOnceAndMayEndTheAgent);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    descriptors_ = test::openDescriptors();
    loop_ = std::make_unique<EventLoop>();
    open();
  }

  void tearDown() override {
    callers_.clear();
    agent_.reset();
    loop_.reset();
    CPPUNIT_ASSERT_EQUAL(descriptors_, test::openDescriptors());
  }

  void servesOnTheAddressItTells() {
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:"), agent_->address().substr(0, 10));
    const RegistryAnswer answer = caller().get("/v1/catalog/nodes");
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), answer.header("Content-Type"));
    CPPUNIT_ASSERT(answer.body.find(R"("Node":"test-node","Address":"127.0.0.1")") !=
                   std::string::npos);
    CPPUNIT_ASSERT_EQUAL(404, caller().get("/v1/nope").status);
    CPPUNIT_ASSERT_EQUAL(405, caller().get("/v1/agent/service/register").status);
  }

  void serviceComesAndGoes() {
    HttpCaller& http = caller();
    add(http, "a-1", "topic:a");
    CPPUNIT_ASSERT(names(http, "/v1/health/service/topic:a?passing", "a-1") == 0);
    CPPUNIT_ASSERT_EQUAL(200, http.put("/v1/agent/check/pass/service:a-1?note=").status);
    CPPUNIT_ASSERT(names(http, "/v1/health/service/topic%3Aa?passing", "a-1") > 0);
    CPPUNIT_ASSERT_EQUAL(200, http.put("/v1/agent/service/deregister/a-1").status);
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), http.get("/v1/health/service/topic:a").body);
  }

  void addressInUseIsAnError() {
    const auto second = detail::Agent::open(*loop_, agent_->address());
    CPPUNIT_ASSERT(!second.ok());
    CPPUNIT_ASSERT(second.status().detail().find(agent_->address()) != std::string::npos);
    CPPUNIT_ASSERT(second.status().detail().find("in use") != std::string::npos);
  }

  void malformedAddressIsAnError() {
    for (const char* address : {"", "nowhere", "127.0.0.1:x", "127.0.0.1:99999"}) {
      CPPUNIT_ASSERT_MESSAGE(address, !detail::Agent::open(*loop_, address).ok());
    }
  }

  void malformedTargetIsRefused() {
    const RegistryAnswer answer = caller().get("/v1/health/service/a%zz");
    CPPUNIT_ASSERT_EQUAL(400, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string("400 Bad Request"), answer.body);
  }

  void bodyOverTheLimitIsRefused() {
    options_.maxBodyBytes = 1000;
    open();
    CPPUNIT_ASSERT_EQUAL(413,
                         caller().put("/v1/agent/service/register", std::string(1001, ' ')).status);
    CPPUNIT_ASSERT_EQUAL(400,
                         caller().put("/v1/agent/service/register", std::string(1000, ' ')).status);
  }

  void heldQueryWakesOnAChangeOfItsService() {
    add(caller(), "a-1", "a");
    HttpCaller& watcher = watch("/v1/health/service/a");
    caller().put("/v1/agent/check/pass/service:a-1");
    const RegistryAnswer answer = watcher.wait();
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT(answer.index() > lastIndex_);
    CPPUNIT_ASSERT(answer.body.find("critical") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, agent_->heldQueries());
  }

  void heldQuerySleepsOnOtherChanges() {
    add(caller(), "a-1", "a");
    HttpCaller& watcher = watch("/v1/health/service/a");
    add(caller(), "b-1", "b");
    caller().put("/v1/agent/check/pass/service:b-1");
    caller().put("/v1/agent/service/deregister/b-1");
    add(caller(), "a-1", "a");  // nothing new in it
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, agent_->heldQueries());
    add(caller(), "a-2", "a");
    CPPUNIT_ASSERT(watcher.wait().body.find("a-2") != std::string::npos);
  }

  void heldQueryOfAnUnknownServiceWakesWhenItComes() {
    HttpCaller& watcher = watch("/v1/health/service/a");
    add(caller(), "b-1", "b");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, agent_->heldQueries());
    add(caller(), "a-1", "a");
    CPPUNIT_ASSERT(watcher.wait().body.find("a-1") != std::string::npos);
  }

  void heldQueryWakesWhenTheLastInstanceGoes() {
    add(caller(), "a-1", "a");
    HttpCaller& watcher = watch("/v1/health/service/a");
    HttpCaller& list = watch("/v1/catalog/services");
    caller().put("/v1/agent/service/deregister/a-1");
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), watcher.wait().body);
    CPPUNIT_ASSERT_EQUAL(std::string("{\"consul\":[]}"), list.wait().body);
  }

  void heldQueryIsAnsweredWhenItsTimeIsOver() {
    HttpCaller& watcher = watch("/v1/catalog/services", "1ms");
    const RegistryAnswer answer = watcher.wait();
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(lastIndex_, answer.index());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, agent_->heldQueries());
  }

  void catalogQuerySleepsOnHealth() {
    add(caller(), "a-1", "a");
    HttpCaller& watcher = watch("/v1/catalog/service/a");
    caller().put("/v1/agent/check/pass/service:a-1");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, agent_->heldQueries());
    add(caller(), "a-2", "a");
    CPPUNIT_ASSERT(watcher.wait().body.find("a-2") != std::string::npos);
  }

  void ttlExpiryWakesWatchers() {
    HttpCaller& watcher = watch("/v1/health/service/a?passing");
    add(caller(), "a-1", "a", R"({"TTL":"20ms","Status":"passing"})");
    const RegistryAnswer came = watcher.wait();
    CPPUNIT_ASSERT(came.body.find("a-1") != std::string::npos);
    const RegistryAnswer gone =
        watcher.get("/v1/health/service/a?passing&wait=1m&index=" + came.index());
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), gone.body);
    CPPUNIT_ASSERT(caller().get("/v1/agent/checks").body.find("TTL expired") != std::string::npos);
  }

  void criticalServiceIsDeregistered() {
    options_.minDeregisterAfter = 20ms;
    open();
    HttpCaller& watcher = watch("/v1/catalog/services");
    add(caller(), "a-1", "a",
        R"({"TTL":"10ms","Status":"passing","DeregisterCriticalServiceAfter":"1ms"})");
    const RegistryAnswer came = watcher.wait();
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":[],"consul":[]})"), came.body);
    const RegistryAnswer gone = watcher.get("/v1/catalog/services?wait=1m&index=" + came.index());
    CPPUNIT_ASSERT_EQUAL(std::string("{\"consul\":[]}"), gone.body);
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), caller().get("/v1/agent/checks").body);
  }

  void expiryIsSeenByALateLoop() {
    // Both the expiry and the question are due when the loop turns again: whichever comes first.
    HttpCaller& http = caller();
    add(http, "a-1", "a", R"({"TTL":"1ms","Status":"passing"})");
    const auto start = EventLoop::now();
    while (EventLoop::now() - start < 5ms) {
    }
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), http.get("/v1/health/service/a?passing").body);
  }

  void manyQueriesAreHeldAndAllAnswered() {
    constexpr int kMany = 300;
    add(caller(), "a-1", "a");
    const std::string index = caller().get("/v1/health/service/a").index();
    std::vector<HttpCaller*> watchers;
    for (int i = 0; i < kMany; ++i) {
      watchers.push_back(&caller());
      watchers.back()->send("GET", "/v1/health/service/a?index=" + index);
    }
    waitUntilHeld(kMany);
    add(caller(), "a-2", "a");
    for (HttpCaller* watcher : watchers) {
      CPPUNIT_ASSERT(watcher->wait().body.find("a-2") != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, agent_->heldQueries());
  }

  void queriesOverTheLimitAreRefused() {
    options_.maxHeldQueries = 2;
    open();
    HttpCaller& first = watch("/v1/catalog/services");
    watch("/v1/catalog/services");
    const RegistryAnswer refused = caller().get("/v1/catalog/services?index=" + lastIndex_);
    CPPUNIT_ASSERT_EQUAL(429, refused.status);
    CPPUNIT_ASSERT_EQUAL(std::string("this agent holds too many blocking queries"), refused.body);
    CPPUNIT_ASSERT_EQUAL(200, caller().get("/v1/catalog/services").status);
    first.close();
    waitUntilHeld(1);
    watch("/v1/catalog/services");
  }

  void clientThatLeavesIsForgotten() {
    HttpCaller& stays = watch("/v1/catalog/services");
    HttpCaller& leaves = watch("/v1/catalog/services");
    waitUntilHeld(2);
    leaves.close();
    waitUntilHeld(1);
    add(caller(), "a-1", "a");
    CPPUNIT_ASSERT_EQUAL(200, stays.wait().status);
  }

  void agentGoesWithQueriesHeld() {
    HttpCaller& one = watch("/v1/catalog/services");
    HttpCaller& two = watch("/v1/health/service/a", "1ms");
    agent_.reset();
    CPPUNIT_ASSERT(test::runUntil(*loop_, [&] { return one.ended() && two.ended(); }));
    CPPUNIT_ASSERT(!one.answer());
  }

  void pipelinedRequestWaitsBehindAHeldOne() {
    HttpCaller& http = watch("/v1/catalog/services");
    http.send("GET", "/v1/status/leader");
    add(caller(), "a-1", "a");
    CPPUNIT_ASSERT(http.wait().body.find("\"a\"") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("\"127.0.0.1:8300\""), http.wait().body);
  }

  void newAgentAnswersTheWatchersOfItsPredecessor() {
    options_.firstIndex = 0;
    open();
    const std::string index = caller().get("/v1/catalog/services").index();
    // Indexes come from the clock: a millisecond later they are above all that were given out.
    const auto limit = EventLoop::now() + 10s;
    do {
      CPPUNIT_ASSERT(EventLoop::now() < limit);
      open();
    } while (caller().get("/v1/catalog/services").index() <= index);
    const RegistryAnswer answer = caller().get("/v1/catalog/services?index=" + index);
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
  }

  void severalAgentsShareALoop() {
    EmbeddedAgent other(*loop_, options_);
    HttpCaller http(*loop_, other.address());
    add(http, "a-1", "a");
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), caller().get("/v1/agent/services").body);
    CPPUNIT_ASSERT(http.get("/v1/agent/services").body != "{}");
    http.close();
  }

  void brokenListenerIsReportedOnceAndMayEndTheAgent() {
    std::vector<Status> failures;
    std::unique_ptr<detail::Agent> agent;
    auto opened = detail::Agent::open(*loop_, "127.0.0.1:0", {}, [&](Status why) {
      failures.push_back(std::move(why));
      agent.reset();
    });
    CPPUNIT_ASSERT(opened.ok());
    agent = std::move(*opened);
    // A listening socket that is shut down refuses every accept() for good.
    CPPUNIT_ASSERT_EQUAL(0, ::shutdown(listeningSocket(agent->address()), SHUT_RDWR));
    CPPUNIT_ASSERT(test::runUntil(*loop_, [&] { return !failures.empty(); }));
    CPPUNIT_ASSERT(!agent);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failures.size());
    CPPUNIT_ASSERT_EQUAL(std::string("agent: "), failures[0].detail().substr(0, 7));
  }

 private:
  // This process's descriptor that listens on `address`.
  static int listeningSocket(const std::string& address) {
    const int port = std::stoi(address.substr(address.rfind(':') + 1));
    for (int fd = 0; fd < 1024; ++fd) {
      sockaddr_in bound{};
      socklen_t size = sizeof bound;
      int listens = 0;
      socklen_t length = sizeof listens;
      if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || !listens) continue;
      if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) continue;
      if (ntohs(bound.sin_port) == port) return fd;
    }
    return -1;
  }

  void open() {
    callers_.clear();
    agent_.reset();
    if (options_.nodeName.empty()) options_.nodeName = "test-node";
    agent_ = std::make_unique<EmbeddedAgent>(*loop_, options_);
  }

  HttpCaller& caller() {
    callers_.push_back(std::make_unique<HttpCaller>(*loop_, agent_->address()));
    return *callers_.back();
  }

  void add(HttpCaller& http, const std::string& id, const std::string& name,
           const std::string& check = R"({"TTL":"30s"})") {
    const RegistryAnswer answer =
        http.put("/v1/agent/service/register",
                 "{\"ID\":\"" + id + "\",\"Name\":\"" + name + "\",\"Check\":" + check + "}");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
  }

  static std::size_t names(HttpCaller& http, const std::string& target, const std::string& text) {
    const std::string body = http.get(target).body;
    return body.find(text) == std::string::npos ? 0 : 1;
  }

  // Asks for `target`, then again with the index of the answer, and waits until that is held.
  HttpCaller& watch(const std::string& target, const std::string& wait = "1m") {
    HttpCaller& http = caller();
    lastIndex_ = http.get(target).index();
    CPPUNIT_ASSERT(!lastIndex_.empty());
    const std::size_t before = agent_->heldQueries();
    const char joint = target.find('?') == std::string::npos ? '?' : '&';
    http.send("GET", target + joint + "index=" + lastIndex_ + "&wait=" + wait);
    if (wait == "1m") waitUntilHeld(before + 1);
    return http;
  }

  void waitUntilHeld(std::size_t count) {
    CPPUNIT_ASSERT(test::runUntil(*loop_, [&] { return agent_->heldQueries() == count; }));
  }

  std::size_t descriptors_ = 0;
  detail::AgentOptions options_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<EmbeddedAgent> agent_;
  std::vector<std::unique_ptr<HttpCaller>> callers_;
  std::string lastIndex_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(AgentTest);

}  // namespace evmicro
