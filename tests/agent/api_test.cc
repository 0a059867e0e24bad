#include "agent/api.h"

#include <ctime>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

using namespace std::chrono_literals;

/// The API without connections: requests in, replies out, at times that the test chooses.
class AgentApiTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AgentApiTest);
  CPPUNIT_TEST(refusesWithStatusAndTextOfConsul);
  CPPUNIT_TEST(unknownPathsAre404WithoutABody);
  CPPUNIT_TEST(pathsThatAreNotCleanAreRedirected);
  CPPUNIT_TEST(asteriskIsNoPath);
  CPPUNIT_TEST(maintenanceIsACheck);
  CPPUNIT_TEST(localHealthIsTheWorstOfTheChecks);
  CPPUNIT_TEST(otherMethodsAre405);
  CPPUNIT_TEST(optionsTellsTheMethods);
  CPPUNIT_TEST(malformedTargetsAreRefused);
  CPPUNIT_TEST(namesAreDecoded);
  CPPUNIT_TEST(catalogRepliesCarryConsulsHeaders);
  CPPUNIT_TEST(agentRepliesHaveNoIndex);
  CPPUNIT_TEST(prettyIsIndented);
  CPPUNIT_TEST(healthServiceIsWrittenAsByConsul);
  CPPUNIT_TEST(catalogServiceIsWrittenAsByConsul);
  CPPUNIT_TEST(agentViewsAreWrittenAsByConsul);
  CPPUNIT_TEST(servicesListTagsOnce);
  CPPUNIT_TEST(manyTagsAreListedQuickly);
  CPPUNIT_TEST(passingLeavesOutTheIll);
  CPPUNIT_TEST(tagsSelectInstances);
  CPPUNIT_TEST(nodeMetaSelectsTheNode);
  CPPUNIT_TEST(checksAreListedByStateServiceAndNode);
  CPPUNIT_TEST(replaceExistingChecksReplaces);
  CPPUNIT_TEST(reportsReachTheCheck);
  CPPUNIT_TEST(selfTellsTheNode);
  CPPUNIT_TEST(smallEndpointsAnswer);
  CPPUNIT_TEST(blockingQueryHoldsUntilTheIndexMoves);
  CPPUNIT_TEST(blockingQueriesNameTheirTopic);
  CPPUNIT_TEST(waitIsBoundedAndJittered);
  CPPUNIT_TEST(waitOverAnswersWithTheOldIndex);
  CPPUNIT_TEST(agentEndpointsNeverBlock);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    AgentStore::Options options;
    options.firstIndex = 100;
    store_ = std::make_unique<AgentStore>(options);
    node_ = {"the-id", "dev", "127.0.0.1", "dc1"};
    api_ = std::make_unique<AgentApi>(*store_, node_);
    now_ = AgentStore::TimePoint(1h);
  }
  void tearDown() override {
    api_.reset();
    store_.reset();
  }

  void refusesWithStatusAndTextOfConsul() {
    struct Case {
      const char *method, *target, *body;
      int status;
      const char* text;
    };
    const Case cases[] = {
        {"PUT", "/v1/agent/service/register", "", 400, "Request decode failed: EOF"},
        {"PUT", "/v1/agent/service/register", "{}", 400, "Missing service name"},
        {"PUT", "/v1/agent/service/deregister/", "", 500, "ServiceID missing"},
        {"PUT", "/v1/agent/check/register", "{}", 400, "Missing check name"},
        {"PUT", "/v1/agent/check/register", R"({"Name":"n","TTL":"1s","ServiceID":"x"})", 500,
         "ServiceID \"x\" does not exist"},
        {"PUT", "/v1/agent/check/deregister/", "", 500, "CheckID missing"},
        {"PUT", "/v1/agent/check/pass/x", "", 500, "CheckID \"x\" does not have associated TTL"},
        {"PUT", "/v1/agent/check/warn/", "", 500, "CheckID \"\" does not have associated TTL"},
        {"PUT", "/v1/agent/check/fail/serfHealth", "", 500,
         "CheckID \"serfHealth\" does not have associated TTL"},
        {"PUT", "/v1/agent/check/update/x", "{\"Status\":\"up\"}", 400,
         "Invalid check status: 'up'"},
        {"PUT", "/v1/agent/check/update/x", "{\"Status\":\"passing\"}", 500,
         "CheckID \"x\" does not have associated TTL"},
        {"GET", "/v1/agent/service/x", "", 404, "unknown service ID: x"},
        {"GET", "/v1/agent/service/consul", "", 404, "unknown service ID: consul"},
        {"GET", "/v1/catalog/service/", "", 400, "Missing service name"},
        {"GET", "/", "", 200, "Consul Agent"},
        {"PUT", "/?x", "", 200, "Consul Agent"},
        {"GET", "/v1/catalog/node/", "", 400, "Missing node name"},
        {"GET", "/v1/catalog/node-services/", "", 400, "Missing node name"},
        {"GET", "/v1/health/service/", "", 400, "Missing service name"},
        {"GET", "/v1/health/checks/", "", 400, "Missing service name"},
        {"GET", "/v1/health/node/", "", 400, "Missing node name"},
        {"GET", "/v1/health/state/", "", 400, "Missing check state"},
        {"GET", "/v1/health/service/a?passing=x", "", 400, "Invalid value for ?passing"},
        {"GET", "/v1/catalog/services?index=x", "", 400, "Invalid index"},
        {"GET", "/v1/catalog/services?index=-1", "", 400, "Invalid index"},
        {"GET", "/v1/catalog/services?index=18446744073709551616", "", 400, "Invalid index"},
        {"GET", "/v1/catalog/services?index=1x", "", 400, "Invalid index"},
        {"GET", "/v1/catalog/services?wait=1", "", 400, "Invalid wait time"},
        {"GET", "/v1/catalog/services?wait=x&index=x", "", 400, "Invalid wait time"},
        {"GET", "/v1/catalog/services?dc=other", "", 500, "No path to datacenter"},
        {"GET", "/v1/catalog/services?stale&consistent", "", 400,
         "Cannot specify ?stale with ?consistent, conflicting semantics."},
        {"GET", "/v1/health/service/a?filter=Foo==x", "", 400,
         "Failed to create boolean expression evaluator: Selector \"Foo\" is not valid"},
    };
    for (const Case& c : cases) {
      const ApiReply reply = call(c.method, c.target, c.body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(c.target, std::string(c.text), reply.body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(c.target, c.status, reply.status);
      CPPUNIT_ASSERT_EQUAL(std::string("text/plain; charset=utf-8"), header(reply, "Content-Type"));
    }
    CPPUNIT_ASSERT(store_->takeChanges().empty());
  }

  void unknownPathsAre404WithoutABody() {
    for (const char* path : {"/v1", "/v1/", "/v1/nope", "/v1/catalog/services/", "/v1/agent/self/",
                             "/v2/agent/self", "/ui/"}) {
      const ApiReply reply = call("GET", path);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 404, reply.status);
      CPPUNIT_ASSERT_EQUAL(std::string(), reply.body);
    }
  }

  void pathsThatAreNotCleanAreRedirected() {
    const std::pair<const char*, const char*> cases[] = {
        {"/v1//agent/self", "/v1/agent/self"},
        {"/v1/agent/service/deregister/a/../b", "/v1/agent/service/deregister/b"},
        {"/v1/x/%2e/y%20z/?a=%20", "/v1/x/y%20z/?a=%20"},
        {"/..", "/"},
        {"", "/"}};
    for (const auto& [target, location] : cases) {
      const ApiReply get = call("GET", target);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 301, get.status);
      CPPUNIT_ASSERT_EQUAL(std::string(location), header(get, "Location"));
      CPPUNIT_ASSERT_EQUAL("<a href=\"" + std::string(location) + "\">Moved Permanently</a>.\n\n",
                           get.body);
      CPPUNIT_ASSERT_EQUAL(std::string(), call("PUT", target).body);
    }
  }

  // As Go's HTTP server, which Consul is built on.
  void asteriskIsNoPath() {
    CPPUNIT_ASSERT_EQUAL(200, call("OPTIONS", "*").status);
    for (const char* method : {"GET", "PUT"}) {
      const ApiReply reply = call(method, "*");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 400, reply.status);
      CPPUNIT_ASSERT_EQUAL(std::string(), header(reply, "Location"));
    }
    CPPUNIT_ASSERT_EQUAL(404, call("GET", "/*").status);
  }

  void maintenanceIsACheck() {
    call("PUT", "/v1/agent/service/register", R"({"Name":"a"})");
    const auto passing = [this] {
      return call("GET", "/v1/health/service/a?passing").body != "[]";
    };
    CPPUNIT_ASSERT(passing());
    CPPUNIT_ASSERT_EQUAL(200, call("PUT", "/v1/agent/service/maintenance/a?enable=true").status);
    CPPUNIT_ASSERT(!passing());
    CPPUNIT_ASSERT_EQUAL(200, call("PUT", "/v1/agent/service/maintenance/a?enable=false").status);
    CPPUNIT_ASSERT(passing());
    CPPUNIT_ASSERT_EQUAL(200, call("PUT", "/v1/agent/maintenance?enable=1&reason=r").status);
    CPPUNIT_ASSERT(!passing());
    const std::string checks = call("GET", "/v1/agent/checks").body;
    CPPUNIT_ASSERT_MESSAGE(checks, checks.find(R"("Notes":"r")") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(200, call("PUT", "/v1/agent/maintenance?enable=0").status);
    CPPUNIT_ASSERT(passing());
    CPPUNIT_ASSERT_EQUAL(404, call("PUT", "/v1/agent/service/maintenance/b?enable=1").status);
  }

  void localHealthIsTheWorstOfTheChecks() {
    call("PUT", "/v1/agent/service/register",
         R"({"Name":"a","Checks":[{"TTL":"1h","CheckID":"x","Status":"passing"},)"
         R"({"TTL":"1h","CheckID":"y","Status":"passing"}]})");
    const auto assertHealth = [this](int status, const std::string& text) {
      for (const char* const target : {"/v1/agent/health/service/id/a?format=text",
                                       "/v1/agent/health/service/name/a?format=text"}) {
        const ApiReply reply = call("GET", target);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(target, status, reply.status);
        CPPUNIT_ASSERT_EQUAL(text, reply.body);
        CPPUNIT_ASSERT_EQUAL(text, header(reply, "X-Consul-Reason"));
      }
    };
    assertHealth(200, "passing");
    call("PUT", "/v1/agent/check/warn/y");
    assertHealth(429, "warning");
    call("PUT", "/v1/agent/check/fail/x");
    assertHealth(503, "critical");
    call("PUT", "/v1/agent/maintenance?enable=true");
    assertHealth(503, "maintenance");
  }

  void otherMethodsAre405() {
    const ApiReply get = call("GET", "/v1/agent/service/register");
    CPPUNIT_ASSERT_EQUAL(405, get.status);
    CPPUNIT_ASSERT_EQUAL(std::string("method GET not allowed"), get.body);
    CPPUNIT_ASSERT_EQUAL(std::string("OPTIONS,PUT"), header(get, "Allow"));
    const ApiReply put = call("PUT", "/v1/catalog/services");
    CPPUNIT_ASSERT_EQUAL(std::string("method PUT not allowed"), put.body);
    CPPUNIT_ASSERT_EQUAL(std::string("OPTIONS,GET"), header(put, "Allow"));
  }

  void optionsTellsTheMethods() {
    const ApiReply reply = call("OPTIONS", "/v1/status/leader");
    CPPUNIT_ASSERT_EQUAL(200, reply.status);
    CPPUNIT_ASSERT_EQUAL(std::string("OPTIONS,GET"), header(reply, "Allow"));
    CPPUNIT_ASSERT_EQUAL(404, call("OPTIONS", "/v1/nope").status);
  }

  void malformedTargetsAreRefused() {
    const auto refusal = [](const char* path, const char* query) {
      const auto reply = ApiRequest().setTarget(path, query);
      return reply ? std::to_string(reply->status) + " " + reply->body : "none";
    };
    CPPUNIT_ASSERT_EQUAL(std::string("400 400 Bad Request"), refusal("/v1/a%zz", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("400 400 Bad Request"), refusal("/v1/a", "index=%"));
    CPPUNIT_ASSERT_EQUAL(std::string("400 "), refusal("/v1/a%01", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("400 "), refusal("/v1/a%7f", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("none"), refusal("/v1/a%20b", "index=%31"));
  }

  void namesAreDecoded() {
    add(R"({"ID":"i","Name":"topic:x"})");
    add(R"({"ID":"j","Name":"a b/c?d"})");
    for (const char* target : {"/v1/catalog/service/topic:x", "/v1/catalog/service/topic%3Ax",
                               "/v1/catalog/service/a%20b%2Fc%3fd"}) {
      CPPUNIT_ASSERT_MESSAGE(target, call("GET", target).body != "[]");
    }
  }

  void catalogRepliesCarryConsulsHeaders() {
    const ApiReply reply = call("GET", "/v1/catalog/services");
    CPPUNIT_ASSERT_EQUAL(200, reply.status);
    CPPUNIT_ASSERT_EQUAL(std::string("{\"consul\":[]}"), reply.body);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), header(reply, "Content-Type"));
    CPPUNIT_ASSERT_EQUAL(std::string("100"), header(reply, "X-Consul-Index"));
    CPPUNIT_ASSERT_EQUAL(std::string("true"), header(reply, "X-Consul-Knownleader"));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), header(reply, "X-Consul-Lastcontact"));
    const auto consistency = [this](const char* target) {
      return header(call("GET", target), "X-Consul-Effective-Consistency");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("leader"), consistency("/v1/catalog/services"));
    CPPUNIT_ASSERT_EQUAL(std::string("stale"), consistency("/v1/catalog/services?stale"));
    CPPUNIT_ASSERT_EQUAL(std::string("consistent"), consistency("/v1/catalog/services?consistent"));
  }

  void agentRepliesHaveNoIndex() {
    for (const char* path :
         {"/v1/agent/services", "/v1/agent/checks", "/v1/agent/self", "/v1/status/leader"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(), header(call("GET", path), "X-Consul-Index"));
    }
    const ApiReply put = call("PUT", "/v1/agent/service/register", R"({"Name":"a"})");
    CPPUNIT_ASSERT_EQUAL(200, put.status);
    CPPUNIT_ASSERT(put.headers.empty());
    CPPUNIT_ASSERT_EQUAL(std::string(), put.body);
  }

  void prettyIsIndented() {
    CPPUNIT_ASSERT_EQUAL(std::string("{\n    \"consul\": []\n}\n"),
                         call("GET", "/v1/catalog/services?pretty").body);
  }

  void healthServiceIsWrittenAsByConsul() {
    add(R"({"ID":"a-1","Name":"a","Tags":["v=1","<x>"],"Address":"127.0.0.1","Port":9090,)"
        R"("Check":{"TTL":"30s"}})");
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            R"([{"Node":{"ID":"the-id","Node":"dev","Address":"127.0.0.1","Datacenter":"dc1",)"
            R"("TaggedAddresses":{"lan":"127.0.0.1","lan_ipv4":"127.0.0.1","wan":"127.0.0.1",)"
            R"("wan_ipv4":"127.0.0.1"},"Meta":{"consul-network-segment":""},"CreateIndex":100,)"
            R"("ModifyIndex":100},"Service":{"ID":"a-1","Service":"a",)"
            R"("Tags":["v=1","\u003cx\u003e"],"Address":"127.0.0.1","TaggedAddresses":)"
            R"({"lan_ipv4":{"Address":"127.0.0.1","Port":9090},"wan_ipv4":)"
            R"({"Address":"127.0.0.1","Port":9090}},"Meta":null,"Port":9090,"Weights":)"
            R"({"Passing":1,"Warning":1},"EnableTagOverride":false,"Proxy":{"MeshGateway":{},)"
            R"("Expose":{}},"Connect":{},"CreateIndex":101,"ModifyIndex":101},"Checks":[)"
            R"({"Node":"dev","CheckID":"serfHealth","Name":"Serf Health Status",)"
            R"("Status":"passing","Notes":"","Output":"Agent alive and reachable",)"
            R"("ServiceID":"","ServiceName":"","ServiceTags":[],"Type":"","Definition":{},)"
            R"("CreateIndex":100,"ModifyIndex":100},{"Node":"dev","CheckID":"service:a-1",)"
            R"("Name":"Service 'a' check","Status":"critical","Notes":"","Output":"",)"
            R"("ServiceID":"a-1","ServiceName":"a","ServiceTags":["v=1","\u003cx\u003e"],)"
            R"("Type":"ttl","Definition":{},"CreateIndex":101,"ModifyIndex":101}]}])"),
        call("GET", "/v1/health/service/a").body);
  }

  void catalogServiceIsWrittenAsByConsul() {
    add(R"({"ID":"a-1","Name":"a","Meta":{"k":"v"},"Port":5,"EnableTagOverride":true})");
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"([{"ID":"the-id","Node":"dev","Address":"127.0.0.1","Datacenter":"dc1",)"
                    R"("TaggedAddresses":{"lan":"127.0.0.1","lan_ipv4":"127.0.0.1",)"
                    R"("wan":"127.0.0.1","wan_ipv4":"127.0.0.1"},)"
                    R"("NodeMeta":{"consul-network-segment":""},"ServiceKind":"",)"
                    R"("ServiceID":"a-1","ServiceName":"a","ServiceTags":[],)"
                    R"("ServiceAddress":"","ServiceWeights":{"Passing":1,"Warning":1},)"
                    R"("ServiceMeta":{"k":"v"},"ServicePort":5,)"
                    R"("ServiceEnableTagOverride":true,"ServiceProxy":{"MeshGateway":{},)"
                    R"("Expose":{}},"ServiceConnect":{},"CreateIndex":101,)"
                    R"("ModifyIndex":101}])"),
        call("GET", "/v1/catalog/service/a").body);
  }

  void agentViewsAreWrittenAsByConsul() {
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), call("GET", "/v1/agent/services").body);
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), call("GET", "/v1/agent/checks").body);
    add(R"({"ID":"b","Name":"x","Address":"::1","Port":7,"Check":{"TTL":"1s","Notes":"n"}})");
    add(R"({"ID":"B","Name":"x"})");
    const std::string one =
        R"({"ID":"b","Service":"x","Tags":[],"Meta":{},"Port":7,"Address":"::1",)"
        R"("TaggedAddresses":{"lan_ipv6":{"Address":"::1","Port":7},)"
        R"("wan_ipv6":{"Address":"::1","Port":7}},"Weights":{"Passing":1,"Warning":1},)"
        R"("EnableTagOverride":false})";
    CPPUNIT_ASSERT_EQUAL(
        R"({"B":{"ID":"B","Service":"x","Tags":[],"Meta":{},"Port":0,"Address":"",)"
        R"("Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false},"b":)" +
            one + "}",
        call("GET", "/v1/agent/services").body);
    CPPUNIT_ASSERT_EQUAL(one, call("GET", "/v1/agent/service/b").body);
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"service:b":{"Node":"dev","CheckID":"service:b",)"
                    R"("Name":"Service 'x' check","Status":"critical","Notes":"n","Output":"",)"
                    R"("ServiceID":"b","ServiceName":"x","ServiceTags":[],"Type":"ttl",)"
                    R"("Definition":{},"CreateIndex":0,"ModifyIndex":0}})"),
        call("GET", "/v1/agent/checks").body);
  }

  void servicesListTagsOnce() {
    add(R"({"ID":"1","Name":"a","Tags":["x","y"]})");
    add(R"({"ID":"2","Name":"a","Tags":["y","z"]})");
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":["x","y","z"],"consul":[]})"),
                         call("GET", "/v1/catalog/services").body);
  }

  // One registration used to stop the agent for minutes.
  void manyTagsAreListedQuickly() {
    std::string tags;
    for (int i = 0; i < 20'000; ++i) tags += (i > 0 ? ",\"" : "\"") + std::to_string(i) + '"';
    add(R"({"ID":"1","Name":"a","Tags":[)" + tags + "]}");
    const std::clock_t begin = std::clock();
    CPPUNIT_ASSERT_EQUAL("{\"a\":[" + tags + "],\"consul\":[]}",
                         call("GET", "/v1/catalog/services").body);
    CPPUNIT_ASSERT(std::clock() - begin < 3 * CLOCKS_PER_SEC);
  }

  void passingLeavesOutTheIll() {
    add(R"({"ID":"1","Name":"a","Check":{"TTL":"9s"}})");
    add(R"({"ID":"2","Name":"a","Check":{"TTL":"9s"}})");
    add(R"({"ID":"3","Name":"a"})");
    call("PUT", "/v1/agent/check/pass/service:1");
    const auto ids = [this](const std::string& query) {
      return found(call("GET", "/v1/health/service/a" + query).body, "\"Service\":{\"ID\":\"");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("1 2 3 "), ids(""));
    CPPUNIT_ASSERT_EQUAL(std::string("1 3 "), ids("?passing"));
    CPPUNIT_ASSERT_EQUAL(std::string("1 3 "), ids("?passing=1"));
    CPPUNIT_ASSERT_EQUAL(std::string("1 3 "), ids("?passing=true"));
    CPPUNIT_ASSERT_EQUAL(std::string("1 2 3 "), ids("?passing=false"));
    call("PUT", "/v1/agent/check/warn/service:1");
    CPPUNIT_ASSERT_EQUAL(std::string("3 "), ids("?passing"));
  }

  void tagsSelectInstances() {
    add(R"({"ID":"1","Name":"a","Tags":["x","Y"]})");
    add(R"({"ID":"2","Name":"a","Tags":["y"]})");
    const auto ids = [this](const std::string& target) {
      return found(call("GET", target).body, "\"ServiceID\":\"");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("1 2 "), ids("/v1/catalog/service/a?tag=y"));
    CPPUNIT_ASSERT_EQUAL(std::string("1 "), ids("/v1/catalog/service/a?tag=y&tag=X"));
    CPPUNIT_ASSERT_EQUAL(std::string(), ids("/v1/catalog/service/a?tag=z"));
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), call("GET", "/v1/health/service/a?tag=z").body);
  }

  void nodeMetaSelectsTheNode() {
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), call("GET", "/v1/catalog/nodes?node-meta=a:b").body);
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), call("GET", "/v1/catalog/services?node-meta=a:b").body);
    CPPUNIT_ASSERT_EQUAL(std::string("[]"),
                         call("GET", "/v1/health/service/consul?node-meta=a:b").body);
    CPPUNIT_ASSERT_EQUAL(
        std::string("the-id "),
        found(call("GET", "/v1/catalog/nodes?node-meta=consul-network-segment:").body,
              "{\"ID\":\""));
  }

  void checksAreListedByStateServiceAndNode() {
    add(R"({"ID":"1","Name":"a","Check":{"TTL":"9s"}})");
    add(R"({"ID":"2","Name":"b","Check":{"TTL":"9s","Status":"warning"}})");
    const auto ids = [this](const std::string& target) {
      return found(call("GET", target).body, "\"CheckID\":\"");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("serfHealth service:1 service:2 "),
                         ids("/v1/health/state/any"));
    CPPUNIT_ASSERT_EQUAL(std::string("service:1 "), ids("/v1/health/state/critical"));
    CPPUNIT_ASSERT_EQUAL(std::string("service:2 "), ids("/v1/health/state/warning"));
    CPPUNIT_ASSERT_EQUAL(std::string(), ids("/v1/health/state/bogus"));
    CPPUNIT_ASSERT_EQUAL(std::string("service:2 "), ids("/v1/health/checks/b"));
    CPPUNIT_ASSERT_EQUAL(std::string("serfHealth service:1 service:2 "),
                         ids("/v1/health/node/dev"));
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), call("GET", "/v1/health/node/other").body);
  }

  void replaceExistingChecksReplaces() {
    add(R"({"ID":"1","Name":"a","Check":{"TTL":"9s"}})");
    call("PUT", "/v1/agent/service/register", R"({"ID":"1","Name":"a"})");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->checksOf("1").size());
    call("PUT", "/v1/agent/service/register?replace-existing-checks=true",
         R"({"ID":"1","Name":"a"})");
    CPPUNIT_ASSERT(store_->checksOf("1").empty());
  }

  void reportsReachTheCheck() {
    add(R"({"ID":"1","Name":"a","Check":{"TTL":"9s"}})");
    const auto& check = store_->checks().at("service:1");
    call("PUT", "/v1/agent/check/pass/service:1?note=all+is%20well");
    CPPUNIT_ASSERT(check.health == Health::kPassing);
    CPPUNIT_ASSERT_EQUAL(std::string("all is well"), check.output);
    call("PUT", "/v1/agent/check/warn/service%3A1");
    CPPUNIT_ASSERT(check.health == Health::kWarning);
    call("PUT", "/v1/agent/check/fail/service:1");
    CPPUNIT_ASSERT(check.health == Health::kCritical);
    call("PUT", "/v1/agent/check/update/service:1", R"({"Status":"passing","Output":"o"})");
    CPPUNIT_ASSERT(check.health == Health::kPassing);
    CPPUNIT_ASSERT_EQUAL(std::string("o"), check.output);
    CPPUNIT_ASSERT(store_->nextDeadline() == now_ + 9s);
    CPPUNIT_ASSERT_EQUAL(200, call("PUT", "/v1/agent/check/deregister/service:1").status);
    CPPUNIT_ASSERT(store_->checksOf("1").empty());
    CPPUNIT_ASSERT_EQUAL(
        200, call("PUT", "/v1/agent/check/register", R"({"Name":"n","TTL":"1s"})").status);
    CPPUNIT_ASSERT(store_->checks().count("n") == 1);
  }

  void selfTellsTheNode() {
    const std::string self = call("GET", "/v1/agent/self").body;
    CPPUNIT_ASSERT(self.find(R"("Config":{"Datacenter":"dc1","NodeName":"dev",)"
                             R"("NodeID":"the-id")") != std::string::npos);
    CPPUNIT_ASSERT(self.find(R"("Member":{"Name":"dev","Addr":"127.0.0.1")") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("dev "),
                         found(call("GET", "/v1/agent/members").body, "{\"Name\":\""));
  }

  void smallEndpointsAnswer() {
    CPPUNIT_ASSERT_EQUAL(std::string("\"127.0.0.1:8300\""), call("GET", "/v1/status/leader").body);
    CPPUNIT_ASSERT_EQUAL(std::string("[\"127.0.0.1:8300\"]"), call("GET", "/v1/status/peers").body);
    CPPUNIT_ASSERT_EQUAL(std::string("[\"dc1\"]"), call("GET", "/v1/catalog/datacenters").body);
    CPPUNIT_ASSERT_EQUAL(std::string("null"), call("GET", "/v1/catalog/node/other").body);
    CPPUNIT_ASSERT_EQUAL(std::string("consul "),
                         found(call("GET", "/v1/catalog/node/dev").body, "\"Service\":\""));
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), call("GET", "/v1/catalog/service/nobody").body);
    node_.address = "::1";
    CPPUNIT_ASSERT_EQUAL(std::string("\"[::1]:8300\""), call("GET", "/v1/status/leader").body);
  }

  void blockingQueryHoldsUntilTheIndexMoves() {
    add(R"({"ID":"1","Name":"a"})");
    CPPUNIT_ASSERT(held("/v1/health/service/a?index=101"));
    CPPUNIT_ASSERT(held("/v1/health/service/a?index=99999"));
    CPPUNIT_ASSERT(!held("/v1/health/service/a?index=100"));
    CPPUNIT_ASSERT(!held("/v1/health/service/a?index=0"));
    CPPUNIT_ASSERT(!held("/v1/health/service/a?wait=1s"));
    add(R"({"ID":"2","Name":"b"})");
    CPPUNIT_ASSERT(held("/v1/health/service/a?index=101"));
    add(R"({"ID":"1","Name":"a","Port":1})");
    CPPUNIT_ASSERT(!held("/v1/health/service/a?index=101"));
  }

  void blockingQueriesNameTheirTopic() {
    const std::pair<const char*, std::string> cases[] = {
        {"/v1/catalog/services", topic::kServices},
        {"/v1/catalog/nodes", topic::kNodes},
        {"/v1/catalog/node/dev", topic::kServices},
        {"/v1/catalog/service/A", topic::instances("a")},
        {"/v1/health/service/A", topic::health("a")},
        {"/v1/health/checks/A", topic::checks("a")},
        {"/v1/health/state/any", topic::kChecks},
        {"/v1/health/node/dev", topic::kChecks},
    };
    for (const auto& [path, name] : cases) {
      const auto hold = held(std::string(path) + "?index=100");
      CPPUNIT_ASSERT_MESSAGE(path, hold.has_value());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, name, hold->topic);
    }
  }

  void waitIsBoundedAndJittered() {
    const auto within = [this](const char* wait, std::chrono::nanoseconds most) {
      std::chrono::nanoseconds shortest = 24h, longest = 0ns;
      for (int i = 0; i < 100; ++i) {
        const auto hold = held("/v1/catalog/services?index=100" + std::string(wait));
        shortest = std::min(shortest, hold->wait);
        longest = std::max(longest, hold->wait);
      }
      return shortest >= most && longest <= most + most / 16 && shortest < longest;
    };
    CPPUNIT_ASSERT(within("", 5min));
    CPPUNIT_ASSERT(within("&wait=0s", 5min));
    CPPUNIT_ASSERT(within("&wait=-1s", 5min));
    CPPUNIT_ASSERT(within("&wait=10s", 10s));
    CPPUNIT_ASSERT(within("&wait=10m", 10min));
    CPPUNIT_ASSERT(within("&wait=2h", 10min));
  }

  void waitOverAnswersWithTheOldIndex() {
    // An index from another life of the registry: the answer's lower one makes watchers start anew.
    const ApiReply reply = call("GET", "/v1/catalog/services?index=5000");
    CPPUNIT_ASSERT_EQUAL(std::string("100"), header(reply, "X-Consul-Index"));
    CPPUNIT_ASSERT_EQUAL(std::string("{\"consul\":[]}"), reply.body);
  }

  void agentEndpointsNeverBlock() {
    CPPUNIT_ASSERT(!held("/v1/agent/services?index=100"));
    CPPUNIT_ASSERT(!held("/v1/status/leader?index=100"));
  }

 private:
  static ApiRequest request(const std::string& method, const std::string& target,
                            const std::string& body) {
    ApiRequest request;
    request.method = method;
    request.body = body;
    const std::size_t mark = target.find('?');
    const auto refusal = request.setTarget(
        target.substr(0, mark), mark == std::string::npos ? "" : target.substr(mark + 1));
    CPPUNIT_ASSERT_MESSAGE(target, !refusal);
    return request;
  }

  ApiReply call(const std::string& method, const std::string& target,
                const std::string& body = {}) {
    return std::get<ApiReply>(
        api_->handle(request(method, target, body), AgentApi::Wait::kOver, now_));
  }

  std::optional<ApiHold> held(const std::string& target) {
    const AgentApi::Answer answer =
        api_->handle(request("GET", target, {}), AgentApi::Wait::kAllowed, now_);
    const auto* hold = std::get_if<ApiHold>(&answer);
    return hold ? std::optional<ApiHold>(*hold) : std::nullopt;
  }

  void add(const std::string& body) {
    const ApiReply reply = call("PUT", "/v1/agent/service/register", body);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
  }

  static std::string header(const ApiReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers) {
      if (key == name) return value;
    }
    return {};
  }

  // The texts that follow `before`, each up to the next quote.
  static std::string found(const std::string& text, const std::string& before) {
    std::string all;
    for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
      at += before.size();
      all += text.substr(at, text.find('"', at) - at) + " ";
    }
    return all;
  }

  std::unique_ptr<AgentStore> store_;
  AgentNode node_;
  std::unique_ptr<AgentApi> api_;
  AgentStore::TimePoint now_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(AgentApiTest);

}  // namespace evmicro::detail
