// geo_web as a process: its page, its JSON, and its events from the topic.
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "peers/peer_program.h"
#include "support/agent_process.h"
#include "support/http_get.h"
#include "support/process.h"
#include "support/prometheus_page.h"
#include "support/reported.h"

namespace evmicro {

class GeoWebTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GeoWebTest);
  CPPUNIT_TEST(pageKnowsItsBase);
  CPPUNIT_TEST(everythingForbidsForeignContent);
  CPPUNIT_TEST(objects);
  CPPUNIT_TEST(wrongRequests);
  CPPUNIT_TEST(eventsComeFromTheTopic);
  CPPUNIT_TEST(runnersRun);
  CPPUNIT_TEST(noMorePagesThanTheLimit);
  CPPUNIT_TEST(openPagesDoNotDelayTheEnd);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { agent_ = std::make_unique<test::AgentProcess>(); }
  void tearDown() override {
    web_.reset();
    srv_.reset();
    agent_.reset();
  }

  void pageKnowsItsBase() {
    start({});
    const struct {
      const char* header;
      const char* base;
    } rows[] = {
        {"X: y", "<base href=\"/\">"},
        {"X-Micro-Web-Base-Path: /geo", "<base href=\"/geo/\">"},
        {"X-Micro-Web-Base-Path: //evil", "<base href=\"/\">"},
        {"X-Micro-Web-Base-Path: /\"><script>", "<base href=\"/\">"},
    };
    for (const auto& row : rows) {
      const std::string page = curl({"-H", row.header}, "/");
      CPPUNIT_ASSERT_MESSAGE(page, page.find(row.base) != std::string::npos);
    }
  }

  void everythingForbidsForeignContent() {
    start({});
    for (const char* path : {"/", "/geo.js", "/map.js", "/style.css", "/icon.svg", "/none",
                             "/index.html", "/objects", "/objects?lat=1&lon=1"}) {
      const auto answer = test::httpGet(web_->address(), path);
      CPPUNIT_ASSERT_MESSAGE(path, answer);
      CPPUNIT_ASSERT_MESSAGE(
          answer->head,
          answer->head.find("Content-Security-Policy: default-src 'none'; script-src 'self';") !=
              std::string::npos);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string::npos, answer->body.find("https://"));
    }
    CPPUNIT_ASSERT_EQUAL(404, test::httpGet(web_->address(), "/index.html")->status);
  }

  void objects() {
    startGeo();
    start({});
    save("a", 51.5, -0.1);
    save("b", 51.5001, -0.1);
    save("far", 51.6, -0.1);
    const std::string a = entity("a", "51.5", "-0.1");
    const std::string b = entity("b", "51.5001", "-0.1");
    const std::string far = entity("far", "51.6", "-0.1");
    CPPUNIT_ASSERT_EQUAL("[" + a + "," + b + "]", curl({}, "/objects?lat=51.5&lon=-0.1"));
    CPPUNIT_ASSERT_EQUAL("[" + b + "," + a + "]", curl({"-d", "lat=51.5002&lon=-0.1"}, "/objects"));
    CPPUNIT_ASSERT_EQUAL("[" + a + "]", curl({}, "/objects?lat=51.5&lon=-0.1&radius=11"));
    CPPUNIT_ASSERT_EQUAL("[" + far + "]", curl({}, "/objects?lat=51.6&lon=-0.1"));
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), curl({}, "/objects?lat=51.5&lon=-0.1&type=u"));
  }

  void wrongRequests() {
    start({});
    const std::string wrong =
        R"({"id":"go.micro.web.geo","code":400,"detail":"lat and lon must be degrees, radius metres",)"
        R"("status":"Bad Request"})";
    for (const char* query : {"", "?lat=1", "?lat=x&lon=1", "?lat=90.001&lon=1",
                              "?lat=1&lon=-180.001", "?lat=nan&lon=1", "?lat=1&lon=1&radius=-1",
                              "?lat=1&lon=1&radius=inf", "?lat=1&lon=1&radius=x", "?lat=%"}) {
      for (const char* path : {"/objects", "/events"}) {
        const auto answer = test::httpGet(web_->address(), std::string(path) + query);
        CPPUNIT_ASSERT_MESSAGE(query, answer);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(query, wrong, answer->body);
        CPPUNIT_ASSERT_EQUAL(400, answer->status);
      }
    }
    const auto alone = test::httpGet(web_->address(), "/objects?lat=90&lon=-180");
    CPPUNIT_ASSERT(alone);
    CPPUNIT_ASSERT_EQUAL(500, alone->status);  // nobody knows
    CPPUNIT_ASSERT_MESSAGE(alone->body, alone->body.find("go.micro.srv.geo") != std::string::npos);
  }

  void eventsComeFromTheTopic() {
    startGeo();
    start({});  // first: a publisher remembers for a second that a topic had no subscriber
    const std::vector<std::string> get = {
        test::peerProgram("curl", "curl"), "-sN",
        "http://" + web_->address() + "/events?lat=51.5&lon=-0.1"};
    test::Process events(get);
    expect(events, "data: []\n");
    save("a", 51.5, -0.1);
    expect(events, "data: [" + entity("a", "51.5", "-0.1") + "]\n");
    test::Process later(get);
    expect(later, "data: [" + entity("a", "51.5", "-0.1") + "]\n");
    save("a", 51.5001, -0.1);
    expect(events, "data: [" + entity("a", "51.5001", "-0.1") + "]\n");
    save("a", 52, -0.1);
    expect(events, R"(data: [{"id":"a","type":"runner"}])");
    const test::Finished published =
        test::run({TEST_BUILD_DIR "/evmicro", "--registry_address", agent_->address(), "publish",
                   "geo.location",
                   R"({"id":"j","type":"runner","location":{"latitude":51.5,"longitude":-0.1}})"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(published.err, 0, published.code);
    expect(events, "data: [" + entity("j", "51.5", "-0.1") + "]\n");
    const auto metrics = test::httpGet(web_->address(), "/metrics");
    CPPUNIT_ASSERT(metrics);
    const test::PrometheusPage page(metrics->body);
    CPPUNIT_ASSERT_EQUAL(2.0, page.at("geo_web_pages"));
    CPPUNIT_ASSERT_EQUAL(4.0, page.at("geo_web_moves_total"));
  }

  void runnersRun() {
    startGeo();
    start({"--runners", "3", "--runner_step", "20"});
    test::Process events({test::peerProgram("curl", "curl"), "-sN",
                          "http://" + web_->address() + "/events?lat=51.5&lon=-0.12&radius=10000"});
    for (const char* id : {"runner-1", "runner-2", "runner-3"}) expect(events, id);
    CPPUNIT_ASSERT_EQUAL(std::string::npos, events.out().find("runner-4"));
  }

  void noMorePagesThanTheLimit() {
    startGeo();
    start({"--max_pages", "1"});
    const std::string url = "http://" + web_->address() + "/events?lat=51.5&lon=-0.1";
    test::Process first({test::peerProgram("curl", "curl"), "-sN", url});
    expect(first, "data: []");
    const test::Finished second = test::run({test::peerProgram("curl", "curl"), "-si", url});
    CPPUNIT_ASSERT_MESSAGE(second.out, second.out.rfind("HTTP/1.1 503 ", 0) == 0);
  }

  void openPagesDoNotDelayTheEnd() {
    startGeo();
    start({"--server_drain", "10m"});
    test::Process events({test::peerProgram("curl", "curl"), "-sN",
                          "http://" + web_->address() + "/events?lat=51.5&lon=-0.1"});
    expect(events, "data: []");
    web_->process().signal(SIGTERM);
    const int code = web_->process().wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(web_->process().report(), 0, code);
    CPPUNIT_ASSERT_EQUAL(0, events.wait().value_or(-1));
  }

 private:
  void startGeo() { srv_ = std::make_unique<test::ServiceProcess>("geo_srv", agent_->address()); }
  void start(std::vector<std::string> flags) {
    if (flags.empty() || flags.front() != "--runners") {
      flags.insert(flags.end(), {"--runners", "0"});
    }
    web_ = std::make_unique<test::ServiceProcess>("geo_web", agent_->address(), flags);
  }
  void save(const std::string& id, double latitude, double longitude) const {
    const std::string location = R"({"latitude":)" + std::to_string(latitude) + R"(,"longitude":)" +
                                 std::to_string(longitude) + "}";
    const test::Finished end = test::run(
        {TEST_BUILD_DIR "/evmicro", "--registry_address", agent_->address(), "query",
         "go.micro.srv.geo", "Location.Save",
         R"({"entity":{"id":")" + id + R"(","type":"runner","location":)" + location + "}}"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
  }
  static std::string entity(const std::string& id, const std::string& latitude,
                            const std::string& longitude) {
    return R"({"id":")" + id + R"(","type":"runner","location":{"latitude":)" + latitude +
           R"(,"longitude":)" + longitude + "}}";
  }
  std::string curl(std::vector<std::string> arguments, const std::string& path) const {
    arguments.insert(arguments.begin(), {test::peerProgram("curl", "curl"), "-s"});
    arguments.push_back("http://" + web_->address() + path);
    return test::run(arguments).out;
  }
  static void expect(test::Process& process, const std::string& text) {
    ASSERT_REPORTED(text + "\n" + process.report(), process.prints(text));
  }

  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::ServiceProcess> srv_;
  std::unique_ptr<test::ServiceProcess> web_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GeoWebTest);

}  // namespace evmicro
