// Compares the agent with a real Consul: sends the same requests to both and compares the answers.
#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "agent/go_struct.h"
#include "agent/http_caller.h"
#include "support/agent_process.h"
#include "support/consul_server.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::HttpCaller;
using test::RegistryAnswer;

namespace {

struct Exchange {
  const char* method;
  const char* target;
  const char* body;
};

constexpr char kRegister[] = "/v1/agent/service/register";

// One story: each request finds what the ones before it have left behind.
const Exchange kStory[] = {
    {"GET", "/v1/agent/services", ""},
    {"GET", "/v1/agent/checks", ""},
    {"GET", "/v1/catalog/services", ""},
    {"GET", "/v1/catalog/nodes", ""},
    {"GET", "/v1/catalog/datacenters", ""},
    {"GET", "/v1/health/state/any", ""},
    {"GET", "/v1/health/node/dev", ""},
    {"GET", "/v1/health/checks/consul", ""},
    // registrations, accepted and refused
    {"PUT", kRegister, R"({"Name":"a"})"},
    {"PUT", kRegister,
     R"({"ID":"b-1","Name":"topic:b","Tags":["t={\"secure\":\"false\"}","<v&>"],"Port":9400,)"
     R"("Address":"127.0.0.1","Check":{"TTL":"1m0s"},"Checks":null})"},
    {"PUT", kRegister,
     R"({"id":"b-2","name":"topic:b","tags":["<v&>","x"],"port":5,"address":"::1",)"
     R"("meta":{"k":"v"},"weights":{"passing":10},"enable_tag_override":true,)"
     R"("checks":[{"ttl":"1m"},{"ttl":"2m","name":"n2","notes":"nn"},)"
     R"({"ttl":"2m","checkid":"id3","status":"passing"}]})"},
    {"PUT", kRegister,
     R"({"ID":"c-1","Name":"c","Address":"host.x","Port":-5,)"
     R"("tagged_addresses":{"lan":{"address":"1.2.3.4","port":7}},"Check":{}})"},
    {"PUT", kRegister, R"({"Name":"trailing"} garbage)"},
    {"PUT", kRegister, ""},
    {"PUT", kRegister, "{"},
    {"PUT", kRegister, "xyz"},
    {"PUT", kRegister, "null"},
    {"PUT", kRegister, R"({"Name":"a" x)"},
    {"PUT", kRegister, R"({"Name":"a",})"},
    {"PUT", kRegister, R"({"Name" 5})"},
    {"PUT", kRegister, R"({"Tags":["a" "b"]})"},
    {"PUT", kRegister, "{}"},
    {"PUT", kRegister, R"({"Name":5})"},
    {"PUT", kRegister, R"({"Name":"a","Port":"x"})"},
    {"PUT", kRegister, R"({"Name":"a","Port":1.5})"},
    {"PUT", kRegister, R"({"Name":"a","Tags":"x"})"},
    {"PUT", kRegister, R"({"Name":"a","Tags":[1]})"},
    {"PUT", kRegister, R"({"Name":"a","Bogus":1})"},
    {"PUT", kRegister, R"({"Name":"a","Meta":5})"},
    {"PUT", kRegister, R"({"Name":"a","Meta":{"a":1}})"},
    {"PUT", kRegister, R"({"Name":"a","Meta":{"a b":"1"}})"},
    {"PUT", kRegister, R"({"Name":"a","Meta":{"":"1"}})"},
    {"PUT", kRegister, R"({"Name":"a","Meta":{"consul-x":"1"}})"},
    {"PUT", kRegister, R"({"Name":"a","EnableTagOverride":5})"},
    {"PUT", kRegister, R"({"Name":"a","Weights":5})"},
    {"PUT", kRegister, R"({"Name":"a","Weights":{"Passing":"x"}})"},
    {"PUT", kRegister, R"({"Name":"a","Weights":{"Passing":0,"Warning":1}})"},
    {"PUT", kRegister, R"({"Name":"a","Weights":{"Passing":1,"Warning":-1}})"},
    {"PUT", kRegister, R"({"Name":"a","Weights":{"Passing":70000,"Warning":1}})"},
    {"PUT", kRegister, R"({"Name":"a","TaggedAddresses":{"x":5}})"},
    {"PUT", kRegister, R"({"Name":"a","TaggedAddresses":{"x":{"Port":"y"}}})"},
    {"PUT", kRegister, R"({"Name":"a","TaggedAddresses":[]})"},
    {"PUT", kRegister, R"({"Name":"a","Address":"0.0.0.0"})"},
    {"PUT", kRegister, R"({"Name":"a","Address":"[::]"})"},
    {"PUT", kRegister, R"({"Name":"a","Checks":{}})"},
    {"PUT", kRegister, R"({"Name":"a","Check":{"TTL":"x"}})"},
    {"PUT", kRegister, R"({"Name":"a","Check":{"TTL":"30"}})"},
    {"PUT", kRegister, R"({"Name":"a","Check":{"TTL":"3d"}})"},
    {"PUT", kRegister, R"({"Name":"a","Check":{"TTL":-1}})"},
    {"PUT", kRegister, R"({"Name":"a","Check":{"Name":"n"}})"},
    {"PUT", kRegister, R"({"Name":"a","Check":{"TTL":"1s","Notes":5}})"},
    {"PUT", kRegister, R"({"Name":"a","Check":{"TTL":"1s","Bogus":5}})"},
    {"PUT", kRegister, R"({"Name":"a","Check":{"TTL":"1s","Status":"bogus"}})"},
    {"PUT", kRegister, R"({"Name":"a","Check":{"HTTP":"http://127.0.0.1:1/"}})"},
    {"PUT", kRegister,
     R"({"Name":"a","Check":{"TTL":"1s","HTTP":"http://127.0.0.1:1/","Interval":"3s"}})"},
    // the views of it
    {"GET", "/v1/agent/services", ""},
    {"GET", "/v1/agent/checks", ""},
    {"GET", "/v1/catalog/services", ""},
    {"GET", "/v1/catalog/service/topic:b", ""},
    {"GET", "/v1/catalog/service/topic%3Ab?tag=X", ""},
    {"GET", "/v1/catalog/service/topic:b?tag=x&tag=nope", ""},
    {"GET", "/v1/catalog/service/c", ""},
    {"GET", "/v1/catalog/service/TOPIC:B", ""},
    {"GET", "/v1/catalog/service/nobody", ""},
    {"GET", "/v1/catalog/service/", ""},
    {"GET", "/v1/catalog/node/nobody", ""},
    {"GET", "/v1/catalog/node/", ""},
    {"GET", "/v1/catalog/node-services/nobody", ""},
    {"GET", "/v1/catalog/node-services/", ""},
    {"GET", "/v1/catalog/node-services/dev?filter=Service==c", ""},
    {"GET", "/v1/catalog/node/dev?filter=Tags+contains+x", ""},
    {"GET", "/v1/catalog/nodes?node-meta=a:b", ""},
    {"GET", "/v1/catalog/services?node-meta=a:b", ""},
    {"GET", "/v1/health/service/topic:b", ""},
    {"GET", "/v1/health/service/a", ""},
    {"GET", "/v1/health/service/a?passing", ""},
    {"GET", "/v1/health/service/topic:b?passing=false", ""},
    {"GET", "/v1/health/service/topic:b?passing=1", ""},
    {"GET", "/v1/health/service/topic:b?passing=bogus", ""},
    {"GET", "/v1/health/service/nobody", ""},
    {"GET", "/v1/health/service/", ""},
    {"GET", "/v1/health/checks/topic:b", ""},
    {"GET", "/v1/health/checks/", ""},
    {"GET", "/v1/health/state/any", ""},
    {"GET", "/v1/health/state/critical", ""},
    {"GET", "/v1/health/state/passing", ""},
    {"GET", "/v1/health/state/bogus", ""},
    {"GET", "/v1/health/state/", ""},
    {"GET", "/v1/health/node/nobody", ""},
    {"GET", "/v1/health/node/", ""},
    // parts of them
    {"GET", "/v1/agent/services?filter=Service==a", ""},
    {"GET", "/v1/agent/services?filter=Tags+contains+x+and+Meta.k==v", ""},
    {"GET", "/v1/agent/services?filter=Meta+is+empty", ""},
    {"GET", "/v1/agent/checks?filter=Status==critical+and+ServiceName!=a", ""},
    {"GET", "/v1/catalog/services?filter=x", ""},
    {"GET", "/v1/catalog/service/topic:b?filter=ServiceID==%22b-2%22", ""},
    {"GET", "/v1/catalog/service/topic:b?filter=x+in+ServiceTags+or+ServiceMeta.k==v", ""},
    {"GET", "/v1/catalog/nodes?filter=Node!=dev", ""},
    {"GET", "/v1/catalog/nodes?filter=Datacenter==dc1", ""},
    {"GET", "/v1/health/service/topic:b?filter=Service.ID==%60b-1%60", ""},
    {"GET", "/v1/health/service/topic:b?filter=not+Service.Port==5", ""},
    {"GET", "/v1/health/service/topic:b?filter=Checks.Status==passing&passing", ""},
    {"GET", "/v1/health/service/nobody?filter=Service.ID==x", ""},
    {"GET", "/v1/health/checks/topic:b?filter=Name==n2", ""},
    {"GET", "/v1/health/state/any?filter=ServiceID==%22%22", ""},
    {"GET", "/v1/health/node/dev?filter=Type==ttl", ""},
    // reports
    {"PUT", "/v1/agent/check/pass/service:b-1?note=", ""},
    {"PUT", "/v1/agent/check/pass/service:b-2:1?note=hello%20w+x", ""},
    {"PUT", "/v1/agent/check/warn/service:b-2:2", ""},
    {"PUT", "/v1/agent/check/fail/id3?note=bad", ""},
    {"PUT", "/v1/agent/check/pass/nothing", ""},
    {"PUT", "/v1/agent/check/fail/", ""},
    {"PUT", "/v1/agent/check/update/id3", R"({"Status":"warning","Output":"out"})"},
    {"PUT", "/v1/agent/check/update/id3", R"({"Status":"bogus"})"},
    {"PUT", "/v1/agent/check/update/id3", "{"},
    {"PUT", "/v1/agent/check/update/id3", R"({"Output":""})"},
    {"PUT", "/v1/agent/check/update/id3", R"({"Status":"passing","Bogus":""})"},
    {"PUT", "/v1/agent/check/update/nothing", R"({"Status":"passing"})"},
    {"GET", "/v1/agent/checks", ""},
    {"GET", "/v1/health/service/topic:b", ""},
    {"GET", "/v1/health/service/topic:b?passing", ""},
    {"GET", "/v1/health/state/warning", ""},
    // a text that changes alone is not published at once
    {"PUT", "/v1/agent/check/pass/service:b-1?note=later", ""},
    {"GET", "/v1/agent/checks", ""},
    {"GET", "/v1/health/checks/topic:b", ""},
    // registered again: health and text stay, other checks too, unless replaced
    {"PUT", kRegister,
     R"({"ID":"b-1","Name":"topic:b","Port":1,"Check":{"TTL":"1m0s","Status":"critical"}})"},
    {"PUT", kRegister, R"({"ID":"b-2","Name":"topic:b"})"},
    {"GET", "/v1/health/service/topic:b", ""},
    {"PUT", "/v1/agent/service/register?replace-existing-checks=true",
     R"({"ID":"b-2","Name":"topic:b"})"},
    {"GET", "/v1/health/checks/topic:b", ""},
    // checks on their own
    {"PUT", "/v1/agent/check/register", "{}"},
    {"PUT", "/v1/agent/check/register", R"({"Name":"n"})"},
    {"PUT", "/v1/agent/check/register", R"({"Name":"n","TTL":"10s","Bogus":1})"},
    {"PUT", "/v1/agent/check/register", R"({"Name":"n","TTL":"10s","Status":"bogus"})"},
    {"PUT", "/v1/agent/check/register", R"({"Name":"n","TTL":"10s","ServiceID":"nobody"})"},
    {"PUT", "/v1/agent/check/register", R"({"ID":"ck","Name":"n","TTL":"1m","ServiceID":"a"})"},
    {"PUT", "/v1/agent/check/register", R"({"Name":"the node","TTL":"1m","Status":"passing"})"},
    {"GET", "/v1/health/service/a", ""},
    {"GET", "/v1/health/service/a?passing", ""},
    {"PUT", "/v1/agent/check/pass/ck", ""},
    {"PUT", "/v1/agent/check/fail/the%20node", ""},
    {"GET", "/v1/health/service/a?passing", ""},
    {"PUT", "/v1/agent/check/deregister/the%20node", ""},
    {"PUT", "/v1/agent/check/deregister/nothing", ""},
    {"PUT", "/v1/agent/check/deregister/", ""},
    {"GET", "/v1/health/service/a?passing", ""},
    // parameters and methods
    {"GET", "/v1/catalog/services?index=x", ""},
    {"GET", "/v1/catalog/services?index=-1", ""},
    {"GET", "/v1/catalog/services?wait=x", ""},
    {"GET", "/v1/catalog/services?wait=1", ""},
    {"GET", "/v1/catalog/services?wait=x&index=x", ""},
    {"GET", "/v1/catalog/services?index=0&wait=1s", ""},
    {"GET", "/v1/catalog/services?stale", ""},
    {"GET", "/v1/catalog/services?consistent", ""},
    {"GET", "/v1/catalog/services?stale&consistent", ""},
    {"GET", "/v1/catalog/services?dc=dc1", ""},
    {"GET", "/v1/agent/service/register", ""},
    {"POST", "/v1/agent/service/register", "{}"},
    {"DELETE", "/v1/catalog/services", ""},
    {"PATCH", "/v1/agent/self", ""},
    {"OPTIONS", "/v1/agent/check/pass/x", ""},
    {"PUT", "/v1/health/service/a", ""},
    {"GET", "/v1/nope", ""},
    {"GET", "/v1/", ""},
    {"GET", "/v1/agent/self/", ""},
    {"GET", "/v1/health/service/a%zz", ""},
    {"GET", "/v1/health/service/a%01", ""},
    {"GET", "/v1/agent/service/nobody", ""},
    // health as a load balancer asks, of what is registered at this agent
    {"GET", "/v1/agent/health/service/id/b-1", ""},
    {"GET", "/v1/agent/health/service/id/c-1", ""},
    {"GET", "/v1/agent/health/service/id/nobody", ""},
    {"GET", "/v1/agent/health/service/id/consul", ""},
    {"GET", "/v1/agent/health/service/id/", ""},
    {"GET", "/v1/agent/health/service/id/b-1?format=text", ""},
    {"GET", "/v1/agent/health/service/id/nobody?format=text", ""},
    {"GET", "/v1/agent/health/service/name/c", ""},
    {"GET", "/v1/agent/health/service/name/C", ""},
    {"GET", "/v1/agent/health/service/name/nobody", ""},
    {"GET", "/v1/agent/health/service/name/", ""},
    {"GET", "/v1/agent/health/service/name/topic:b?format=text", ""},
    {"GET", "/v1/agent/health/service/name/nobody?format=text", ""},
    {"GET", "/v1/agent/health/service/", ""},
    // maintenance
    {"PUT", "/v1/agent/service/maintenance/c-1?enable=true&reason=a%20%3Cwhy%3E", ""},
    {"PUT", "/v1/agent/service/maintenance/c-1?enable=true&reason=other", ""},
    {"GET", "/v1/agent/health/service/id/c-1", ""},
    {"GET", "/v1/health/service/c", ""},
    {"GET", "/v1/health/service/c?passing", ""},
    {"PUT", "/v1/agent/check/pass/_service_maintenance:c-1", ""},
    {"PUT", "/v1/agent/service/maintenance/c-1?enable=0", ""},
    {"PUT", "/v1/agent/service/maintenance/c-1?enable=0", ""},
    {"GET", "/v1/health/service/c?passing", ""},
    {"PUT", "/v1/agent/service/maintenance/c-1", ""},
    {"PUT", "/v1/agent/service/maintenance/c-1?enable", ""},
    {"PUT", "/v1/agent/service/maintenance/c-1?enable=yes", ""},
    {"PUT", "/v1/agent/service/maintenance/nobody?enable=true", ""},
    {"PUT", "/v1/agent/service/maintenance/?enable=true", ""},
    {"PUT", "/v1/agent/maintenance?enable=true", ""},
    {"GET", "/v1/agent/health/service/id/c-1?format=text", ""},
    {"GET", "/v1/health/service/c?passing", ""},
    {"GET", "/v1/health/state/critical", ""},
    {"PUT", "/v1/agent/maintenance?enable=false", ""},
    {"PUT", "/v1/agent/maintenance", ""},
    {"GET", "/v1/agent/maintenance", ""},
    {"GET", "/v1/health/service/c?passing", ""},
    // paths that are not clean
    {"GET", "/v1//catalog/services", ""},
    {"GET", "/v1/./catalog/../catalog/service/a?passing&x=%26", ""},
    {"GET", "/v1/catalog/service/a/%2e%2e/b%20c%22", ""},
    {"GET", "/../v1/catalog//", ""},
    {"PUT", "/v1/agent/service/deregister/http://x", ""},
    // the end
    {"PUT", "/v1/agent/service/deregister/b-1", ""},
    {"PUT", "/v1/agent/service/deregister/nobody", ""},
    {"PUT", "/v1/agent/service/deregister/", ""},
    {"GET", "/v1/health/service/topic:b", ""},
    {"PUT", "/v1/agent/service/deregister/b-2", ""},
    {"GET", "/v1/health/service/topic:b", ""},
    {"GET", "/v1/catalog/services", ""},
    {"GET", "/v1/agent/checks", ""},
};

// Replaces what differs between any two registries: indexes, the node's id.
void neutralise(json_t* value) {
  if (json_is_array(value)) {
    for (std::size_t i = 0; i < json_array_size(value); ++i) neutralise(json_array_get(value, i));
  }
  if (!json_is_object(value)) return;
  const char* key = nullptr;
  json_t* member = nullptr;
  json_object_foreach(value, key, member) {
    const std::string name = key;
    const bool index = name == "CreateIndex" || name == "ModifyIndex";
    const bool uuid = name == "ID" && json_is_string(member) && json_string_length(member) == 36;
    if (index && json_integer_value(member) != 0) json_integer_set(member, 1);
    if (uuid) json_string_set(member, "uuid");
    neutralise(member);
  }
}

// Consul lists the tags of a service in an order of its own each time.
void sortTags(json_t* services) {
  const char* name = nullptr;
  json_t* tags = nullptr;
  json_object_foreach(services, name, tags) {
    std::set<std::string> sorted;
    for (std::size_t i = 0; i < json_array_size(tags); ++i) {
      sorted.insert(json_string_value(json_array_get(tags, i)));
    }
    json_array_clear(tags);
    for (const std::string& tag : sorted) json_array_append_new(tags, json_string(tag.c_str()));
  }
}

std::string normalBody(const Exchange& exchange, const RegistryAnswer& answer) {
  if (answer.header("Content-Type") != "application/json") return answer.body;
  const auto json = detail::parseGoJson(answer.body);
  if (!json.ok()) return "not JSON: " + answer.body;
  neutralise(json->get());
  if (std::string(exchange.target).find("/v1/catalog/services") == 0) sortTags(json->get());
  const std::unique_ptr<char, void (*)(void*)> text(
      json_dumps(json->get(), JSON_ENCODE_ANY | JSON_INDENT(1)), &std::free);
  return text.get();
}

std::string describe(const Exchange& exchange, const RegistryAnswer& answer) {
  std::ostringstream text;
  text << answer.status << "\n";
  for (const char* name :
       {"Content-Type", "Allow", "Location", "X-Consul-Reason", "X-Consul-Effective-Consistency",
        "X-Consul-Knownleader", "X-Consul-Lastcontact"}) {
    text << name << ": " << answer.header(name) << "\n";
  }
  text << "X-Consul-Index: " << (answer.index().empty() ? "no" : "yes") << "\n";
  text << normalBody(exchange, answer);
  return text.str();
}

}  // namespace

class ConsulComparisonTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConsulComparisonTest);
  CPPUNIT_TEST(theSameStoryIsAnsweredAlike);
  CPPUNIT_TEST(theSameWatchersWake);
  CPPUNIT_TEST(ttlExpiryLooksTheSame);
  CPPUNIT_TEST(selfHasWhatClientsRead);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    consul_ = std::make_unique<test::ConsulServer>();
    agent_ = std::make_unique<test::AgentProcess>();
    loop_ = std::make_unique<EventLoop>();
  }

  void tearDown() override {
    loop_.reset();
    agent_.reset();
    consul_.reset();
  }

  void theSameStoryIsAnsweredAlike() {
    std::string differences;
    for (const Exchange& exchange : kStory) {
      const std::string theirs = told(consul_->address(), exchange);
      const std::string ours = told(agent_->address(), exchange);
      if (theirs == ours) continue;
      differences += std::string("\n=== ") + exchange.method + " " + exchange.target + " " +
                     exchange.body + "\n--- consul: " + theirs + "\n--- agent: " + ours;
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), differences);
  }

  void theSameWatchersWake() {
    const Exchange before[] = {
        {"PUT", kRegister, R"({"ID":"w1","Name":"w","Check":{"TTL":"9m"}})"},
        {"PUT", kRegister, R"({"ID":"w2","Name":"w"})"},
        {"PUT", kRegister, R"({"ID":"o1","Name":"o","Check":{"TTL":"9m"}})"},
        {"PUT", kRegister, R"({"ID":"gone","Name":"gone"})"},
        {"PUT", "/v1/agent/service/deregister/gone", ""},
    };
    for (const Exchange& exchange : before) both(exchange);
    // No service but `none` loses its last instance: there Consul wakes the watchers of every
    // absent service, with nothing new for them, and the agent does not.
    const Exchange changes[] = {
        {"PUT", "/v1/agent/check/pass/service:w1", ""},
        {"PUT", "/v1/agent/check/pass/service:o1", ""},
        {"PUT", "/v1/agent/check/fail/service:w1?note=n", ""},
        {"PUT", kRegister, R"({"ID":"o2","Name":"o"})"},
        {"PUT", kRegister, R"({"ID":"w1","Name":"w","Tags":["x"],"Check":{"TTL":"9m"}})"},
        {"PUT", kRegister, R"({"Name":"none"})"},
        {"PUT", "/v1/agent/service/deregister/none", ""},
        {"PUT", "/v1/agent/service/deregister/o1", ""},
        {"PUT", "/v1/agent/check/register", R"({"Name":"nc","TTL":"9m"})"},
        {"PUT", "/v1/agent/check/deregister/nc", ""},
        {"PUT", "/v1/agent/service/deregister/w1", ""},
    };
    for (const Exchange& change : changes) {
      const std::set<std::string> ours = woken(agent_->address(), change, {});
      const std::set<std::string> theirs = woken(consul_->address(), change, ours);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(change.target) + change.body, joined(theirs),
                                   joined(ours));
    }
  }

  void ttlExpiryLooksTheSame() {
    both({"PUT", kRegister, R"({"ID":"q","Name":"q","Check":{"TTL":"30ms","Status":"passing"}})"});
    both({"PUT", kRegister, R"({"ID":"t","Name":"t","Check":{"TTL":"9m"}})"});
    both({"PUT", "/v1/agent/check/pass/service:t?note=all%20fine", ""});
    // The report outlives a registration with a shorter TTL only as the check's text.
    both({"PUT", kRegister, R"({"ID":"s","Name":"s","Check":{"TTL":"300ms"}})"});
    both({"PUT", "/v1/agent/check/pass/service:s?note=all%20fine", ""});
    for (const char* check : {"q", "s"}) {
      const Exchange look = {"GET", "/v1/health/state/critical", ""};
      const std::string id = std::string("\"service:") + check + "\"";
      const auto critical = [&](const std::string& address) {
        return ask(address, look).body.find(id) != std::string::npos;
      };
      for (const std::string& address : {consul_->address(), agent_->address()}) {
        const auto limit = EventLoop::now() + 20s;
        while (!critical(address)) CPPUNIT_ASSERT(EventLoop::now() < limit);
      }
      const Exchange read = {"GET", "/v1/agent/checks", ""};
      CPPUNIT_ASSERT_EQUAL(describe(read, ask(consul_->address(), read)),
                           describe(read, ask(agent_->address(), read)));
    }
    const std::string texts = ask(agent_->address(), {"GET", "/v1/agent/checks", ""}).body;
    CPPUNIT_ASSERT(texts.find("TTL expired (last output before timeout follows): all fine") !=
                   std::string::npos);
  }

  void selfHasWhatClientsRead() {
    const Exchange self = {"GET", "/v1/agent/self", ""};
    const auto theirs = detail::parseGoJson(ask(consul_->address(), self).body);
    const auto ours = detail::parseGoJson(ask(agent_->address(), self).body);
    const auto keys = [](const auto& json, const char* part) {
      std::set<std::string> names;
      const char* key = nullptr;
      json_t* value = nullptr;
      json_object_foreach(json_object_get(json->get(), part), key, value) names.insert(key);
      return joined(names);
    };
    CPPUNIT_ASSERT_EQUAL(keys(theirs, "Config"), keys(ours, "Config"));
    CPPUNIT_ASSERT_EQUAL(keys(theirs, "Member"), keys(ours, "Member"));
    CPPUNIT_ASSERT_EQUAL(keys(theirs, "Meta"), keys(ours, "Meta"));
  }

 private:
  RegistryAnswer ask(const std::string& address, const Exchange& exchange) {
    HttpCaller http(*loop_, address);
    return http.call(exchange.method, exchange.target, exchange.body);
  }

  std::string told(const std::string& address, const Exchange& exchange) {
    try {
      return describe(exchange, ask(address, exchange));
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  void both(const Exchange& exchange) {
    for (const std::string& address : {consul_->address(), agent_->address()}) {
      const RegistryAnswer answer = ask(address, exchange);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(exchange.target + answer.body, 200, answer.status);
    }
  }

  // Holds a query of each kind, makes `change`, and returns which of them were answered: at least
  // until those of `expected` were, and until a query made after the change has been answered.
  std::set<std::string> woken(const std::string& address, const Exchange& change,
                              const std::set<std::string>& expected) {
    const char* const paths[] = {
        "/v1/catalog/service/w",    "/v1/health/service/w", "/v1/health/checks/w",
        "/v1/catalog/services",     "/v1/health/state/any", "/v1/catalog/nodes",
        "/v1/health/node/dev",      "/v1/catalog/node/dev", "/v1/health/service/none",
        "/v1/catalog/service/none",
    };
    std::map<std::string, std::unique_ptr<HttpCaller>> waiting;
    for (const char* path : paths) {
      auto http = std::make_unique<HttpCaller>(*loop_, address);
      http->send("GET", std::string(path) + "?wait=1m&index=" + http->get(path).index());
      waiting.emplace(path, std::move(http));
    }
    for (const auto& [path, http] : waiting) {
      // Each has been read, and none was answered at once, when a later request has its answer.
      ask(address, {"GET", "/v1/status/leader", ""});
      CPPUNIT_ASSERT_MESSAGE(path, !http->answer());
    }
    CPPUNIT_ASSERT_EQUAL(200, ask(address, change).status);
    std::set<std::string> answered;
    const auto collect = [&] {
      for (const auto& [path, http] : waiting) {
        if (http->answer()) answered.insert(path);
      }
      return std::includes(answered.begin(), answered.end(), expected.begin(), expected.end());
    };
    test::runUntil(*loop_, collect);
    ask(address, {"GET", "/v1/catalog/services", ""});
    collect();
    return answered;
  }

  static std::string joined(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += name + "\n";
    return text;
  }

  std::unique_ptr<test::ConsulServer> consul_;
  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<EventLoop> loop_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(ConsulComparisonTest);

}  // namespace evmicro
