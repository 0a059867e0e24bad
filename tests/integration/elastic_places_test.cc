// place_srv with its places in Elasticsearch, whose part is played by a server that notes what it
// was asked.
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "integration/json_caller.h"
#include "support/agent_process.h"
#include "support/ports.h"
#include "support/scripted_server.h"

namespace evmicro {

class ElasticPlacesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElasticPlacesTest);
  CPPUNIT_TEST(placesAreStored);
  CPPUNIT_TEST(placesAreRead);
  CPPUNIT_TEST(placesAreRemoved);
  CPPUNIT_TEST(placesAreFound);
  CPPUNIT_TEST(olderVersionsHaveTypes);
  CPPUNIT_TEST(failuresAreTold);
  CPPUNIT_TEST(anotherHostIsUsed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    caller_ = std::make_unique<test::JsonCaller>();
    elastic_ = std::make_unique<test::ScriptedServer>(caller_->loop(), [this](const auto&) {
      return test::ScriptedServer::reply(status_, body_, "Content-Type: application/json\r\n");
    });
  }
  void tearDown() override {
    service_.reset();
    elastic_.reset();
    caller_.reset();
    agent_.reset();
  }

  void placesAreStored() {
    start({});
    status_ = 201;
    body_ = R"({"_index":"places","_id":"a","result":"created"})";
    const std::string place =
        R"({"id":"a/b c","name":"Yo!","location":{"lat":51.5,"lng":-0.1},"tags":["sushi","bar"]})";
    expect("{}", call("Create", R"({"place":)" + place + "}"));
    expectAsked("PUT /places/_doc/a%2Fb%20c", place);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"),
                         elastic_->requests().back().header("Content-Type"));
    status_ = 200;
    expect("{}", call("Update", R"({"place":{"id":"a","name":"Other"}})"));
    expectAsked("PUT /places/_doc/a", R"({"id":"a","name":"Other"})");
    expect("{}", call("Create", R"({"place":{"name":"without id"}})"));
    const std::string target = elastic_->requests().back().target;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(target, std::string("/places/_doc/").size() + 32, target.size());
  }

  void placesAreRead() {
    start({});
    body_ = R"({"_index":"places","_id":"a","found":true,"_source":)"
            R"({"id":"a","name":"Yo!","location":{"lat":51.5,"lng":-0.1},"rank":7}})";
    expect(R"({"place":{"id":"a","name":"Yo!","location":{"lat":51.5,"lng":-0.1}}})",
           call("Read", R"({"id":"a"})"));
    expectAsked("GET /places/_doc/a", "");
    status_ = 404;
    body_ = R"({"found":false})";
    expect("404 go.micro.srv.place.Locate.Read record not found", call("Read", R"({"id":"a"})"));
    status_ = 200;
    for (const char* body : {"no JSON", "[]", R"({"_source":1})", R"({"_source":{"id":{}}})"}) {
      body_ = body;
      expect("500 go.micro.srv.place.Locate.Read the store failed", call("Read", R"({"id":"a"})"));
    }
  }

  void placesAreRemoved() {
    start({});
    expect("{}", call("Delete", R"({"id":"a"})"));
    expectAsked("DELETE /places/_doc/a", "");
    status_ = 404;
    expect("{}", call("Delete", R"({"id":"a"})"));
    status_ = 500;
    expect("500 go.micro.srv.place.Locate.Delete the store failed",
           call("Delete", R"({"id":"a"})"));
  }

  void placesAreFound() {
    start({});
    body_ = R"({"took":1,"hits":{"total":2,"hits":[{"_id":"b","_source":{"id":"b","name":"B"}},)"
            R"({"_id":"a","_source":{"id":"a","name":"A"}}]}})";
    expect(R"({"places":[{"id":"b","name":"B"},{"id":"a","name":"A"}]})",
           call("Search", R"({"query":"tags: \"raw\" AND iata: LON","limit":3,"offset":2})"));
    expectAsked("POST /places/_search?from=2&size=3",
                R"({"query":{"query_string":{"query":"tags: \"raw\" AND iata: LON"}}})");
    call("Search", "{}");
    expectAsked("POST /places/_search?from=0&size=10",
                R"({"query":{"query_string":{"query":"*"}}})");
    call("Search", R"({"query":"x","limit":5000})");
    expectAsked("POST /places/_search?from=0&size=1000",
                R"({"query":{"query_string":{"query":"x"}}})");
    body_ = R"({"hits":{"hits":[]}})";
    expect("{}", call("Search", "{}"));
    status_ = 404;  // no index yet
    expect("{}", call("Search", "{}"));
    status_ = 400;
    body_ = R"({"error":{"root_cause":[{"type":"parse","reason":"Failed to parse query [x:]"}],)"
            R"("reason":"all shards failed"},"status":400})";
    expect("400 go.micro.srv.place.Locate.Search query: Failed to parse query [x:]",
           call("Search", R"({"query":"x:"})"));
    status_ = 200;
    body_ = "{}";
    expect("500 go.micro.srv.place.Locate.Search the store failed", call("Search", "{}"));
  }

  void olderVersionsHaveTypes() {
    start({"--elasticsearch_type", "place"});
    call("Read", R"({"id":"a"})");
    expectAsked("GET /places/place/a", "");
    call("Search", "{}");
    expectAsked("POST /places/place/_search?from=0&size=10",
                R"({"query":{"query_string":{"query":"*"}}})");
  }

  void failuresAreTold() {
    start({});
    status_ = 503;
    body_ = R"({"error":{"reason":"no shard, secret"}})";
    expect("500 go.micro.srv.place.Locate.Create the store failed",
           call("Create", R"({"place":{"id":"a"}})"));
    CPPUNIT_ASSERT(service_->process().prints("no shard"));  // in the log
    elastic_.reset();
    for (const char* method : {"Read", "Delete"}) {
      expect(std::string("503 go.micro.srv.place.Locate.") + method +
                 " Elasticsearch cannot be reached",
             call(method, R"({"id":"a"})"));
    }
  }

  void anotherHostIsUsed() {
    start({}, test::freeAddress() + ", ");
    body_ = R"({"_source":{"id":"a"}})";
    expect(R"({"place":{"id":"a"}})", call("Read", R"({"id":"a"})"));
    expect(R"({"place":{"id":"a"}})", call("Read", R"({"id":"a"})"));
  }

 private:
  void start(std::vector<std::string> flags, const std::string& before = {}) {
    flags.insert(flags.end(), {"--elasticsearch_hosts", before + elastic_->address()});
    service_ = std::make_unique<test::ServiceProcess>("place_srv", agent_->address(), flags);
  }
  std::string call(const std::string& method, const std::string& request) {
    return caller_->call(service_->address(), "Location." + method, request);
  }
  static void expect(const std::string& expected, const std::string& answer) {
    CPPUNIT_ASSERT_EQUAL(expected, answer);
  }
  void expectAsked(const std::string& request, const std::string& body) const {
    const auto& last = elastic_->requests().back();
    CPPUNIT_ASSERT_EQUAL(request, last.method + " " + last.target);
    CPPUNIT_ASSERT_EQUAL(body, last.body);
  }

  int status_ = 200;
  std::string body_ = "{}";
  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::JsonCaller> caller_;
  std::unique_ptr<test::ScriptedServer> elastic_;
  std::unique_ptr<test::ServiceProcess> service_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElasticPlacesTest);

}  // namespace evmicro
