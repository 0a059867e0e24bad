// The dashboard over loopback: its pages, its data, and what it refuses.
#include "dashboard/dashboard.h"

#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/memory_broker.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service.h>
#include <evmicro/web_server.h>

#include "dashboard/topics.h"
#include "http/raw_peer.h"

namespace evmicro {

using dashboard::Dashboard;
using dashboard::DashboardOptions;

class DashboardTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DashboardTest);
  CPPUNIT_TEST(answersEveryRoute);
  CPPUNIT_TEST(answersJsonWhenAsked);
  CPPUNIT_TEST(everyReplyForbidsForeignContent);
  CPPUNIT_TEST(filesHaveTags);
  CPPUNIT_TEST(filesAndDataAreCompressed);
  CPPUNIT_TEST(callsServices);
  CPPUNIT_TEST(streamsMessages);
  CPPUNIT_TEST(refusesPagesOfOthers);
  CPPUNIT_TEST(readOnlyCallsNothing);
  CPPUNIT_TEST(readsTheMetricsOfNodes);
  CPPUNIT_TEST(readsNoMoreNodesThanTheLimit);
  CPPUNIT_TEST(saysThatSomethingHasChanged);
  CPPUNIT_TEST(servicesComeAndGo);
  CPPUNIT_TEST(showsAThousandServices);
  CPPUNIT_TEST(showsMessagesOfTopics);
  CPPUNIT_TEST(publishes);
  CPPUNIT_TEST(limitsTopicsThatAreOpen);
  CPPUNIT_TEST(forwardsToWebServices);
  CPPUNIT_TEST(stopEndsLivePages);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    registry_ = makeMemoryRegistry(*loop_);
    web_ = std::make_unique<Service>(*loop_, options("go.micro.web"));
    greeter_ = std::make_unique<Service>(*loop_, options("go.micro.srv.greeter"));
    greeter_->server().handle<JsonDocument, JsonDocument>(
        "Say.Hello", [](Context&, const JsonDocument& request, JsonDocument& response) {
          if (request.text == R"({"fail":1})")
            return Status::error(400, "greeter", "Name cannot be blank");
          response.text = request.text;
          return Status();
        });
    greeter_->server().handleStream<JsonDocument, JsonDocument>(
        "Say.Count",
        [](const Context&, const JsonDocument&, ServerStream<JsonDocument, JsonDocument> stream) {
          for (int i = 1; i <= 2; ++i) stream.send({"{\"n\":" + std::to_string(i) + "}"});
          stream.finish({});
        });
    run(*greeter_);
  }

  void tearDown() override {
    dashboard_.reset();
    greeter_.reset();
    web_.reset();
    registry_.reset();
    loop_.reset();
  }

  void answersEveryRoute() {
    open({});
    struct Row {
      const char* request;
      int status;
      const char* type;
      const char* content;
    };
    const Row rows[] = {
        {"GET /", 200, "text/html; charset=utf-8", "<title>Micro Web</title>"},
        {"GET /registry", 200, "text/html; charset=utf-8", "<title>Registry</title>"},
        {"GET /registry?service=go.micro.srv.greeter", 200, "text/html; charset=utf-8",
         "<title>Service</title>"},
        {"GET /registry?service=nobody", 404, "text/html; charset=utf-8",
         "<title>Not found</title>"},
        {"GET /query", 200, "text/html; charset=utf-8", "<title>Query a Service</title>"},
        {"GET /cli", 200, "text/html; charset=utf-8", "<title>CLI</title>"},
        {"GET /stats", 200, "text/html; charset=utf-8", "<title>Micro Stats</title>"},
        {"GET /_/map", 200, "text/html; charset=utf-8", "<title>Map</title>"},
        {"GET /_/topics", 200, "text/html; charset=utf-8", "<title>Topics</title>"},
        {"GET /favicon.ico", 200, "image/x-icon", ""},
        {"GET /_/files/app.js", 200, "text/javascript; charset=utf-8", "refresher"},
        {"GET /_/files/style.css", 200, "text/css; charset=utf-8", "prefers-color-scheme"},
        {"GET /_/files/icon.svg", 200, "image/svg+xml", "<svg"},
        {"GET /_/files/index.html", 404, "text/plain; charset=utf-8", "not found"},
        {"GET /_/files/none.js", 404, "text/plain; charset=utf-8", "not found"},
        {"GET /_/files/%2e%2e%2fapp.js", 404, "text/plain; charset=utf-8", "not found"},
        {"GET /_/nothing", 404, "application/json", "no such page"},
        {"GET /_/data/services", 200, "application/json", "\"name\":\"go.micro.srv.greeter\""},
        {"GET /_/data/service?name=go.micro.srv.greeter", 200, "application/json", "Say.Hello"},
        {"GET /_/data/service?name=nobody", 200, "application/json", "\"versions\":[]"},
        {"GET /_/data/service", 200, "application/json", "\"versions\":[]"},
        {"GET /_/data/map", 200, "application/json", "\"edges\":["},
        {"GET /_/data/topics", 200, "application/json", "\"topics\":["},
        {"GET /_/data/about", 200, "application/json", "\"namespace\":\"go.micro.web\""},
        {"GET /_/topic", 400, "application/json", "topic not specified"},
        {"GET /_/socket", 400, "application/json", "invalid method"},
        {"GET /_/socket?method=A.B", 400, "application/json", "invalid service"},
        {"GET /_/socket?service=a&method=A.B", 426, "application/json", ""},
        {"GET /rpc", 405, "application/json", "Method not allowed"},
        {"POST /cli", 405, "application/json", "Method not allowed"},
        {"POST /registry", 405, "application/json", "Method not allowed"},
        {"PUT /query", 405, "application/json", "Method not allowed"},
        {"DELETE /stats", 405, "application/json", "Method not allowed"},
        {"POST /_/data/services", 404, "application/json", "no such page"},
        {"GET /no-name", 404, "application/json", "no such page"},
        {"GET /nobody/x", 404, "application/json", "no node of go.micro.web.nobody"},
        {"GET //cli", 301, "text/plain; charset=utf-8", "moved to /cli"},
    };
    for (const Row& row : rows) {
      const std::string reply = ask(row.request);
      const std::string expected = std::to_string(row.status) + " " + row.type + " ";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.request, expected, reply.substr(0, expected.size()));
      CPPUNIT_ASSERT_MESSAGE(row.request + (": " + reply),
                             reply.find(row.content) != std::string::npos);
    }
  }

  void answersJsonWhenAsked() {
    open({});
    const std::string all = R"(200 application/json {"services":[{"name":"go.micro.srv.greeter",)"
                            R"("version":"","metadata":null,"endpoints":null,"nodes":null}]})";
    CPPUNIT_ASSERT_EQUAL(all, ask("GET /registry", "Content-Type: application/json\r\n"));
    CPPUNIT_ASSERT_EQUAL(all, ask("GET /registry", "Accept: application/json\r\n"));
    CPPUNIT_ASSERT_EQUAL(all, ask("GET /registry?format=json"));
    CPPUNIT_ASSERT_EQUAL(all, ask("GET /query?format=json"));
    const std::string one = ask("GET /registry?format=json&service=go.micro.srv.greeter");
    CPPUNIT_ASSERT_MESSAGE(one, one.find("\"nodes\":[{\"id\":\"go.micro.srv.greeter-") != one.npos);
    CPPUNIT_ASSERT_EQUAL(std::string("404 application/json {\"id\":\"go.micro.web\",\"code\":404,"
                                     "\"detail\":\"Not found\",\"status\":\"Not Found\"}"),
                         ask("GET /registry?format=json&service=nobody"));
    const std::string stats = ask("GET /stats", "Content-Type: application/json\r\n");
    CPPUNIT_ASSERT_MESSAGE(stats, stats.find("\"gc_pause\":\"0.000ms\"") != std::string::npos);
  }

  void everyReplyForbidsForeignContent() {
    open({});
    for (const char* request : {"GET /", "GET /registry?format=json", "GET /_/files/app.js",
                                "GET /_/files/none", "GET /_/data/services"}) {
      ask(request);
      CPPUNIT_ASSERT_MESSAGE(
          request, last_.find("\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "
                              "style-src 'self';") != std::string::npos);
      CPPUNIT_ASSERT(last_.find("unsafe") == std::string::npos);
    }
  }

  void filesHaveTags() {
    open({});
    ask("GET /_/files/app.js");
    const std::size_t at = last_.find("\r\nETag: \"");
    CPPUNIT_ASSERT(at != std::string::npos);
    const std::string tag = last_.substr(at + 8, 42);
    CPPUNIT_ASSERT_EQUAL(std::string("304 "),
                         ask("GET /_/files/app.js", "If-None-Match: " + tag + "\r\n").substr(0, 4));
    CPPUNIT_ASSERT_EQUAL(std::string("200 "),
                         ask("GET /_/files/app.js", "If-None-Match: \"0\"\r\n").substr(0, 4));
  }

  void filesAndDataAreCompressed() {
    for (int i = 0; i < 100; ++i) announce("go.micro.srv.s" + std::to_string(i), "127.0.0.1:1", 1);
    open({});
    CPPUNIT_ASSERT(again([this] {
      return ask("GET /_/data/services").find("go.micro.srv.s99") != std::string::npos;
    }));
    for (const char* path : {"/_/files/app.js", "/_/data/services", "/registry?format=json"}) {
      const auto isCompressed = [&](const std::string& headers) {
        ask(std::string("GET ") + path, headers);
        CPPUNIT_ASSERT_MESSAGE(last_, last_.find("\r\nVary: ") != std::string::npos);
        return last_.find("\r\nContent-Encoding: gzip\r\n") != std::string::npos;
      };
      CPPUNIT_ASSERT_MESSAGE(path, isCompressed("Accept-Encoding: gzip, br\r\n"));
      CPPUNIT_ASSERT_MESSAGE(path, !isCompressed(""));
    }
  }

  void callsServices() {
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string(R"(200 application/json {"a":1.50})"),
                         post("/rpc", call("Say.Hello", R"({"a":1.50})")));
    const std::string error = post("/rpc", call("Say.Hello", R"({"fail":1})"));
    CPPUNIT_ASSERT_EQUAL(std::string("400 application/json {\"id\":\"greeter\",\"code\":400,"
                                     "\"detail\":\"Name cannot be blank\","
                                     "\"status\":\"Bad Request\"}"),
                         error);
  }

  void streamsMessages() {
    open({});
    const std::string lines = post("/_/stream", call("Say.Count", "{}"));
    CPPUNIT_ASSERT_MESSAGE(lines, lines.find("{\"n\":1}\n") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(lines, lines.find("{\"n\":2}\n") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("400 "), post("/_/stream", "{}").substr(0, 4));
  }

  void refusesPagesOfOthers() {
    DashboardOptions options;
    options.corsOrigins = {"http://friend"};
    options.allowedHosts = {"dash"};
    open(options);
    const std::string body = call("Say.Hello", "{}");
    for (const char* path : {"/rpc", "/_/stream", "/_/publish?topic=t"}) {
      const auto status = [&](const std::string& origin) {
        return post(path, body, "Host: dash:1\r\nOrigin: " + origin + "\r\n").substr(0, 3);
      };
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string("403"), status("http://evil"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string("403"), status("http://dash:2"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string("403"), status("null"));
      CPPUNIT_ASSERT_MESSAGE(path, status("http://dash:1") != "403");
      CPPUNIT_ASSERT_MESSAGE(path, status("http://friend") != "403");
    }
  }

  void readOnlyCallsNothing() {
    DashboardOptions options;
    options.readOnly = true;
    options.stats = false;
    open(options);
    for (const char* path : {"/rpc", "/_/stream", "/_/publish?topic=t"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("404"), post(path, call("Say.Hello", "{}")).substr(0, 3));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("404"),
                         ask("GET /_/socket?service=a&method=A.B").substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("404"), ask("GET /stats").substr(0, 3));
  }

  void readsTheMetricsOfNodes() {
    DashboardOptions options;
    options.scraper.interval = std::chrono::milliseconds(20);
    open(options);
    // Calls until two readings have seen some of them.
    CPPUNIT_ASSERT(again([this] {
      post("/rpc", call("Say.Hello", "{}"));
      const std::string map = ask("GET /_/data/map");
      const std::string edge = R"({"from":"go.micro.web","to":"go.micro.srv.greeter","calls":)";
      const std::size_t at = map.find(edge);
      return at != std::string::npos && map[at + edge.size()] != '0';
    }));
    const std::string service = ask("GET /_/data/service?name=go.micro.srv.greeter");
    for (const char* part : {"\"history\":{\"time\":[", "\"Say.Hello\":{\"calls\":",
                             "\"callers\":{\"go.micro.web\":", "\"memory\":"}) {
      CPPUNIT_ASSERT_MESSAGE(service, service.find(part) != std::string::npos);
    }
  }

  void readsNoMoreNodesThanTheLimit() {
    DashboardOptions options;
    options.scraper.interval = std::chrono::milliseconds(20);
    options.scraper.maxNodes = 0;
    open(options);
    CPPUNIT_ASSERT(again(
        [this] { return ask("GET /_/data/services").find("\"leftOut\":1") != std::string::npos; }));
    const std::string service = ask("GET /_/data/service?name=go.micro.srv.greeter");
    CPPUNIT_ASSERT_MESSAGE(service, service.find("\"nodes\":{}") != std::string::npos);
  }

  void saysThatSomethingHasChanged() {
    open({});
    test::RawPeer peer(*loop_, dashboard_->address());
    peer.send("GET /_/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CPPUNIT_ASSERT(until([&peer] { return peer.has("\r\n\r\n"); }));
    announce("go.micro.srv.new", "127.0.0.1:1");
    CPPUNIT_ASSERT(until(
        [&peer] { return peer.received().find("event: registry\ndata: ") != std::string::npos; }));
  }

  void servicesComeAndGo() {
    open({});
    for (int i = 0; i < 2; ++i) {
      announce("go.micro.srv.new", "127.0.0.1:1");
      CPPUNIT_ASSERT(again([this] {
        return ask("GET /_/data/services").find(R"("name":"go.micro.srv.new","versions":["1"])") !=
               std::string::npos;
      }));
      withdraw("go.micro.srv.new");
      CPPUNIT_ASSERT(again([this] {
        return ask("GET /_/data/services").find("go.micro.srv.new") == std::string::npos;
      }));
    }
  }

  void showsAThousandServices() {
    for (int i = 0; i < 1000; ++i) {
      announce("go.micro.srv.s" + std::to_string(i), "127.0.0.1:1", 10);
    }
    open({});
    CPPUNIT_ASSERT(again([this] {
      const std::string all = ask("GET /_/data/services");
      std::size_t whole = 0;
      for (std::size_t at = 0; (at = all.find("\"nodes\":10,", at)) != std::string::npos; ++at)
        ++whole;
      return whole == 1000;
    }));
  }

  void showsMessagesOfTopics() {
    open({});
    test::RawPeer peer(*loop_, dashboard_->address());
    peer.send("GET /_/topic?name=news HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CPPUNIT_ASSERT(
        until([&peer] { return peer.received().find("event: ready") != std::string::npos; }));
    BrokerMessage message;
    message.header["X-A"] = "<b>";
    message.body = "a\nb";
    web_->broker().publish("news", message);
    CPPUNIT_ASSERT(
        until([&peer] { return peer.received().find(R"("body":"a\nb"})") != std::string::npos; }));
    CPPUNIT_ASSERT(peer.received().find(R"("X-A":"\u003cb\u003e")") != std::string::npos);
    const std::string bytes = dashboard::messageJson("t", {{}, "\xff"}, 5);
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"time":5,"topic":"t","bytes":1,"header":{},"base64":"/w=="})"), bytes);
    const std::string longBody(dashboard::Topics::kMostBytes + 1, 'x');
    const std::string cut = dashboard::messageJson("t", {{}, longBody}, 5);
    CPPUNIT_ASSERT(cut.size() < longBody.size() + 80);
    CPPUNIT_ASSERT(cut.find("\"bytes\":65537") != std::string::npos);
  }

  void publishes() {
    open({});
    std::string received;
    bool ready = false;
    SubscribeOptions subscribe;
    subscribe.ready = [&ready] { ready = true; };
    const Result<Subscription> subscription = greeter_->broker().subscribe(
        "news", [&received](auto, const BrokerMessage& message) { received = message.body; },
        subscribe);
    CPPUNIT_ASSERT(subscription.ok() && until([&ready] { return ready; }));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"(200 application/json {"delivered":1,"dropped":0,"failed":0,"detail":""})"),
        post("/_/publish?topic=news", "{}"));
    CPPUNIT_ASSERT(until([&received] { return received == "{}"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("400"), post("/_/publish", "{}").substr(0, 3));
    const std::string most(256, 't');
    CPPUNIT_ASSERT_EQUAL(std::string("200"), post("/_/publish?topic=" + most, "{}").substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("400"),
                         post("/_/publish?topic=" + most + "t", "{}").substr(0, 3));
  }

  void limitsTopicsThatAreOpen() {
    open({});
    std::vector<std::unique_ptr<test::RawPeer>> peers;
    const auto watch = [&](std::size_t number) {
      peers.push_back(std::make_unique<test::RawPeer>(*loop_, dashboard_->address()));
      test::RawPeer& peer = *peers.back();
      peer.send("GET /_/topic?name=t" + std::to_string(number) +
                " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      CPPUNIT_ASSERT(
          until([&peer] { return peer.received().find("\r\n\r\n") != std::string::npos; }));
      return peer.received().substr(9, 3);
    };
    for (std::size_t i = 0; i < dashboard::Topics::kMostTopics; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string("200"), watch(i));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("503"), watch(dashboard::Topics::kMostTopics));
    CPPUNIT_ASSERT_EQUAL(std::string("200"), watch(0));  // shared
    peers.clear();
    // The subscriptions end with their pages.
    CPPUNIT_ASSERT(again([&] { return watch(1000) == "200"; }));
  }

  void forwardsToWebServices() {
    WebServerOptions server;
    server.address = "127.0.0.1:0";
    WebServer pages(*loop_, server);
    pages.handle("", "/{path...}", [](const WebRequest& request, WebReply reply) {
      const auto base = findField(request.headers, "X-Micro-Web-Base-Path");
      reply.send(200, {{"Content-Type", "text/plain"}},
                 request.method + " " + request.target + " " + std::string(base.value_or("")) +
                     " " + request.body);
    });
    CPPUNIT_ASSERT(pages.start().ok());
    announce("go.micro.web.hello", pages.address());
    open({});
    struct Row {
      const char* target;
      const char* seen;
    };
    for (const Row& row :
         {Row{"/hello", "/"}, Row{"/hello/", "/"}, Row{"/hello/a%20b", "/a%20b"},
          Row{"/hello?x=1", "/?x=1"}, Row{"/%68ello", "/"}, Row{"/%68ell%6F/a%2Fb?x", "/a%2Fb?x"},
          Row{"/hello/a/b?c=%2F", "/a/b?c=%2F"}}) {
      CPPUNIT_ASSERT_EQUAL(
          std::string("200 text/plain GET ") + row.seen + " /hello ",
          ask(std::string("GET ") + row.target, "X-Micro-Web-Base-Path: /forged\r\n"));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("200 text/plain POST / /hello a=1"), post("/hello", "a=1"));
  }

  void stopEndsLivePages() {
    open({});
    test::RawPeer live(*loop_, dashboard_->address());
    live.send("GET /_/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    test::RawPeer topic(*loop_, dashboard_->address());
    topic.send("GET /_/topic?name=news HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CPPUNIT_ASSERT(until([&] { return live.has("\r\n\r\n") && topic.has("\r\n\r\n"); }));
    dashboard_->stop(std::chrono::seconds(20));
    CPPUNIT_ASSERT(until([&] { return live.ended() && topic.ended(); }));
    CPPUNIT_ASSERT(live.received().find("\r\n0\r\n\r\n") != std::string::npos);
  }

 private:
  ServiceOptions options(const char* name) {
    ServiceOptions options;
    options.name = name;
    options.own.registry = registry_;
    options.client.name = name;
    options.server.address = "127.0.0.1:0";
    options.server.grace = std::chrono::milliseconds(0);
    options.brokerAddress = "127.0.0.1:0";
    return options;
  }

  void run(Service& service) {
    std::optional<Status> started;
    const Call call = service.start([&started](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(until([&started] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->toString(), started->ok());
  }

  void open(DashboardOptions options) {
    options.address = "127.0.0.1:0";
    dashboard_ = std::make_unique<Dashboard>(*web_, options);
    const Status status = dashboard_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
    CPPUNIT_ASSERT(again([this] {
      return ask("GET /_/data/services").find("go.micro.srv.greeter") != std::string::npos;
    }));
  }

  static ServiceInfo service(const std::string& name, const std::string& address, int nodes) {
    const std::size_t colon = address.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)));
    ServiceInfo info;
    info.name = name;
    info.version = "1";
    for (int i = 0; i < nodes; ++i) {
      info.nodes.push_back({name + "-" + std::to_string(i), address.substr(0, colon), port, {}});
    }
    return info;
  }

  void announce(const std::string& name, const std::string& address, int nodes = 1) {
    std::optional<Status> done;
    const Call call = registry_->registerService(
        service(name, address, nodes), {}, [&done](Status status) { done = std::move(status); });
    CPPUNIT_ASSERT(until([&done] { return done.has_value(); }));
  }

  void withdraw(const std::string& name) {
    std::optional<Status> done;
    const Call call = registry_->deregister(service(name, "127.0.0.1:1", 1),
                                            [&done](Status status) { done = std::move(status); });
    CPPUNIT_ASSERT(until([&done] { return done.has_value(); }));
  }

  // Status, content type and body of the reply.
  std::string ask(const std::string& line, const std::string& headers = {},
                  const std::string& body = {}) {
    test::RawPeer peer(*loop_, dashboard_->address());
    const char* const host =
        headers.find("Host: ") == std::string::npos ? "Host: localhost\r\n" : "";
    peer.send(line + " HTTP/1.1\r\n" + host + "Connection: close\r\n" + headers + "\r\n" + body);
    CPPUNIT_ASSERT(until([&peer] { return peer.ended(); }));
    last_ = peer.received();
    const std::size_t end = last_.find("\r\n\r\n");
    CPPUNIT_ASSERT_MESSAGE(last_, last_.size() > 12 && end != std::string::npos);
    const std::string name = "\r\nContent-Type: ";
    const std::size_t at = last_.find(name);
    const std::string type =
        at < end ? last_.substr(at + name.size(), last_.find("\r\n", at + 2) - at - name.size())
                 : "";
    return last_.substr(9, 3) + " " + type + " " + last_.substr(end + 4);
  }

  std::string post(const std::string& path, const std::string& body,
                   const std::string& headers = {}) {
    return ask("POST " + path,
               headers + "Content-Type: application/json\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n",
               body);
  }

  static std::string call(const std::string& method, const std::string& request) {
    return R"({"service":"go.micro.srv.greeter","method":")" + method + R"(","request":)" +
           request + "}";
  }

  // Repeats what turns the loop itself, such as a request, until it is true.
  static bool again(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }

  bool until(const std::function<bool()>& done) { return test::runUntil(*loop_, done); }

  std::unique_ptr<EventLoop> loop_;
  std::shared_ptr<Registry> registry_;  // of all services
  std::unique_ptr<Service> web_;
  std::unique_ptr<Service> greeter_;
  std::unique_ptr<Dashboard> dashboard_;
  std::string last_;  // reply
};

CPPUNIT_TEST_SUITE_REGISTRATION(DashboardTest);

}  // namespace evmicro
