// What all gateways have: statistics, limits on who is served, and the description of the API.
#include "gateway/gateway_web.h"

#include <fstream>
#include <memory>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include "gateway/catalogue.h"
#include "gateway/gateway_fixture.h"
#include "gateway/open_api.h"
#include "json/scanner.h"
#include "support/temporary_folder.h"

namespace evmicro {

using gateway::GatewayOptions;
using gateway::GatewayWeb;

class GatewayWebTest : public test::GatewayFixture {
  CPPUNIT_TEST_SUITE(GatewayWebTest);
  CPPUNIT_TEST(statsCountReplies);
  CPPUNIT_TEST(statsAreAPage);
  CPPUNIT_TEST(statsMustBeEnabled);
  CPPUNIT_TEST(metricsCountReplies);
  CPPUNIT_TEST(namesOfOthersAreRefused);
  CPPUNIT_TEST(malformedTimeoutsAreRefused);
  CPPUNIT_TEST(rateIsLimited);
  CPPUNIT_TEST(keysMustBeReadable);
  CPPUNIT_TEST(largeRequestsAreRefused);
  CPPUNIT_TEST(malformedRequestsAreRefusedInJson);
  CPPUNIT_TEST(catalogueFollowsTheNamespace);
  CPPUNIT_TEST(pathsLeadToMethods);
  CPPUNIT_TEST(methodsAreDescribed);
  CPPUNIT_TEST(patternsAreDescribed);
  CPPUNIT_TEST(restPathsAreDescribed);
  CPPUNIT_TEST(hostileDescriptionsStayJson);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    GatewayFixture::setUp();
    own_ = std::make_unique<Service>(*loop_, options("go.micro.x"));
  }

  void tearDown() override {
    web_.reset();
    own_.reset();
    GatewayFixture::tearDown();
  }

  void statsCountReplies() {
    GatewayOptions options;
    options.stats = true;
    open(options);
    for (const char* const status : {"200", "204", "404", "503", "301"}) {
      ask(std::string("GET /status/") + status + " HTTP/1.1\r\nHost: localhost\r\n");
    }
    ask("GET /nothing HTTP/1.1\r\nHost: localhost\r\n");
    const std::string stats =
        ask("GET /stats HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("200 application/json {\"started\":"), stats.substr(0, 32));
    CPPUNIT_ASSERT_MESSAGE(
        stats, stats.find(R"("status_codes":{"20x":2,"30x":1,"40x":2,"50x":1},"total_reqs":6)") !=
                   std::string::npos);
    CPPUNIT_ASSERT(stats.find("mb\",\"threads\":") != std::string::npos);
    CPPUNIT_ASSERT(stats.find(R"("gc_pause":"0.000ms","counters":[{"timestamp":)") !=
                   std::string::npos);
  }

  void statsAreAPage() {
    GatewayOptions options;
    options.stats = true;
    open(options);
    const std::string page = ask("GET /stats HTTP/1.1\r\nHost: localhost\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("200 text/html; charset=utf-8 <!DOCTYPE html>"),
                         page.substr(0, 44));
    CPPUNIT_ASSERT(page.find("<title>Micro Stats</title>") != std::string::npos);
    CPPUNIT_ASSERT(page.find("<script") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(
        std::string("200 application/json"),
        ask("GET /stats?format=json HTTP/1.1\r\nHost: localhost\r\n").substr(0, 20));
  }

  void statsMustBeEnabled() {
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string("404"),
                         ask("GET /stats HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
  }

  void metricsCountReplies() {
    open({});
    for (const char* const status : {"200", "200", "503"}) {
      ask(std::string("GET /status/") + status + " HTTP/1.1\r\nHost: localhost\r\n");
    }
    run(*own_);
    const std::string page = GatewayFixture::ask(own_->server().address(),
                                                 "GET /metrics HTTP/1.1\r\nHost: localhost\r\n");
    for (const char* const line :
         {"\nevmicro_gateway_replies_total{code=\"200\"} 2\n",
          "\nevmicro_gateway_replies_total{code=\"503\"} 1\n", "\nevmicro_gateway_connections "}) {
      CPPUNIT_ASSERT_MESSAGE(page, page.find(line) != std::string::npos);
    }
    // Without its gateway the service has pages, too.
    web_.reset();
    const std::string later = GatewayFixture::ask(own_->server().address(),
                                                  "GET /metrics HTTP/1.1\r\nHost: localhost\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("200"), later.substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, later.find("evmicro_gateway"));
  }

  // A page of another site may have had its name resolved to the gateway's address.
  void namesOfOthersAreRefused() {
    const auto status = [this](const std::string& host) {
      return ask("GET /status/200 HTTP/1.1\r\nHost: " + host + "\r\n").substr(0, 3);
    };
    open({});
    for (const char* const host : {"localhost", "LocalHost:8082", "localhost.", "a.localhost:1",
                                   "127.0.0.1", "10.0.0.1:80", "[::1]", "[2001:db8::1]:8082"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(host, std::string("200"), status(host));
    }
    for (const char* const host : {"evil.example", "localhost.evil.example", "127.0.0.1.example",
                                   "notlocalhost", "example.com:8082", "1.2.3.4.5", ""}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(host, std::string("403"), status(host));
    }
    CPPUNIT_ASSERT_MESSAGE(last_, last_.find("\"id\":\"id\",\"code\":403") != std::string::npos);
    // Of an absolute target the Host header does not count.
    const auto statusOf = [this](const std::string& target, const std::string& host) {
      return ask("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n").substr(0, 3);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("200"), statusOf("http://127.0.0.1:1/status/200", "evil"));
    CPPUNIT_ASSERT_EQUAL(std::string("403"), statusOf("http://evil/status/200", "localhost"));
    CPPUNIT_ASSERT_EQUAL(std::string("403"), statusOf("HTTP://evil:80/status/200?x", "localhost"));
    CPPUNIT_ASSERT_EQUAL(std::string("200"), statusOf("/status/200?u=http://evil/", "localhost"));
    GatewayOptions options;
    options.allowedHosts = {"example.com", ".example.org"};
    open(options);
    for (const char* const host :
         {"example.com:8082", "EXAMPLE.com.", "example.org", "a.b.example.org"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(host, std::string("200"), status(host));
    }
    for (const char* const host : {"a.example.com", "badexample.org", "example.org.evil"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(host, std::string("403"), status(host));
    }
    options.allowedHosts = {"*"};
    open(options);
    CPPUNIT_ASSERT_EQUAL(std::string("200"), status("any.example"));
  }

  void malformedTimeoutsAreRefused() {
    open({});
    const std::string refused =
        ask("GET /status/200 HTTP/1.1\r\nHost: localhost\r\nGrpc-Timeout: 1s\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string(R"(400 application/json {"id":"id","code":400,"detail":)"
                                     R"("invalid grpc-timeout: 1s","status":"Bad Request"})"),
                         refused);
    CPPUNIT_ASSERT_EQUAL(
        std::string("200"),
        ask("GET /status/200 HTTP/1.1\r\nHost: localhost\r\nGrpc-Timeout: 1S\r\n").substr(0, 3));
  }

  void rateIsLimited() {
    GatewayOptions options;
    options.admission.requestsPerSecond = 0.001;
    open(options);
    CPPUNIT_ASSERT_EQUAL(std::string("200"),
                         ask("GET /status/200 HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
    const std::string refused = ask("GET /status/200 HTTP/1.1\r\nHost: localhost\r\n");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(refused, std::string("429 application/json {\"id\":"),
                                 refused.substr(0, 27));
    CPPUNIT_ASSERT(refused.find("\"detail\":\"too many request\"") != std::string::npos);
  }

  void keysMustBeReadable() {
    GatewayOptions options;
    options.address = "127.0.0.1:0";
    options.admission.jwt.keys = {{"HS256", "/nowhere/key", {}}};
    GatewayWeb web(*own_, "id", options);
    CPPUNIT_ASSERT(!web.start().ok());
  }

  void largeRequestsAreRefused() {
    open({});
    const std::string most = std::to_string(16U << 20);
    const std::string more = std::to_string((16U << 20) + 1);
    const std::string refused =
        ask("POST /status/200 HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + more + "\r\n");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(refused, std::string("413 application/json {\"id\":\"id\""),
                                 refused.substr(0, 31));
    test::RawPeer peer(*loop_, web_->address());
    peer.send("POST /status/200 HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + most +
              "\r\n\r\n");
    peer.send(std::string(16U << 20, 'x'));
    CPPUNIT_ASSERT(until([&peer] { return peer.has("HTTP/1.1 200 OK\r\n"); }));
  }

  void malformedRequestsAreRefusedInJson() {
    open({});
    const std::pair<const char*, const char*> rows[] = {
        {"GET /%zz HTTP/1.1\r\nHost: localhost\r\n", "400"},
        {"GET /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n", "400"},
        {"GET /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n", "400"},
        {"POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n", "501"},
        {"GET /a HTTP/3.0\r\n", "505"},
        {"GET /a HTTP/1.1\r\nHost: localhost\r\nno colon\r\n", "400"},
    };
    for (const auto& [head, status] : rows) {
      const std::string answer = ask(head);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(head + answer,
                                   std::string(status) + " application/json {\"id\":\"id\"",
                                   answer.substr(0, 31));
    }
  }

  void catalogueFollowsTheNamespace() {
    int changes = 0;
    const gateway::Catalogue catalogue(*registry_, "n", [&changes] { ++changes; });
    announce("n.a", "127.0.0.1:1");
    announce("n", "127.0.0.1:1");
    announce("nn.b", "127.0.0.1:1");
    CPPUNIT_ASSERT(until([&] { return catalogue.services().size() == 1; }));
    CPPUNIT_ASSERT_EQUAL(std::string("n.a"), catalogue.services().front().name);
    announce("n.c.d", "127.0.0.1:1");
    CPPUNIT_ASSERT(until([&] { return catalogue.services().size() == 2; }));
    CPPUNIT_ASSERT(changes >= 2);
    std::optional<Status> done;
    const Call call = registry_->deregister(catalogue.services().front(),
                                            [&done](Status status) { done = std::move(status); });
    CPPUNIT_ASSERT(until([&] { return done && catalogue.services().size() == 1; }));
    CPPUNIT_ASSERT_EQUAL(std::string("n.c.d"), catalogue.services().front().name);
  }

  void pathsLeadToMethods() {
    const char* const rows[][3] = {
        {"n.foo", "Say.Hello", "/foo/say/hello"},
        {"n.foo", "Foo.Bar", "/foo/foo/bar"},
        {"n.v1.foo", "Say.HelloAll", "/v1/foo/say/helloAll"},
        {"n.a.b", "C.D", "/a/b/c/d"},
        {"n.v1", "Say.Hello", ""},   // /v1/say/hello is of n.v1.say
        {"n.foo", "say.hello", ""},  // paths lead to capitals only
        {"n.foo", "Hello", ""},
        {"m.foo", "Say.Hello", ""},
        {"n", "Say.Hello", ""},
    };
    for (const auto& [service, method, path] : rows) {
      CPPUNIT_ASSERT_EQUAL(std::string(path), gateway::pathOf("n", service, method));
    }
  }

  void methodsAreDescribed() {
    ServiceInfo service;
    service.name = "n.foo";
    Endpoint hello;
    hello.name = "Say.Hello";
    hello.request = Value{"Request",
                          "Request",
                          {{"Name", "string", {}},
                           {"ItemCount", "int64", {}},
                           {"Tags", "[]string", {{"string", "string", {}}}},
                           {"Inner", "Inner", {{"Flag", "bool", {}}}},
                           {"Items", "[]Item", {{"Item", "Item", {{"ID", "uint32", {}}}}}},
                           {"Deep", "[]Deep", {}},
                           {"Colour", "Colour", {}},
                           {"ByName", "", {}}}};
    hello.response = Value{"Response",
                           "Response",
                           {{"Data", "[]uint8", {{"uint8", "uint8", {}}}},
                            {"Parts", "[]", {{"", "[]uint8", {{"uint8", "uint8", {}}}}}}}};
    Endpoint count{"Say.Count", {}, {}, {{"stream", "true"}}};
    Endpoint subscriber{"Say.Heard", {}, {}, {{"subscriber", "true"}}};
    service.endpoints = {hello, count, subscriber};
    const std::string text = gateway::openApi("n", {service, service});
    expectJson(text);
    for (const char* const part :
         {R"({"openapi":"3.0.3","info":{"title":"n","version":")",
          R"("/foo/say/hello":{"post":{"operationId":"n.foo.Say.Hello","tags":["n.foo"],)"
          R"("requestBody":{"content":{"application/json":{"schema":{"type":"object","properties":)"
          R"({"name":{"type":"string"},"item_count":{"type":"integer","format":"int64"},)"
          R"("tags":{"type":"array","items":{"type":"string"}},"inner":{"type":"object",)"
          R"("properties":{"flag":{"type":"boolean"}}},)"
          R"("items":{"type":"array","items":{"type":"object","properties":)"
          R"({"id":{"type":"integer","format":"int64"}}}},)"
          R"("deep":{"type":"array","items":{}},"colour":{},"by_name":{}}}}}},"responses":{"200":)",
          R"("data":{"type":"string","format":"byte"},)"
          R"("parts":{"type":"array","items":{"type":"string","format":"byte"}})",
          R"("/foo/say/count":{"post":)", R"("application/x-ndjson":)",
          R"("$ref":"#/components/schemas/Error")"}) {
      CPPUNIT_ASSERT_MESSAGE(part + ("\n" + text), text.find(part) != std::string::npos);
    }
    CPPUNIT_ASSERT(text.find("heard") == std::string::npos);
  }

  void patternsAreDescribed() {
    ServiceInfo service;
    service.name = "n.rest";
    service.nodes.push_back({"1", "h", 1, {{"server", "http"}}});
    service.endpoints = {{"/rest/{name}", {}, {}, {}}};
    const std::string text = gateway::openApi("n", {service});
    expectJson(text);
    CPPUNIT_ASSERT_MESSAGE(
        text,
        text.find(R"("/rest/{name}":{"parameters":[{"name":"name","in":"path",)"
                  R"("required":true,"schema":{"type":"string"}}],"get":{)") != std::string::npos);
  }

  void restPathsAreDescribed() {
    ServiceInfo service;
    service.name = "n.shop";
    Endpoint get{"Shop.Get",
                 Value{"Q",
                       "Q",
                       {{"Name", "string", {}},
                        {"PageSize", "int32", {}},
                        {"Tags", "[]string", {{"string", "string", {}}}},
                        {"Deep", "D", {{"X", "string", {}}}}}},
                 Value{"R", "R", {{"Ok", "bool", {}}}},
                 {{"http", "GET /v1/{name=shelves.a/*}/** - ok; POST /v1/{name}:send *"}}};
    Endpoint put{"Shop.Put",
                 Value{"P",
                       "P",
                       {{"ItemId", "string", {}},
                        {"Item", "I", {{"Price", "double", {}}}},
                        {"Dry", "bool", {}}}},
                 {},
                 {{"http", "PUT /v1/items/{item_id} item; PUT /v1/dark other; FOO /x; GET"}}};
    Endpoint remove{"Shop.Remove", {}, {}, {{"http", "DELETE /v1/items/{item_id}"}}};
    service.endpoints = {get, put, remove};
    const std::string text = gateway::openApi("n", {service});
    expectJson(text);
    for (
        const char* const part :
        {R"("/v1/{name}/{segment2}":{"get":{"operationId":"n.shop.Shop.Get /v1/{name}/{segment2}",)"
         R"("tags":["n.shop"],"parameters":[)"
         R"({"name":"name","in":"path","required":true,"schema":{"type":"string",)"
         R"("pattern":"shelves\\.a/[^/]+"}},)"
         R"({"name":"segment2","in":"path","required":true,"schema":{"type":"string",)"
         R"("pattern":".*"}},)"
         R"({"name":"page_size","in":"query","required":false,"schema":{"type":"integer",)"
         R"("format":"int32"}},)"
         R"({"name":"tags","in":"query","required":false,"schema":{"type":"array",)"
         R"("items":{"type":"string"}}}],"responses":{"200":{"description":"the reply",)"
         R"("content":{"application/json":{"schema":{"type":"boolean"}}}},)",
         R"("/v1/{name}:send":{"post":{)",
         R"("requestBody":{"content":{"application/json":{"schema":{"type":"object","properties":)"
         R"({"page_size":{"type":"integer","format":"int32"},"tags":)",
         R"("/v1/items/{item_id}":{"delete":{)",
         R"("put":{"operationId":"n.shop.Shop.Put /v1/dark","tags":["n.shop"],"parameters":[)"
         R"({"name":"item_id","in":"query","required":false,"schema":{"type":"string"}},)"
         R"({"name":"dry","in":"query","required":false,"schema":{"type":"boolean"}}],)"
         R"("requestBody":{"content":{"application/json":{"schema":{}}}})",
         R"("put":{"operationId":"n.shop.Shop.Put /v1/items/{item_id}","tags":["n.shop"],"parameters":[)"
         R"({"name":"item_id","in":"path","required":true,"schema":{"type":"string"}},)"
         R"({"name":"dry","in":"query","required":false,"schema":{"type":"boolean"}}],)"
         R"("requestBody":{"content":{"application/json":{"schema":{"type":"object","properties":)"
         R"({"price":{"type":"number","format":"double"}}}}}})"}) {
      CPPUNIT_ASSERT_MESSAGE(part + ("\n" + text), text.find(part) != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::string::npos, text.find("\"/x\""));
    // It is also reached by its name.
    CPPUNIT_ASSERT(text.find(R"("/shop/shop/get":{"post":)") != std::string::npos);
  }

  void hostileDescriptionsStayJson() {
    ServiceInfo service;
    service.name = "n.a\"</script>\n";
    Value deep{"x\"", "T\"", {}};
    for (int i = 0; i < 100; ++i) deep = Value{"x\"", "[][][]T\\", {deep}};
    Endpoint endpoint{"A.B\"", deep, deep, {}};
    service.endpoints = {endpoint,
                         {"/{", {}, {}, {}},
                         {"", {}, {}, {}},
                         {"A.C", deep, deep, {{"http", "GET /{;PUT /{a=\"*}/*** x;;POST /}{*"}}}};
    expectJson(gateway::openApi("n", {service}));
    service.nodes.push_back({"1", "h", 1, {{"server", "http"}}});
    expectJson(gateway::openApi("n", {service}));
  }

 private:
  static void expectJson(const std::string& text) {
    detail::JsonScanner scanner(text);
    scanner.value();
    CPPUNIT_ASSERT_MESSAGE(text, scanner.ok() && scanner.atEnd());
  }

  void open(GatewayOptions options) {
    options.address = "127.0.0.1:0";
    web_ = std::make_unique<GatewayWeb>(*own_, "id", options);
    web_->handle("", "/status/{code}", [](const WebRequest& request, WebReply reply) {
      reply.send(std::stoi(request.params.at("code")), {}, {});
    });
    const Status status = web_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
  }

  std::string ask(const std::string& head) { return GatewayFixture::ask(web_->address(), head); }

  std::unique_ptr<Service> own_;
  std::unique_ptr<GatewayWeb> web_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatewayWebTest);

}  // namespace evmicro
