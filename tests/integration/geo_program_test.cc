// geo_srv and geo_api as processes, the latter behind `evmicro api`.
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "peers/peer_program.h"
#include "support/agent_process.h"
#include "support/http_get.h"
#include "support/process.h"
#include "support/reported.h"

namespace evmicro {

class GeoProgramTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GeoProgramTest);
  CPPUNIT_TEST(theClientSavesReadsAndSearches);
  CPPUNIT_TEST(everyInstanceKnowsAndNewcomersToo);
  CPPUNIT_TEST(wrongCalls);
  CPPUNIT_TEST(noMoreThanTheLimit);
  CPPUNIT_TEST(behindTheApi);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override { agent_.reset(); }

  void theClientSavesReadsAndSearches() {
    const auto geo = service("geo_srv");
    const test::Finished end =
        test::run({TEST_BUILD_DIR "/examples/geo_client", "--registry_address", agent_->address()});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    const std::string entity = "id: \"id123\" type: \"runner\" location { latitude: 51.516509 ";
    CPPUNIT_ASSERT_MESSAGE(end.out, end.out.rfind("Saved entity: " + entity, 0) == 0);
    CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find("\nRead entity: " + entity) != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(end.out,
                           end.out.find("\nSearch results: [" + entity) != std::string::npos);
  }

  void everyInstanceKnowsAndNewcomersToo() {
    const auto first = service("geo_srv");
    const auto second = service("geo_srv");
    expectAnswer("{}",
                 call("Save", R"({"entity":{"id":"a","type":"t","location":{"latitude":1}}})"));
    const auto third = service("geo_srv");
    for (const auto* each : {&first, &second, &third}) {
      expectAnswer(R"({"entity":{"id":"a","type":"t","location":{"latitude":1}}})",
                   callAt((*each)->address(), "Read", R"({"id":"a"})"));
    }
    ASSERT_REPORTED(third->process().report(),
                    third->process().prints("Entities taken from another instance: 1"));
    // What moves moves everywhere, also where it came by a snapshot.
    expectAnswer("{}",
                 call("Save", R"({"entity":{"id":"a","type":"u","location":{"latitude":2}}})"));
    for (const auto* each : {&first, &second, &third}) {
      expectAnswer(R"({"entities":[{"id":"a","type":"u","location":{"latitude":2}}]})",
                   callAt((*each)->address(), "Search",
                          R"({"center":{"latitude":2},"radius":1,"type":"u","numEntities":1})"));
      expectAnswer("{}",
                   callAt((*each)->address(), "Search",
                          R"({"center":{"latitude":2},"radius":9e9,"type":"t","numEntities":1})"));
    }
  }

  void wrongCalls() {
    const auto geo = service("geo_srv");
    const struct {
      const char* method;
      const char* request;
      const char* error;
    } rows[] = {
        {"Save", "{}", "Require location (400 Bad Request, go.micro.srv.geo.save)"},
        {"Save", R"({"entity":{"id":"a"}})",
         "Require location (400 Bad Request, go.micro.srv.geo.save)"},
        {"Save", R"({"entity":{"location":{}}})",
         "Require Id (400 Bad Request, go.micro.srv.geo.save)"},
        {"Save", R"({"entity":{"id":"a","location":{"latitude":90.001}}})", "latitude must be"},
        {"Save", R"({"entity":{"id":"a","location":{"longitude":-180.001}}})",
         "longitude within -180 and 180"},
        {"Read", "{}", "Require Id (400 Bad Request, go.micro.srv.geo.read)"},
        {"Read", R"({"id":"b"})", "Not found (404 Not Found, go.micro.srv.geo.read)"},
        {"Search", "{}", "Require center (400 Bad Request, go.micro.srv.geo.search)"},
        {"Search", R"({"center":{"latitude":91}})", "center is not on Earth"},
        {"Search", R"({"center":{},"radius":-1})", "radius must not be negative"},
        {"Search", R"({"center":{},"numEntities":-1})", "numEntities must not be negative"},
    };
    for (const auto& row : rows) {
      const test::Finished end = call(row.method, row.request);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.request, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(row.error) != std::string::npos);
    }
    const std::string longest(255, 'x');
    CPPUNIT_ASSERT_EQUAL(
        0, call("Save", R"({"entity":{"location":{},"id":")" + longest + "\"}}").code);
    const test::Finished end =
        call("Save", R"({"entity":{"location":{},"id":"x)" + longest + "\"}}");
    CPPUNIT_ASSERT_MESSAGE(end.err,
                           end.err.find("not be longer than 255 bytes") != std::string::npos);
  }

  void noMoreThanTheLimit() {
    const auto geo = service("geo_srv", {"--max_entities", "2"});
    const auto save = [&](const std::string& id) {
      return call("Save", R"({"entity":{"location":{},"id":")" + id + "\"}}");
    };
    CPPUNIT_ASSERT_EQUAL(0, save("a").code);
    CPPUNIT_ASSERT_EQUAL(0, save("b").code);
    const test::Finished end = save("c");
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("the index is full") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0, save("b").code);  // known ones still move
  }

  void behindTheApi() {
    const auto srv = service("geo_srv");
    const auto api = service("geo_api");
    test::Process gateway({TEST_BUILD_DIR "/evmicro", "--registry_address", agent_->address(),
                           "api", "--api_address", "127.0.0.1:0"});
    const auto listening = gateway.printsLine("Listening on ");
    ASSERT_REPORTED(gateway.report(), listening);
    const std::string address = listening->substr(0, listening->find(','));
    const std::string point = "{%22latitude%22:51.516509,%22longitude%22:0.124615}";
    const std::string entity =
        R"({"id":"id123","type":"runner","location":{"latitude":51.516509,"longitude":0.124615}})";
    const auto detail = [](int code, const char* method, const char* text, const char* status) {
      return R"({"id":"go.micro.api.geo.)" + std::string(method) +
             "\",\"code\":" + std::to_string(code) + ",\"detail\":\"" + text + "\",\"status\":\"" +
             status + "\"}";
    };
    const struct {
      std::string path;
      std::string form;
      int status;
      std::string body;
    } rows[] = {
        {"save", "id=id123&type=runner&location=" + point, 200, "{}"},
        {"read", "id=id123", 200, entity},
        {"search", "center=" + point + "&radius=500&type=runner&num_entities=5", 200,
         "[" + entity + "]"},
        {"search", "center=" + point + "&radius=500&type=walker&num_entities=5", 200, "[]"},
        {"save", "id=x&location=1", 400, detail(400, "search", "invalid location", "Bad Request")},
        {"save", "id=x&location={%22latitude%22:91}", 400,
         detail(400, "search", "invalid location", "Bad Request")},
        {"save", "location=" + point, 400,
         detail(400, "save", "ID cannot be blank", "Bad Request")},
        {"read", "", 400, detail(400, "read", "Require Id", "Bad Request")},
        {"read", "id=none", 404, detail(404, "read", "Not found", "Not Found")},
        {"search", "type=runner&num_entities=5", 400,
         detail(400, "search", "invalid center point", "Bad Request")},
        {"search", "num_entities=5&center=" + point, 400,
         detail(400, "search", "type cannot be blank", "Bad Request")},
        {"search", "type=runner&num_entities=x&center=" + point, 400,
         detail(400, "search", "num_entities must be greater than 0", "Bad Request")},
        {"search", "type=runner&num_entities=0&center=" + point, 400,
         detail(400, "search", "num_entities must be greater than 0", "Bad Request")},
    };
    for (const auto& row : rows) {
      const test::Finished posted =
          test::run({test::peerProgram("curl", "curl"), "-s", "-w", "%{http_code}", "-d", row.form,
                     "http://" + address + "/geo/location/" + row.path});
      CPPUNIT_ASSERT_EQUAL(row.body + std::to_string(row.status), posted.out);
      const auto got = test::httpGet(address, "/geo/location/" + row.path + "?" + row.form);
      CPPUNIT_ASSERT_MESSAGE(row.form, got);
      CPPUNIT_ASSERT_EQUAL(row.body, got->body);
      CPPUNIT_ASSERT_EQUAL(row.status, got->status);
    }
  }

 private:
  std::unique_ptr<test::ServiceProcess> service(const std::string& program,
                                                const std::vector<std::string>& flags = {}) const {
    return std::make_unique<test::ServiceProcess>(program, agent_->address(), flags);
  }
  test::Finished call(const std::string& method, const std::string& request) const {
    return test::run({TEST_BUILD_DIR "/evmicro", "--registry_address", agent_->address(), "query",
                      "go.micro.srv.geo", "Location." + method, request});
  }
  test::Finished callAt(const std::string& address, const std::string& method,
                        const std::string& request) const {
    return test::run({TEST_BUILD_DIR "/evmicro", "--registry_address", agent_->address(), "query",
                      "--address", address, "go.micro.srv.geo", "Location." + method, request});
  }
  static void expectAnswer(const std::string& expected, const test::Finished& end) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    std::string compact;
    for (const char c : end.out) {
      if (c != '\n' && c != '\t' && c != ' ') compact += c;
    }
    CPPUNIT_ASSERT_EQUAL(expected, compact);
  }

  std::unique_ptr<test::AgentProcess> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GeoProgramTest);

}  // namespace evmicro
