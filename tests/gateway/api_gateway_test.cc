// The API gateway in front of services, over loopback.
#include "gateway/api.h"

#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>
#include <evmicro/web_server.h>

#include "gateway/api_message.h"
#include "gateway/gateway_fixture.h"
#include "http/raw_peer.h"
#include "support/scripted_server.h"
#include "web/web_socket_bytes.h"

namespace evmicro {

using gateway::ApiGateway;
using gateway::ApiOptions;
namespace wire = gateway::wire;

class ApiGatewayTest : public test::GatewayFixture {
  CPPUNIT_TEST_SUITE(ApiGatewayTest);
  CPPUNIT_TEST(apiHandsTheRequestToTheService);
  CPPUNIT_TEST(apiPassesErrorsOn);
  CPPUNIT_TEST(apiSaysWhatWasLookedUp);
  CPPUNIT_TEST(rpcCallsAnyService);
  CPPUNIT_TEST(rpcPassesErrorsOn);
  CPPUNIT_TEST(rpcOnlyPosts);
  CPPUNIT_TEST(rpcConnectsToNodesOnly);
  CPPUNIT_TEST(rpcCallsListedServicesOnly);
  CPPUNIT_TEST(rpcRefusesPagesOfOthers);
  CPPUNIT_TEST(rpcMayBeLeftOut);
  CPPUNIT_TEST(methodsAreCalledWithJson);
  CPPUNIT_TEST(annotationsMakeRestPaths);
  CPPUNIT_TEST(methodsAreDescribedAsOpenApi);
  CPPUNIT_TEST(streamsComeAsLines);
  CPPUNIT_TEST(eachMessageOfAStreamIsSentInPart);
  CPPUNIT_TEST(messagesOfSeveralLinesBecomeOne);
  CPPUNIT_TEST(streamsComeAsEvents);
  CPPUNIT_TEST(streamsEndWithTheirError);
  CPPUNIT_TEST(streamsGoOverSockets);
  CPPUNIT_TEST(socketsCarryBothDirections);
  CPPUNIT_TEST(socketsEndWithTheError);
  CPPUNIT_TEST(socketsAreForStreams);
  CPPUNIT_TEST(socketsTakeJsonOnly);
  CPPUNIT_TEST(socketThatGoesCancelsTheStream);
  CPPUNIT_TEST(callerWhoGoesCancelsTheCall);
  CPPUNIT_TEST(proxyPassesRequestsOn);
  CPPUNIT_TEST(proxySaysThatANodeIsAway);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    GatewayFixture::setUp();
    api_ = std::make_unique<Service>(*loop_, options("go.micro.api"));
    greeter_ = std::make_unique<Service>(*loop_, options("go.micro.api.greeter"));
    greeter_->server().handle<wire::Request, wire::Response>(
        "Say.Hello", [](Context& context, const wire::Request& request, wire::Response& response) {
          return hello(context, request, response);
        });
    greeter_->server().handle<JsonDocument, JsonDocument>(
        "Say.Json", [](Context& context, const JsonDocument& request, JsonDocument& response) {
          if (request.text == R"({"fail":"me"})") return Status::error(403, "id", "no");
          if (context.metadata().get("X-Plain")) return Status::error(500, "", "plain");
          response.text = request.text;
          return Status();
        });
    greeter_->server().handle<JsonDocument, JsonDocument>(
        "Say.Rest",
        [](Context&, const JsonDocument& request, JsonDocument& response) {
          response.text = request.text;
          return Status();
        },
        {{{"http", "GET /names/{name}; PUT /names/{name} value; GET /parts/{name} - name"}}});
    greeter_->server().handleStream<JsonDocument, JsonDocument>(
        "Say.Count",
        [](const Context&, const JsonDocument& request,
           ServerStream<JsonDocument, JsonDocument> stream) {
          if (request.text != R"({"fail":"first"})") {
            for (int i = 1; i <= 3; ++i) stream.send({"{\"n\":" + std::to_string(i) + "}"});
          }
          const bool fails = request.text != "{}";
          stream.finish(fails ? Status::error(409, "id", "enough") : Status());
        },
        {{{"http", "GET /counts - n"}}});
    greeter_->server().handleStream<JsonDocument, JsonDocument>(
        "Say.Echo", [this](const Context& context, const JsonDocument& request,
                           ServerStream<JsonDocument, JsonDocument> stream) {
          stream.send(request);
          watch_ = context.onDone([this] { cancelled_ = true; });
          auto& echo = echoes_.emplace_back(
              std::make_unique<ServerStream<JsonDocument, JsonDocument>>(std::move(stream)));
          echo->onMessage([own = echo.get()](const JsonDocument& message) { own->send(message); });
          echo->onEnd([own = echo.get()](const Status& how) {
            if (how.ok()) own->finish({});
          });
        });
    greeter_->server().handle<JsonDocument, JsonDocument>(
        "Say.Wait", [this](const Context& context, const JsonDocument&, Reply<JsonDocument> reply) {
          waiting_.emplace_back(std::move(reply));
          watch_ = context.onDone([this] { cancelled_ = true; });
        });
    run(*greeter_);
  }

  void tearDown() override {
    gateway_.reset();
    waiting_.clear();
    echoes_.clear();
    watch_ = Subscription();
    greeter_.reset();
    api_.reset();
    GatewayFixture::tearDown();
  }

  void apiHandsTheRequestToTheService() {
    open({});
    CPPUNIT_ASSERT_EQUAL(
        std::string("201 text/plain PUT /greeter/say/hello John/Jim body"),
        ask("PUT /greeter/say/hello?name=John&name=Jim HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: text/plain\r\nX-Trace: t1\r\nContent-Length: 4\r\n",
            "body"));
    CPPUNIT_ASSERT(last_.find("\r\nX-Made: a\r\nX-Made: b\r\n") != std::string::npos);
    CPPUNIT_ASSERT(last_.find("\r\nX-Traced: t1\r\n") != std::string::npos);
    CPPUNIT_ASSERT(last_.find("\r\nX-Request-Id: ") != std::string::npos);
    // One that the service sends itself stays the only one.
    ask("GET /greeter/say/hello?name=John HTTP/1.1\r\nHost: localhost\r\nX-Trace: own-id\r\n");
    const std::size_t at = last_.find("\r\nx-request-id: own-id\r\n");
    CPPUNIT_ASSERT_MESSAGE(last_, at != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(last_, last_.find("\r\nX-Request-Id: ") == std::string::npos);
  }

  void apiPassesErrorsOn() {
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string("400 application/json {\"id\":\"go.micro.api.greeter\","
                                     "\"code\":400,\"detail\":\"Name cannot be blank\","
                                     "\"status\":\"Bad Request\"}"),
                         ask("GET /greeter/say/hello HTTP/1.1\r\nHost: localhost\r\n"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("500 application/json {\"id\":\"go.micro.api\",\"code\":500,\"detail\":"
                    "\"Error parsing form: malformed percent-encoding in the query, "
                    "or too many parameters\","
                    "\"status\":\"Internal Server Error\"}"),
        ask("GET /greeter/say/hello?a=% HTTP/1.1\r\nHost: localhost\r\n"));
  }

  void apiSaysWhatWasLookedUp() {
    open({});
    CPPUNIT_ASSERT_EQUAL(
        std::string("404 application/json {\"id\":\"go.micro.client\",\"code\":404,\"detail\":"
                    "\"no service go.micro.api.foo (method Foo.Bar) for /foo/bar\","
                    "\"status\":\"Not Found\"}"),
        ask("GET /foo/bar HTTP/1.1\r\nHost: localhost\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("301"),
                         ask("GET //foo/bar HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
  }

  void rpcCallsAnyService() {
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string(R"(200 application/json {"a":1.0})"),
                         rpc(R"("request":{"a": 1.0})"));
    CPPUNIT_ASSERT_EQUAL(std::string("200 application/json {}"), rpc(R"("x":1)"));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"(200 application/json {"a":1})"),
        ask("POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
            "application/x-www-form-urlencoded\r\n"
            "Content-Length: 74\r\n",
            "service=go.micro.api.greeter&method=Say.Json&request=%7B%22a%22%3A1%7D&x=1"));
  }

  void rpcPassesErrorsOn() {
    open({});
    CPPUNIT_ASSERT_EQUAL(std::string("403 application/json {\"id\":\"id\",\"code\":403,"
                                     "\"detail\":\"no\",\"status\":\"Forbidden\"}"),
                         rpc(R"("request":{"fail":"me"})"));
    const std::string unknown = rpc(R"("request":{})", "nobody");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(unknown, std::size_t(0),
                                 unknown.find("404 application/json {\"id\":\"go.micro.client\","));
    CPPUNIT_ASSERT_EQUAL(std::string("400 application/json {\"id\":\"go.micro.rpc\",\"code\":400,"
                                     "\"detail\":\"invalid service\",\"status\":\"Bad Request\"}"),
                         rpc(R"("request":{})", ""));
  }

  void rpcOnlyPosts() {
    open({});
    const std::string answer = ask("GET /rpc HTTP/1.1\r\nHost: localhost\r\n");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer, std::string("405"), answer.substr(0, 3));
    CPPUNIT_ASSERT(last_.find("\r\nAllow: POST\r\n") != std::string::npos);
  }

  void rpcConnectsToNodesOnly() {
    open({});
    const std::string own = greeter_->server().address();
    CPPUNIT_ASSERT_EQUAL(std::string("200 application/json {}"),
                         rpc("\"request\":{},\"address\":\"" + own + "\""));
    const std::string other = rpc(R"("request":{},"address":"127.0.0.1:1")");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(other, std::string("403"), other.substr(0, 3));
    ApiOptions any;
    any.rpcAnyAddress = true;
    open(any);
    const std::string away = rpc(R"("request":{},"address":"127.0.0.1:1")");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        away, std::size_t(0),
        away.find("500 application/json {\"id\":\"go.micro.client\",\"code\":500,\"detail\":"
                  "\"Error sending request: "));
  }

  void rpcCallsListedServicesOnly() {
    ApiOptions options;
    options.rpcServices = {"other"};
    open(options);
    CPPUNIT_ASSERT_EQUAL(std::string("403"), rpc(R"("request":{})").substr(0, 3));
    options.rpcServices.emplace_back("go.micro.api.greeter");
    open(options);
    CPPUNIT_ASSERT_EQUAL(std::string("200"), rpc(R"("request":{})").substr(0, 3));
  }

  void rpcRefusesPagesOfOthers() {
    ApiOptions options;
    options.corsOrigins = {"http://a"};
    open(options);
    const auto statusFor = [this](const std::string& origin) {
      return ask("POST /rpc?service=go.micro.api.greeter&method=Say.Json&request=1 "
                 "HTTP/1.1\r\nHost: localhost\r\n"
                 "Content-Length: 0\r\n" +
                 origin)
          .substr(0, 3);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("200"), statusFor("Origin: http://a\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("200"), statusFor(""));
    CPPUNIT_ASSERT_EQUAL(std::string("403"), statusFor("Origin: http://b\r\n"));
  }

  void rpcMayBeLeftOut() {
    ApiOptions options;
    options.rpc = false;
    open(options);
    CPPUNIT_ASSERT_EQUAL(std::string("404"), rpc(R"("request":{})").substr(0, 3));
  }

  void methodsAreCalledWithJson() {
    openFor("rpc");
    CPPUNIT_ASSERT_EQUAL(std::string(R"(200 application/json {"name":"John"})"),
                         ask("GET /greeter/say/json?name=John HTTP/1.1\r\nHost: localhost\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"(200 application/json {"a":[1]})"),
                         ask("POST /greeter/say/json HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                             "application/json\r\n"
                             "Content-Length: 10\r\n",
                             R"({"a": [1]})"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("403"),
        ask("GET /greeter/say/json?fail=me HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("404"),
                         ask("GET /foo/bar HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(
        std::string("404"),
        ask("GET /greeter/say/nothing HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
  }

  void annotationsMakeRestPaths() {
    openFor("rpc");
    // Once the gateway has seen the service.
    const std::string first = R"(200 application/json {"name":"John","x":"1"})";
    std::string answer;
    for (int i = 0; i < 1'000 && answer != first; ++i) {
      answer = ask("GET /names/John?x=1 HTTP/1.1\r\nHost: localhost\r\n");
    }
    CPPUNIT_ASSERT_EQUAL(first, answer);
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"(200 application/json {"value":{"a":1},"name":"a/b"})"),
        ask("PUT /names/a%2Fb HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n", R"({"a":1})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"(200 application/json "John")"),
                         ask("GET /parts/John?x=1 HTTP/1.1\r\nHost: localhost\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("404"),
                         ask("POST /names/a HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
  }

  void methodsAreDescribedAsOpenApi() {
    open({});
    std::string answer;
    for (int i = 0; i < 1'000 && answer.find("/greeter/say/json") == std::string::npos; ++i) {
      answer = ask("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n");
    }
    CPPUNIT_ASSERT_MESSAGE(
        answer, answer.find(R"(200 application/json {"openapi":"3.0.3",)") == 0 &&
                    answer.find(R"("/greeter/say/json":{"post":{)") != std::string::npos);
  }

  void streamsComeAsLines() {
    openFor("rpc");
    const std::string answer = ask("GET /greeter/say/count HTTP/1.1\r\nHost: localhost\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("200 application/x-ndjson"), answer.substr(0, 24));
    CPPUNIT_ASSERT(last_.find("X-Accel-Buffering: no\r\n") != std::string::npos);
    for (int i = 1; i <= 3; ++i) {
      CPPUNIT_ASSERT(last_.find("{\"n\":" + std::to_string(i) + "}\n") != std::string::npos);
    }
    CPPUNIT_ASSERT(last_.find("error") == std::string::npos);
    CPPUNIT_ASSERT(last_.find("\r\n0\r\n\r\n") != std::string::npos);
  }

  void eachMessageOfAStreamIsSentInPart() {
    openFor("rpc");
    for (int i = 0; i < 1'000 && last_.find("1\n") == std::string::npos; ++i) {
      ask("GET /counts HTTP/1.1\r\nHost: localhost\r\n");
    }
    for (const char* const line : {"\n1\n", "\n2\n", "\n3\n"}) {
      CPPUNIT_ASSERT_MESSAGE(last_, last_.find(line) != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::string::npos, last_.find("\"n\""));
    ask("GET /counts HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n");
    CPPUNIT_ASSERT(last_.find("data: 3\n\n") != std::string::npos);
    test::RawPeer peer(*loop_, gateway_->address());
    upgrade(peer, "/counts");
    peer.send(test::clientFrame(1, "{}"));
    const std::string all = test::serverFrame(1, "1") + test::serverFrame(1, "2") +
                            test::serverFrame(1, "3") + test::serverFrame(8, test::closeWith(1000));
    CPPUNIT_ASSERT(until([&] { return peer.received().size() >= all.size(); }));
    CPPUNIT_ASSERT_EQUAL(all, peer.received());
  }

  // A line and an event end with a newline, which JSON may have between its tokens.
  void messagesOfSeveralLinesBecomeOne() {
    test::ScriptedServer foreign(*loop_, [](const auto&) {
      const auto reply = [](const char* json) {
        return test::ScriptedServer::reply(200, json).bytes;
      };
      return test::ScriptedServer::Reply{
          reply("{\"id\":0,\"result\":{\r\n  \"n\": \"a  b<\"\n},\"error\":null}") +
          reply("{\"id\":0,\"result\":{},\"error\":\"EOS\"}")};
    });
    announce("go.micro.api.foreign", foreign.address(), {},
             {{"Say.Count", {}, {}, {{"stream", "true"}}}});
    openFor("rpc");
    const std::string path = "GET /foreign/say/count HTTP/1.1\r\nHost: localhost\r\n";
    ask(path);
    CPPUNIT_ASSERT_MESSAGE(last_,
                           last_.find("\r\n{\"n\":\"a  b\\u003c\"}\n\r\n") != std::string::npos);
    ask(path + "Accept: text/event-stream\r\n");
    CPPUNIT_ASSERT_MESSAGE(
        last_, last_.find("\r\ndata: {\"n\":\"a  b\\u003c\"}\n\n\r\n") != std::string::npos);
  }

  void streamsComeAsEvents() {
    openFor("rpc");
    ask("GET /greeter/say/count HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n");
    CPPUNIT_ASSERT(last_.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CPPUNIT_ASSERT(last_.find("data: {\"n\":3}\n\n") != std::string::npos);
  }

  void streamsEndWithTheirError() {
    openFor("rpc");
    ask("GET /greeter/say/count?fail=last HTTP/1.1\r\nHost: localhost\r\n");
    CPPUNIT_ASSERT_MESSAGE(
        last_, last_.find("{\"error\":{\"id\":\"id\",\"code\":409,") != std::string::npos);
    ask("GET /greeter/say/count?fail=last HTTP/1.1\r\nHost: localhost\r\nAccept: "
        "text/event-stream\r\n");
    CPPUNIT_ASSERT(last_.find("event: error\ndata: {\"id\":\"id\",") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(
        std::string("409 application/json"),
        ask("GET /greeter/say/count?fail=first HTTP/1.1\r\nHost: localhost\r\n").substr(0, 20));
  }

  void streamsGoOverSockets() {
    openFor("rpc");
    test::RawPeer peer(*loop_, gateway_->address());
    upgrade(peer, "/greeter/say/count");
    peer.send(test::clientFrame(1, "{}"));
    const std::string all =
        test::serverFrame(1, R"({"n":1})") + test::serverFrame(1, R"({"n":2})") +
        test::serverFrame(1, R"({"n":3})") + test::serverFrame(8, test::closeWith(1000));
    CPPUNIT_ASSERT(until([&] { return peer.received().size() >= all.size(); }));
    CPPUNIT_ASSERT_EQUAL(all, peer.received());
  }

  void socketsCarryBothDirections() {
    openFor("rpc");
    test::RawPeer peer(*loop_, gateway_->address());
    upgrade(peer, "/greeter/say/echo?n=0");
    CPPUNIT_ASSERT(until([&] { return peer.has(R"({"n":"0"})"); }));
    for (const char* const message : {R"({"n":1})", R"({"n":2})"}) {
      peer.send(test::clientFrame(1, message));
      CPPUNIT_ASSERT(until([&] { return peer.has(message); }));
    }
    peer.forget();
    peer.send(test::clientFrame(1, ""));  // no more
    const std::string end = test::serverFrame(8, test::closeWith(1000));
    CPPUNIT_ASSERT(until([&] { return peer.received() == end; }));
  }

  void socketsEndWithTheError() {
    openFor("rpc");
    test::RawPeer peer(*loop_, gateway_->address());
    upgrade(peer, "/greeter/say/count?fail=first");
    CPPUNIT_ASSERT(until([&] { return peer.has(test::closeWith(1011, "enough")); }));
    CPPUNIT_ASSERT(peer.has(R"({"error":{"id":"id","code":409,"detail":"enough")"));
  }

  void socketsAreForStreams() {
    openFor("rpc");
    const auto statusOf = [this](const std::string& request) {
      test::RawPeer peer(*loop_, gateway_->address());
      peer.send(request);
      CPPUNIT_ASSERT(until([&peer] { return peer.has("\r\n\r\n"); }));
      return peer.received().substr(9, 3);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("400"), statusOf(handshake("/greeter/say/json")));
    CPPUNIT_ASSERT_EQUAL(std::string("404"), statusOf(handshake("/foo/bar")));
    CPPUNIT_ASSERT_EQUAL(std::string("101"), statusOf(handshake("/greeter/say/count")));
  }

  void socketsTakeJsonOnly() {
    openFor("rpc");
    test::RawPeer peer(*loop_, gateway_->address());
    upgrade(peer, "/greeter/say/echo");
    peer.send(test::clientFrame(1, "{"));
    CPPUNIT_ASSERT(until([&] { return peer.has(test::closeWith(1007)); }));
  }

  void socketThatGoesCancelsTheStream() {
    openFor("rpc");
    test::RawPeer peer(*loop_, gateway_->address());
    upgrade(peer, "/greeter/say/echo");
    peer.send(test::clientFrame(1, "{}"));
    CPPUNIT_ASSERT(until([&] { return echoes_.size() == 1; }));
    peer.reset();
    CPPUNIT_ASSERT(until([this] { return cancelled_; }));
  }

  void callerWhoGoesCancelsTheCall() {
    openFor("rpc");
    test::RawPeer peer(*loop_, gateway_->address());
    peer.send("GET /greeter/say/wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return waiting_.size() == 1; }));
    peer.reset();
    CPPUNIT_ASSERT(until([this] { return cancelled_; }));
  }

  void proxyPassesRequestsOn() {
    WebServerOptions options;
    options.address = "127.0.0.1:0";
    WebServer node(*loop_, options);
    std::string seen;
    node.handle("", "/rest/{path...}", [&seen](const WebRequest& request, WebReply reply) {
      seen = request.method + " " + request.target + " " + request.body + " " +
             std::string(findField(request.headers, "Host").value_or("")) + " " +
             std::string(findField(request.headers, "X-Forwarded-For").value_or("")) + " " +
             std::string(findField(request.headers, "X-Drop").value_or("dropped"));
      reply.send(207, {{"X-Reply", "1"}, {"Content-Type", "text/x"}}, "reply");
    });
    CPPUNIT_ASSERT(node.start().ok());
    announce("go.micro.api.rest", node.address());
    openFor("proxy");
    CPPUNIT_ASSERT_EQUAL(std::string("207 text/x reply"),
                         ask("PUT /rest/a%20b?c=d HTTP/1.1\r\nHost: me\r\nX-Drop: 1\r\n"
                             "Content-Length: 4\r\n",
                             "body", "close, X-Drop"));
    CPPUNIT_ASSERT_EQUAL(std::string("PUT /rest/a%20b?c=d body me 127.0.0.1 dropped"), seen);
    CPPUNIT_ASSERT(last_.find("X-Reply: 1\r\n") != std::string::npos);
    ask("GET @127.0.0.1:1/://h/rest/b?c HTTP/1.1\r\nHost: me\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("GET /rest/b?c  me 127.0.0.1 dropped"), seen);
    CPPUNIT_ASSERT_EQUAL(std::string("404"),
                         ask("GET /none/a HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("404"),
                         ask("GET /re-st/a HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
  }

  void proxySaysThatANodeIsAway() {
    announce("go.micro.api.rest", "127.0.0.1:1");
    openFor("proxy");
    CPPUNIT_ASSERT_EQUAL(std::string("502"),
                         ask("GET /rest/a HTTP/1.1\r\nHost: localhost\r\n").substr(0, 3));
  }

 private:
  static Status hello(Context& context, const wire::Request& request, wire::Response& response) {
    std::string names;
    for (const wire::Entry& entry : request.get()) {
      for (const std::string& value : entry.value().values()) {
        names += (names.empty() ? "" : "/") + value;
      }
    }
    if (names.empty()) return Status::error(400, "go.micro.api.greeter", "Name cannot be blank");
    response.set_status_code(201);
    const auto add = [&response](const char* name, const std::vector<std::string>& values) {
      wire::Entry& entry = *response.add_header();
      entry.set_key(name);
      for (const std::string& value : values) entry.mutable_value()->add_values(value);
    };
    add("X-Made", {"a", "b"});
    add("X-Traced", {std::string(context.metadata().get("X-Trace").value_or(""))});
    add("Content-Type", {"text/plain"});
    const auto trace = context.metadata().get("X-Trace");
    if (trace == "own-id") add("x-request-id", {"own-id"});
    response.set_body(request.method() + " " + request.path() + " " + names + " " + request.body());
    return {};
  }

  void open(ApiOptions options) {
    options.address = "127.0.0.1:0";
    gateway_ = std::make_unique<ApiGateway>(*api_, options);
    const Status status = gateway_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
  }

  void openFor(const char* handler) {
    ApiOptions options;
    options.handler = handler;
    open(options);
  }

  std::string ask(const std::string& head, const std::string& body = {},
                  const std::string& connection = "close") {
    return GatewayFixture::ask(gateway_->address(), head, body, connection);
  }

  std::string rpc(const std::string& members, const std::string& service = "go.micro.api.greeter") {
    const std::string body =
        "{\"service\":\"" + service + "\",\"method\":\"Say.Json\"," + members + "}";
    return ask(
        "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n",
        body);
  }

  std::unique_ptr<Service> api_;
  std::unique_ptr<Service> greeter_;
  std::unique_ptr<ApiGateway> gateway_;
  std::vector<Reply<JsonDocument>> waiting_;
  std::vector<std::unique_ptr<ServerStream<JsonDocument, JsonDocument>>> echoes_;
  Subscription watch_;
  bool cancelled_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ApiGatewayTest);

}  // namespace evmicro
