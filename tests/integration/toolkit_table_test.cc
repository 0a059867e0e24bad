// What the API gateway and the sidecar answer, row by row, as processes before the greeters: the
// requests are curl's.
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/process.h"
#include "support/reported.h"

namespace evmicro {

using test::Process;
using Words = std::vector<std::string>;

namespace {

constexpr char kJson[] = "Content-Type: application/json";

// Arguments of curl with a path in place of the URL, and what must be in the answer: status,
// content type and body, `200 application/json {}`. A leading `...` stands for any beginning.
struct Row {
  Words arguments;
  std::string answer;
};

std::string error(const char* id, int code, const char* detail, const char* status) {
  return std::to_string(code) + " application/json {\"id\":\"" + id +
         "\",\"code\":" + std::to_string(code) + ",\"detail\":\"" + detail + "\",\"status\":\"" +
         status + "\"}";
}

}  // namespace

class ToolkitTableTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ToolkitTableTest);
  CPPUNIT_TEST(rpcOfTheApi);
  CPPUNIT_TEST(pathsOfTheApi);
  CPPUNIT_TEST(corsOfTheApi);
  CPPUNIT_TEST(sidecar);
  CPPUNIT_TEST(stats);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    srv_ = std::make_unique<test::ServiceProcess>("greeter_srv", agent_->address());
    api_ = std::make_unique<test::ServiceProcess>("greeter_api", agent_->address());
  }
  void tearDown() override {
    gateway_.reset();
    api_.reset();
    srv_.reset();
    agent_.reset();
  }

  void rpcOfTheApi() {
    start("api");
    const std::string call = R"("service":"go.micro.srv.greeter","method":"Say.Hello")";
    const auto form = [](const char* request) {
      return Words{"-d", "service=go.micro.srv.greeter",    "-d",  "method=Say.Hello",
                   "-d", std::string("request=") + request, "/rpc"};
    };
    const auto json = [](const std::string& body) {
      return Words{"-H", kJson, "-d", body, "/rpc"};
    };
    const std::string john = R"(200 application/json {"msg":"Hello John"})";
    const std::string nobody = R"(200 application/json {"msg":"Hello "})";
    check({
        {{"/rpc"}, "405 application/json"},
        {{"-X", "PUT", "/rpc"},
         error("go.micro.rpc", 405, "Method not allowed", "Method Not Allowed")},
        {form(R"({"name":"John"})"), john},
        {form("{"),
         "400 application/json {\"id\":\"go.micro.rpc\",\"code\":400,\"detail\":"
         "\"error decoding request string: "},
        {{"-d", "service=a", "-d", "method=b", "/rpc"},
         error("go.micro.rpc", 400, "error decoding request string: EOF", "Bad Request")},
        {{"-d", "a=%", "/rpc"}, "400 application/json"},
        {json("{" + call + R"(,"request":{"name":"John"}})"), john},
        {json("{" + call + R"(,"request":"{\"name\":\"John\"}"})"), john},
        {json(R"({"SERVICE":"go.micro.srv.greeter","Method":"Say.Hello","request":{}})"), nobody},
        {json("{" + call + R"(,"request":{},"unknown":[1]} more)"), nobody},
        {json("{" + call + R"(,"request":{},"address":")" + srv_->address() + "\"}"), nobody},
        {json("{" + call + R"(,"request":{},"address":"127.0.0.1:1"})"), "403 application/json"},
        {{"-H", "Content-Type: application/json; charset=UTF-8", "-d",
          "{" + call + R"(,"request":{}})", "/rpc"},
         nobody},
        {json(R"({"service":"","method":"x","request":{}})"),
         error("go.micro.rpc", 400, "invalid service", "Bad Request")},
        {json(R"({"service":"x","method":"","request":{}})"),
         error("go.micro.rpc", 400, "invalid method", "Bad Request")},
        {json("null"), "400 application/json"},
        {json("["), "400 application/json"},
        {json("{" + call + R"(,"request":""})"), "400 application/json"},
        {json(R"({"service":"nosuch","method":"A.B","request":{}})"),
         "404 application/json {\"id\":\"go.micro.client\",\"code\":404,"},
        {json(R"({"service":"go.micro.srv.greeter","method":"No.Such","request":{}})"),
         "404 application/json"},
        {{"-H", "Timeout: 1", "-H", kJson, "-d", "{" + call + R"(,"request":{}})", "/rpc"},
         error("go.micro.client", 408, "request timeout", "Request Timeout").substr(0, 60)},
        {{"-H", "Origin: http://other", "-H", kJson, "-d", "{" + call + R"(,"request":{}})",
          "/rpc"},
         nobody},
    });
  }

  void pathsOfTheApi() {
    start("api");
    const auto unknown = [](const char* service, const char* method, const char* path) {
      return error("go.micro.client", 404,
                   ("no service go.micro.api." + std::string(service) + " (method " + method +
                    ") for " + path)
                       .c_str(),
                   "Not Found");
    };
    check({
        {{"/greeter/say/hello?name=John"}, R"(200 application/json {"message":"Hello John"})"},
        {{"/greeter/say/hello/?name=John"}, R"(200 application/json {"message":"Hello John"})"},
        {{"/greeter/say/hello?name=a&name=b"}, R"(200 application/json {"message":"Hello a b"})"},
        {{"/greeter/say/hello"},
         error("go.micro.api.greeter", 400, "Name cannot be blank", "Bad Request")},
        {{"-d", "name=John", "/greeter/say/hello"}, "400 application/json"},  // in post, not in get
        {{"/greeter/say/hello?name=%"},
         "500 application/json {\"id\":\"go.micro.api\",\"code\":500,\"detail\":"
         "\"Error parsing form: "},
        {{"--path-as-is", "//greeter/say/hello?name=John"}, "301 "},
        {{"--path-as-is", "/a/../b"}, "301 "},
        {{"/foo"}, unknown("", "Foo", "/foo")},
        {{"/"}, unknown("", "", "/")},
        {{"/foo/bar"}, unknown("foo", "Foo.Bar", "/foo/bar")},
        {{"/foo/bar/baz"}, unknown("foo", "Bar.Baz", "/foo/bar/baz")},
        {{"/v1/foo/bar"}, unknown("v1.foo", "Foo.Bar", "/v1/foo/bar")},
        {{"/v1/foo/bar/baz"}, unknown("v1.foo", "Bar.Baz", "/v1/foo/bar/baz")},
        {{"/a/my-thing/foo_bar"}, unknown("a", "My-Thing.Foo_bar", "/a/my-thing/foo_bar")},
        {{"/openapi.json"}, "200 application/json {\"openapi\":\"3.0.3\","},
        {{"/stats"}, unknown("", "Stats", "/stats")},
    });
  }

  void corsOfTheApi() {
    start("api", {"--api_cors", "http://a"});
    check({
        {{"-X", "OPTIONS", "-H", "Origin: http://a", "-D", "-", "/anything"},
         "...Access-Control-Allow-Origin: http://a\r\n"},
        {{"-X", "OPTIONS", "-D", "-", "/anything"},
         "...Access-Control-Allow-Methods: POST, GET, OPTIONS, PUT, DELETE\r\n"},
        {{"-X", "OPTIONS", "/anything"}, "200 "},
        {{"-H", "Origin: http://b", "-d", "service=x", "/rpc"}, "403 application/json"},
    });
  }

  void sidecar() {
    start("sidecar");
    const std::string foo = R"({"name":"foo","version":"bar","nodes":[{"id":"foo-1",)"
                            R"("address":"127.0.0.1","port":8080}]})";
    const std::string missing = error("go.micro.sidecar", 404, "Service not found", "Not Found");
    check({
        {{"/registry?service=nosuch"}, missing},
        {{"-d", foo, "/registry"}, "200 application/json "},
        {{"/registry?service=foo"},
         R"(200 application/json [{"name":"foo","version":"bar","metadata":null,)"
         R"("endpoints":null,"nodes":[{"id":"foo-1","address":"127.0.0.1","port":8080,)"
         R"("metadata":null}]}])"},
        {{"/registry"},
         R"(...{"name":"foo","version":"","metadata":null,"endpoints":null,"nodes":null})"},
        {{"-X", "DELETE", "-d", foo, "/registry"}, "200 application/json "},
        {{"/registry?service=foo"}, missing},
        {{"-d", "{", "/registry"}, "400 application/json"},
        {{"-d", "null", "/registry"}, "400 application/json"},
        {{"-X", "PUT", "/registry"},
         error("go.micro.sidecar", 405, "Method not allowed", "Method Not Allowed")},
        {{"/registry?service=go.micro.srv.greeter"}, R"(..."endpoints":[{"name":"Say.Hello",)"},
        {{"-H", kJson, "-d",
          R"({"service":"go.micro.srv.greeter","method":"Say.Hello","request":{"name":"John"}})",
          "/rpc"},
         R"(200 application/json {"msg":"Hello John"})"},
        {{"-d", R"({"name":"John"})", "-H", kJson, "/greeter/say/hello"},
         R"(200 application/json {"msg":"Hello John"})"},
        {{"-d", "name=John", "/greeter/say/hello"}, R"(200 application/json {"msg":"Hello John"})"},
        {{"/greeter/say/hello"}, "405 application/json"},
        {{"-d", "x", "-H", "Content-Type: text/plain", "/greeter/say/hello"},
         "415 application/json"},
        {{"/health"}, "404 application/json"},
        {{"/broker"}, error("go.micro.sidecar", 400, "Topic not specified", "Bad Request")},
        {{"/broker?topic=t"},
         "400 application/json {\"id\":\"go.micro.sidecar\",\"code\":400,"
         "\"detail\":\"Bad Request"},
        {{"-d", "x", "/broker?topic=t"}, "200 application/json "},
        {{"-X", "PUT", "/broker?topic=t"}, "405 application/json"},
        {{"-H", "Origin: http://a", "/registry"}, "403 application/json"},
        {{"/nothing"}, error("go.micro.sidecar", 404, "404 page not found", "Not Found")},
    });
  }

  void stats() {
    for (const char* const name : {"api", "sidecar"}) {
      start(name, {"--enable_stats"});
      check({
          {{"-X", "PUT", "/stats/x/y"}, "4"},
          {{"/stats"}, "200 text/html; charset=utf-8 <!DOCTYPE html>"},
          {{"-H", kJson, "/stats"}, R"(..."status_codes":{"20x":1,"40x":1},"total_reqs":2}]})"},
      });
    }
  }

 private:
  void start(const std::string& name, const Words& flags = {}) {
    Words words = {TEST_BUILD_DIR "/evmicro", "--registry_address", agent_->address(), name,
                   "--" + name + "_address",  "127.0.0.1:0"};
    words.insert(words.end(), flags.begin(), flags.end());
    gateway_ = std::make_unique<Process>(words);
    const auto rest = gateway_->printsLine("Listening on ");
    ASSERT_REPORTED(gateway_->report(), rest);
    address_ = rest->substr(0, rest->find(','));
  }

  void check(const std::vector<Row>& rows) {
    for (const auto& [arguments, expected] : rows) {
      Words words = {"/usr/bin/curl", "-sS", "-w", "\n%{http_code} %{content_type}"};
      words.insert(words.end(), arguments.begin(), arguments.end());
      words.back() = "http://" + address_ + words.back();
      const test::Finished end = test::run(words);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
      const std::size_t last = end.out.rfind('\n');
      const std::string answer = end.out.substr(last + 1) + " " + end.out.substr(0, last);
      const bool anywhere = expected.rfind("...", 0) == 0;
      const bool found = anywhere ? answer.find(expected.substr(3)) != answer.npos
                                  : answer.rfind(expected, 0) == 0;
      CPPUNIT_ASSERT_MESSAGE(arguments.back() + "\nexpected " + expected + "\ngot      " + answer,
                             found);
    }
  }

  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::ServiceProcess> srv_;
  std::unique_ptr<test::ServiceProcess> api_;
  std::unique_ptr<Process> gateway_;
  std::string address_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ToolkitTableTest);

}  // namespace evmicro
