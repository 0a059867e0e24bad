// The sidecar in front of services and registry, over loopback.
#include "gateway/sidecar.h"

#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/service.h>
#include <evmicro/web_server.h>

#include "gateway/gateway_fixture.h"
#include "http/raw_peer.h"
#include "web/web_socket_bytes.h"

namespace evmicro {

using gateway::AppOptions;
using gateway::Sidecar;
using gateway::SidecarApp;
using gateway::SidecarOptions;
using std::chrono::milliseconds;

namespace {

const std::string kFoo = R"({"name":"foo","version":"bar","nodes":[{"id":"foo-1",)"
                         R"("address":"127.0.0.1","port":8080}]})";

std::string wholeFoo() {
  return R"({"name":"foo","version":"bar","metadata":null,"endpoints":null,"nodes":)"
         R"([{"id":"foo-1","address":"127.0.0.1","port":8080,"metadata":null}]})";
}

std::string error(int code, const std::string& detail, const std::string& status) {
  return std::to_string(code) +
         " application/json {\"id\":\"go.micro.sidecar\",\"code\":" + std::to_string(code) +
         ",\"detail\":\"" + detail + "\",\"status\":\"" + status + "\"}";
}

}  // namespace

class SidecarTest : public test::GatewayFixture {
  CPPUNIT_TEST_SUITE(SidecarTest);
  CPPUNIT_TEST(registryIsRead);
  CPPUNIT_TEST(registryIsChanged);
  CPPUNIT_TEST(registrationsEndByTheirTtl);
  CPPUNIT_TEST(malformedRegistrationsAreRefused);
  CPPUNIT_TEST(otherVerbsAreRefused);
  CPPUNIT_TEST(registryIsWatched);
  CPPUNIT_TEST(oneServiceIsWatched);
  CPPUNIT_TEST(slowWatcherGetsTheLastState);
  CPPUNIT_TEST(watchersAreSentHomeByStop);
  CPPUNIT_TEST(pathsCallMethods);
  CPPUNIT_TEST(rpcIsServed);
  CPPUNIT_TEST(bodiesArePublished);
  CPPUNIT_TEST(topicsAreRequired);
  CPPUNIT_TEST(socketsPublishAndReceive);
  CPPUNIT_TEST(socketsOfAQueueShareMessages);
  CPPUNIT_TEST(largeMessagesEndSockets);
  CPPUNIT_TEST(socketsUnsubscribeAtOnce);
  CPPUNIT_TEST(malformedHandshakesAreRefused);
  CPPUNIT_TEST(stopClosesSockets);
  CPPUNIT_TEST(pagesOfOthersAreRefused);
  CPPUNIT_TEST(programIsRegistered);
  CPPUNIT_TEST(programIsRegisteredWhileHealthy);
  CPPUNIT_TEST(healthIsPassedOn);
  CPPUNIT_TEST(programsAreChecked);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    GatewayFixture::setUp();
    own_ = std::make_unique<Service>(*loop_, options("go.micro.sidecar"));
  }

  void tearDown() override {
    sidecar_.reset();
    health_.reset();
    own_.reset();
    GatewayFixture::tearDown();
  }

  void registryIsRead() {
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string("200 application/json []"), get("/registry"));
    announce("foo", "127.0.0.1:8080");
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"(200 application/json [{"name":"foo","version":"","metadata":null,)"
                    R"("endpoints":null,"nodes":null}])"),
        get("/registry"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"(200 application/json [{"name":"foo","version":"1",)"
                                     R"("metadata":null,"endpoints":null,"nodes":[{"id":"foo-1",)"
                                     R"("address":"127.0.0.1","port":8080,"metadata":null}]}])"),
                         get("/registry?service=foo"));
    CPPUNIT_ASSERT(last_.find("\r\nContent-Length: ") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(error(404, "Service not found", "Not Found"),
                         get("/registry?service=nosuch"));
    CPPUNIT_ASSERT_EQUAL(error(400, "malformed percent-encoding in the query", "Bad Request"),
                         get("/registry?service=%"));
  }

  void registryIsChanged() {
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string("200 application/json "), send("POST", "/registry", kFoo));
    CPPUNIT_ASSERT_EQUAL("200 application/json [" + wholeFoo() + "]", get("/registry?service=foo"));
    CPPUNIT_ASSERT_EQUAL(std::string("200 application/json "),
                         send("DELETE", "/registry", R"({"name":"foo","nodes":[{"id":"foo-1"}]})"));
    CPPUNIT_ASSERT_EQUAL(std::string("404"), get("/registry?service=foo").substr(0, 3));
    // Keys in any case, as Go reads them.
    send("POST", "/registry",
         R"({"Name":"foo","VERSION":"bar","Nodes":[{"Id":"foo-1","Address":"127.0.0.1",)"
         R"("Port":8080}]})");
    CPPUNIT_ASSERT_EQUAL("200 application/json [" + wholeFoo() + "]", get("/registry?service=foo"));
  }

  void registrationsEndByTheirTtl() {
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string("200"), send("POST", "/registry?ttl=20ms", kFoo).substr(0, 3));
    CPPUNIT_ASSERT(becomes([this] { return !isListed("foo"); }));
  }

  void malformedRegistrationsAreRefused() {
    open({});
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"", "the service in the body: "},
        {"null", "the service in the body: expected a JSON object"},
        {"[]", "the service in the body: expected a JSON object"},
        {"{", "the service in the body: "},
        {R"({"name":1})", "the service in the body: name: expected a string"},
        {"{}", "a service needs a name"},
        {R"({"name":"a\u0000b","nodes":[{"id":"1","address":"h","port":1}]})",
         "a control character"},
        {R"({"name":"a","nodes":[{"id":"1\n","address":"h","port":1}]})", "a control character"},
        {R"({"name":"a"})", "has no node"},
        {R"({"name":"a","nodes":[{"address":"h","port":1}]})", "a node has no id"},
        {R"({"name":"a","nodes":[{"id":"1","address":"h","port":65536}]})", "from 0 to 65535"},
        {R"({"name":"a","nodes":[{"id":"1","port":1}]})", "needs an address and a port"},
    };
    for (const auto& [body, problem] : rows) {
      const std::string answer = send("POST", "/registry", body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(answer, std::string("400 application/json {"),
                                   answer.substr(0, 22));
      CPPUNIT_ASSERT_MESSAGE(answer, answer.find(problem) != std::string::npos);
    }
    for (const char* const ttl : {"x", "-1s", "1y", "%"}) {
      const std::string answer = send("POST", std::string("/registry?ttl=") + ttl, kFoo);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(answer, std::string("400"), answer.substr(0, 3));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("400"), send("DELETE", "/registry", "{}").substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("400"),
                         send("DELETE", "/registry", R"({"name":"a"})").substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("200 application/json []"), get("/registry"));
  }

  void otherVerbsAreRefused() {
    open({});
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"PUT /registry", "GET, HEAD, POST, DELETE"},
        {"POST /registry/watch", "GET, HEAD"},
        {"PUT /broker?topic=t", "GET, HEAD, POST"},
        {"GET /greeter/hello", "POST"},
        {"GET /rpc", "POST"}};
    for (const auto& [request, allowed] : rows) {
      const std::string answer = ask(request + " HTTP/1.1\r\nHost: localhost\r\n");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(answer, std::string("405 application/json {"),
                                   answer.substr(0, 22));
      CPPUNIT_ASSERT_MESSAGE(last_,
                             last_.find("\r\nAllow: " + allowed + "\r\n") != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(error(404, "404 page not found", "Not Found"), get("/"));
    CPPUNIT_ASSERT_EQUAL(error(404, "404 page not found", "Not Found"), get("/nothing"));
    CPPUNIT_ASSERT_EQUAL(std::string("404"), get("/health").substr(0, 3));
  }

  void registryIsWatched() {
    open({});
    send("POST", "/registry", kFoo);
    test::RawPeer peer(*loop_, sidecar_->address());
    peer.send("GET /registry/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CPPUNIT_ASSERT(until([&] {
      return peer.has("event: create\ndata: {\"action\":\"create\",\"service\":" + wholeFoo() +
                      "}\n\n");
    }));
    CPPUNIT_ASSERT(peer.has("\r\nContent-Type: text/event-stream\r\n"));
    std::string changed = kFoo;
    changed.replace(changed.find("8080"), 4, "8081");
    send("POST", "/registry", changed);
    CPPUNIT_ASSERT(until([&] { return peer.has("event: update\n") && peer.has("8081"); }));
    send("DELETE", "/registry", kFoo);
    CPPUNIT_ASSERT(until([&] { return peer.has("event: delete\n"); }));
    CPPUNIT_ASSERT(!peer.ended());
  }

  void oneServiceIsWatched() {
    open({});
    announce("other", "127.0.0.1:1");
    test::RawPeer peer(*loop_, sidecar_->address());
    peer.send("GET /registry/watch?service=foo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    send("POST", "/registry", kFoo);
    CPPUNIT_ASSERT(until([&] { return peer.has("event: create\n"); }));
    CPPUNIT_ASSERT(!peer.has("other"));
  }

  void slowWatcherGetsTheLastState() {
    open({});
    test::RawPeer peer(*loop_, sidecar_->address());
    peer.send("GET /registry/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CPPUNIT_ASSERT(until([&] { return peer.has("text/event-stream"); }));
    peer.stopReading();
    // What this watcher sees, the other one has been told.
    int seen = 0;
    bool deleted = false;
    const Subscription other = registry_->watch("", [&](const Result<ServiceEvent>& event) {
      seen = event->service.nodes.front().port;
      deleted = deleted || event->what == ServiceEvent::What::kDelete;
    });
    // Far above the water mark and the buffers of the connection.
    const std::string large(200'000, 'x');
    for (int i = 1; i <= 100; ++i) {
      CPPUNIT_ASSERT_EQUAL(
          std::string("200"),
          send("POST", "/registry",
               R"({"name":"foo","nodes":[{"id":"foo-1","address":"h","port":)" + std::to_string(i) +
                   R"(,"metadata":{"large":")" + large + "\"}}]}")
              .substr(0, 3));
      CPPUNIT_ASSERT(until([&] { return seen == i; }));
    }
    CPPUNIT_ASSERT_EQUAL(
        std::string("200"),
        send("POST", "/registry", R"({"name":"gone","nodes":[{"id":"1","address":"h","port":1}]})")
            .substr(0, 3));
    CPPUNIT_ASSERT(until([&] { return seen == 1; }));
    CPPUNIT_ASSERT_EQUAL(
        std::string("200"),
        send("DELETE", "/registry", R"({"name":"gone","nodes":[{"id":"1"}]})").substr(0, 3));
    CPPUNIT_ASSERT(until([&deleted] { return deleted; }));
    peer.startReading();
    CPPUNIT_ASSERT(until([&] { return peer.has("\"port\":100,"); }));
    CPPUNIT_ASSERT(peer.received().size() < 60 * large.size());
    CPPUNIT_ASSERT(!peer.has("gone"));
  }

  void watchersAreSentHomeByStop() {
    open({});
    test::RawPeer peer(*loop_, sidecar_->address());
    peer.send("GET /registry/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CPPUNIT_ASSERT(until([&] { return peer.has("text/event-stream"); }));
    sidecar_->stop(std::chrono::minutes(10));
    CPPUNIT_ASSERT(until([&] { return peer.has("\r\n0\r\n\r\n") && peer.ended(); }));
  }

  void pathsCallMethods() {
    const std::unique_ptr<Service> greeter = startGreeter();
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string(R"(200 application/json {"name":"John"})"),
                         send("POST", "/greeter/say/hello", R"({"name":"John"})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"(200 application/json {"name":"Jim"})"),
                         send("POST", "/greeter/say/hello?name=Jim", ""));
    const std::string unknown = send("POST", "/foo/bar", "{}");
    CPPUNIT_ASSERT_MESSAGE(
        unknown, unknown.find("no service go.micro.srv.foo (method Foo.Bar)") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(error(400, "the body must be a JSON object", "Bad Request"),
                         send("POST", "/greeter/say/hello", "[]"));
  }

  void rpcIsServed() {
    const std::unique_ptr<Service> greeter = startGreeter();
    open({});
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"(200 application/json {"name":"John"})"),
        ask("POST /rpc?service=go.micro.srv.greeter&method=Say.Hello&request=%7B%22name%22:"
            "%22John%22%7D HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"));
  }

  void bodiesArePublished() {
    open({});
    std::vector<std::pair<std::string, BrokerMessage>> received;
    bool ready = false;
    SubscribeOptions subscribe;
    subscribe.ready = [&ready] { ready = true; };
    const auto subscription = own_->broker().subscribe(
        "a topic",
        [&received](std::string_view topic, const BrokerMessage& message) {
          received.emplace_back(topic, message);
        },
        subscribe);
    CPPUNIT_ASSERT(subscription.ok() && until([&ready] { return ready; }));
    CPPUNIT_ASSERT_EQUAL(std::string("200 application/json "),
                         send("POST", "/broker?topic=a%20topic", "hello", "X-User: john\r\n"));
    CPPUNIT_ASSERT(until([&received] { return received.size() == 1; }));
    CPPUNIT_ASSERT_EQUAL(std::string("a topic"), received[0].first);
    CPPUNIT_ASSERT_EQUAL(std::string("hello"), received[0].second.body);
    CPPUNIT_ASSERT_EQUAL(std::string("text/plain"), received[0].second.header["Content-Type"]);
    CPPUNIT_ASSERT_EQUAL(std::string("john"), received[0].second.header["X-User"]);
    CPPUNIT_ASSERT_EQUAL(std::string("200"), send("POST", "/broker?topic=none", "x").substr(0, 3));
  }

  void topicsAreRequired() {
    open({});
    CPPUNIT_ASSERT_EQUAL(error(400, "Topic not specified", "Bad Request"), get("/broker"));
    CPPUNIT_ASSERT_EQUAL(error(400, "Topic not specified", "Bad Request"),
                         send("POST", "/broker?topic=", "x"));
    CPPUNIT_ASSERT_EQUAL(error(400, "Bad Request: this is for WebSockets", "Bad Request"),
                         get("/broker?topic=t"));
  }

  void socketsPublishAndReceive() {
    open({});
    test::RawPeer one(*loop_, sidecar_->address());
    test::RawPeer two(*loop_, sidecar_->address());
    upgrade(one, "/broker?topic=t");
    upgrade(two, "/broker?topic=t", "Content-Type: text/x\r\n");
    awaitSubscribers("t", 2);
    one.send(test::clientFrame(1, "hello"));
    const std::string body = R"("Body":"aGVsbG8="})";
    CPPUNIT_ASSERT(until([&] { return one.has(body) && two.has(body); }));
    CPPUNIT_ASSERT_EQUAL('\x81', one.received().front());
    CPPUNIT_ASSERT_MESSAGE(one.received(), one.has(R"({"Header":{":topic":"t",)"));
    CPPUNIT_ASSERT_MESSAGE(one.received(), one.has(R"("Content-Type":"text/plain")"));
    // Bytes that are not UTF-8, with the content type of the handshake.
    two.send(test::clientFrame(2, "\xff"));
    CPPUNIT_ASSERT(until([&] { return one.has(R"("Body":"/w=="})"); }));
    CPPUNIT_ASSERT(one.has(R"("Content-Type":"text/x")"));
  }

  void socketsOfAQueueShareMessages() {
    open({});
    test::RawPeer one(*loop_, sidecar_->address());
    test::RawPeer two(*loop_, sidecar_->address());
    upgrade(one, "/broker?topic=t&queue=q");
    upgrade(two, "/broker?topic=t&queue=q");
    awaitSubscribers("t", 2);
    send("POST", "/broker?topic=t", "hello");
    CPPUNIT_ASSERT(until([&] { return one.has("Body") || two.has("Body"); }));
    CPPUNIT_ASSERT(one.has("Body") != two.has("Body"));
  }

  void largeMessagesEndSockets() {
    open({});
    test::RawPeer peer(*loop_, sidecar_->address());
    upgrade(peer, "/broker?topic=t");
    awaitSubscribers("t", 1);
    peer.send(test::clientFrame(2, std::string(16'384, 'x')));
    CPPUNIT_ASSERT(until([&] { return peer.has("Body"); }));
    CPPUNIT_ASSERT(!peer.ended());
    peer.send(test::clientFrame(2, std::string(16'385, 'x')));
    CPPUNIT_ASSERT(until([&] { return peer.has("\x03\xf1"); }));  // 1009
  }

  void socketsUnsubscribeAtOnce() {
    open({});
    auto peer = std::make_unique<test::RawPeer>(*loop_, sidecar_->address());
    upgrade(*peer, "/broker?topic=t");
    awaitSubscribers("t", 1);
    peer->reset();
    awaitSubscribers("t", 0);
  }

  void malformedHandshakesAreRefused() {
    open({});
    const auto statusOf = [this](std::string request, const std::string& what,
                                 const std::string& instead) {
      request.replace(request.find(what), what.size(), instead);
      test::RawPeer peer(*loop_, sidecar_->address());
      peer.send(request);
      CPPUNIT_ASSERT(until([&peer] { return peer.has("\r\n\r\n"); }));
      return peer.received().substr(9, 3);
    };
    const std::string sound = handshake("/broker?topic=t");
    CPPUNIT_ASSERT_EQUAL(std::string("101"), statusOf(sound, "", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("400"), statusOf(sound, "Version: 13", "Version: 12"));
    CPPUNIT_ASSERT_EQUAL(std::string("400"), statusOf(sound, "Connection: Upgrade", "X: 1"));
    CPPUNIT_ASSERT_EQUAL(std::string("400"), statusOf(sound, "Upgrade: websocket", "X: 1"));
    CPPUNIT_ASSERT_EQUAL(std::string("400"), statusOf(sound, "Sec-WebSocket-Key", "X-Key"));
    CPPUNIT_ASSERT_EQUAL(std::string("400"), statusOf(sound, "topic=t", "topic="));
    const std::string foreign = handshake("/broker?topic=t", "Origin: http://other\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("403"), statusOf(foreign, "", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("101"), statusOf(foreign, "http://other", "http://127.0.0.1"));
  }

  void stopClosesSockets() {
    open({});
    test::RawPeer peer(*loop_, sidecar_->address());
    upgrade(peer, "/broker?topic=t");
    sidecar_->stop(std::chrono::minutes(10));
    CPPUNIT_ASSERT(until([&] { return peer.has("\x03\xe9") && peer.ended(); }));  // 1001
  }

  void pagesOfOthersAreRefused() {
    SidecarOptions options;
    options.corsOrigins = {"http://a"};
    open(options);
    for (const char* const request :
         {"GET /registry", "POST /registry", "DELETE /registry", "GET /registry/watch", "POST /rpc",
          "POST /a/b", "POST /broker?topic=t"}) {
      const std::string answer =
          ask(std::string(request) +
              " HTTP/1.1\r\nHost: localhost\r\nOrigin: http://b\r\nContent-Length: 0\r\n");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(request + answer, std::string("403"), answer.substr(0, 3));
    }
    CPPUNIT_ASSERT_EQUAL(
        std::string("200"),
        ask("GET /registry HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\n").substr(0, 3));
    open({});
    CPPUNIT_ASSERT_EQUAL(
        std::string("403"),
        ask("GET /registry HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\n").substr(0, 3));
  }

  void programIsRegistered() {
    SidecarOptions options;
    options.app.name = "app";
    options.app.address = "[::1]:4000";
    open(options);
    CPPUNIT_ASSERT(becomes([this] { return isListed("app"); }));
    CPPUNIT_ASSERT_MESSAGE(last_,
                           last_.find(R"("address":"[::1]","port":4000,)") != std::string::npos);
    CPPUNIT_ASSERT(last_.find(R"([{"name":"app","version":"","metadata":null,"endpoints":null,)"
                              R"("nodes":[{"id":"app-)") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("200  "), get("/health"));
    sidecar_->stop(std::chrono::minutes(10));
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string("404"), get("/registry?service=app").substr(0, 3));
  }

  void programIsRegisteredWhileHealthy() {
    openHealth();
    SidecarOptions options = optionsWithApp();
    options.app.healthInterval = milliseconds(5);
    open(options);
    const auto up = [this] { return isListed("app"); };
    const auto down = [this] { return !isListed("app"); };
    CPPUNIT_ASSERT(becomes(up));
    healthStatus_ = 503;
    CPPUNIT_ASSERT(becomes(down));
    healthStatus_ = 200;
    CPPUNIT_ASSERT(becomes(up));
    healthStatus_ = 204;
    CPPUNIT_ASSERT(becomes(down));
    healthStatus_ = 200;
    CPPUNIT_ASSERT(becomes(up));
    health_.reset();
    CPPUNIT_ASSERT(becomes(down));
    sidecar_->stop(std::chrono::minutes(10));
  }

  void healthIsPassedOn() {
    openHealth();
    open(optionsWithApp());
    CPPUNIT_ASSERT_EQUAL(std::string("200  "), get("/health"));
    healthStatus_ = 503;
    CPPUNIT_ASSERT_EQUAL(error(503, "Non 200 response: 503", "Service Unavailable"),
                         get("/health"));
    health_.reset();
    const std::string gone = get("/health");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(gone, std::string("500 application/json {"), gone.substr(0, 22));
  }

  void programsAreChecked() {
    const auto problem = [](const std::string& name, const std::string& address) {
      AppOptions app;
      app.name = name;
      app.address = address;
      return SidecarApp::check(app).detail();
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), problem("", ""));
    CPPUNIT_ASSERT_EQUAL(std::string(), problem("a", "h:1"));
    CPPUNIT_ASSERT_EQUAL(std::string("Require server name"), problem("", "h:1"));
    CPPUNIT_ASSERT_EQUAL(std::string("Require server address"), problem("a", ""));
    for (const char* const wrong : {"h", ":1", "h:0", "h:65536", "h:x", "::1:80", "h h:1"}) {
      CPPUNIT_ASSERT_EQUAL("\"" + std::string(wrong) + "\" is not HOST:PORT", problem("a", wrong));
    }
    const auto problemOfUrl = [](const std::string& url) {
      AppOptions app;
      app.healthUrl = url;
      return SidecarApp::check(app).detail();
    };
    for (const char* const good :
         {"http://h", "HTTPS://h:1/x?y#z", "http://[::1]:65535/", "http://u:p@h/", "http://h?x"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(), problemOfUrl(good));
    }
    for (const char* const wrong :
         {"h:1", "/health", "ftp://h", "http://", "http:///x", "http://h:0", "http://h:65536",
          "http://h:x/", "http://h/a b", "http://h/\x7f", "http://u:p@/", "http://::1/"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          wrong, std::string("the health check's URL is not http(s)://HOST[:PORT][/PATH]"),
          problemOfUrl(wrong));
    }
    SidecarOptions options;
    options.app.name = "a";
    options.address = "127.0.0.1:0";
    Sidecar sidecar(*own_, options);
    CPPUNIT_ASSERT_EQUAL(std::string("Require server address"), sidecar.start().detail());
  }

 private:
  void open(SidecarOptions options) {
    options.address = "127.0.0.1:0";
    sidecar_ = std::make_unique<Sidecar>(*own_, options);
    const Status status = sidecar_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
  }

  std::unique_ptr<Service> startGreeter() {
    auto greeter = std::make_unique<Service>(*loop_, options("go.micro.srv.greeter"));
    greeter->server().handle<JsonDocument, JsonDocument>(
        "Say.Hello", [](Context&, const JsonDocument& request, JsonDocument& response) {
          response.text = request.text;
          return Status();
        });
    run(*greeter);
    return greeter;
  }

  // Until so many subscribers of `topic` are registered.
  void awaitSubscribers(const std::string& topic, std::size_t count) {
    const auto registered = [&] {
      const std::string answer = get("/registry?service=topic:" + topic);
      std::size_t nodes = 0;
      for (std::size_t at = answer.find("\"id\":\"broker-"); at != std::string::npos;
           at = answer.find("\"id\":\"broker-", at + 1)) {
        ++nodes;
      }
      return nodes == count;
    };
    CPPUNIT_ASSERT(becomes(registered));
  }

  // What the health URL of the program answers.
  void openHealth() {
    WebServerOptions options;
    options.address = "127.0.0.1:0";
    health_ = std::make_unique<WebServer>(*loop_, options);
    health_->handle("GET", "/up", [this](const WebRequest&, WebReply reply) {
      reply.send(healthStatus_, {}, {});
    });
    CPPUNIT_ASSERT(health_->start().ok());
  }

  SidecarOptions optionsWithApp() const {
    SidecarOptions options;
    options.app.name = "app";
    options.app.address = "127.0.0.1:4000";
    options.app.healthUrl = "http://" + health_->address() + "/up";
    return options;
  }

  std::string ask(const std::string& head, const std::string& body = {}) {
    return GatewayFixture::ask(sidecar_->address(), head, body);
  }
  std::string get(const std::string& path) {
    return ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n");
  }
  std::string send(const std::string& method, const std::string& path, const std::string& body,
                   const std::string& headers = {}) {
    return ask(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
                   "Content-Length: " + std::to_string(body.size()) + "\r\n",
               body);
  }

  bool isListed(const std::string& name) {
    return get("/registry?service=" + name).substr(0, 3) == "200";
  }

  // Whether `what`, which asks, becomes true.
  static bool becomes(const std::function<bool()>& what) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!what()) {
      if (std::chrono::steady_clock::now() > limit) return false;
    }
    return true;
  }

  std::unique_ptr<Service> own_;
  std::unique_ptr<Sidecar> sidecar_;
  std::unique_ptr<WebServer> health_;
  int healthStatus_ = 200;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SidecarTest);

}  // namespace evmicro
