#include <evmicro/timer.h>

#include "server/rpc_fixture.h"
#include "support/ports.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using test::runUntil;
using test::ScriptedServer;
using test::Text;
using test::text;
using namespace std::chrono_literals;

class ClientTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(ClientTest);
  CPPUNIT_TEST(sendsWhatGoMicroSends);
  CPPUNIT_TEST(keepsConnectionsToPeersThatSaySo);
  CPPUNIT_TEST(opensAConnectionPerCallToOthers);
  CPPUNIT_TEST(dropsAConnectionThatSaysTooMuch);
  CPPUNIT_TEST(takesEveryReplyThatGoTakes);
  CPPUNIT_TEST(namesEveryBadReply);
  CPPUNIT_TEST(aPlainErrorTextBecomesCode500);
  CPPUNIT_TEST(nobodyThereIsUnavailable);
  CPPUNIT_TEST(anUnknownServiceIsNotFound);
  CPPUNIT_TEST(aServiceThatHasStoppedIsNotFound);
  CPPUNIT_TEST(aServiceThatTheRegistryForgetsIsCalledOn);
  CPPUNIT_TEST(anotherNodeIsTriedWhenOneIsNotReached);
  CPPUNIT_TEST(noNodeReachedSaysHowManyWereTried);
  CPPUNIT_TEST(aBrokenAttemptIsNotRepeated);
  CPPUNIT_TEST(anIdempotentCallIsRepeatedAtAnotherNode);
  CPPUNIT_TEST(anApplicationErrorIsNeverRepeated);
  CPPUNIT_TEST(aCancelledContextEndsTheCall);
  CPPUNIT_TEST(anEndedContextStartsNothing);
  CPPUNIT_TEST(nothingRunsWithinTheCall);
  CPPUNIT_TEST(destroyingTheClientIsSilent);
  CPPUNIT_TEST(aCallbackMayDestroyTheClient);
  CPPUNIT_TEST(blockingInsideACallbackIsAnErrorAtOnce);
  CPPUNIT_TEST(anUnknownContentTypeIsNamed);
  CPPUNIT_TEST(wrappersStandAroundTheCall);
  CPPUNIT_TEST(aWrapperThatDropsTheCallEndsIt);
  CPPUNIT_TEST(manyCallsAtOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    scripted_.clear();
    RpcFixture::tearDown();
  }

  void sendsWhatGoMicroSends() {
    ScriptedServer& server = script([](const auto&) { return jsonReply("x"); });
    ClientOptions options;
    options.name = "caller";
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
    Context context;
    context.metadata().set("x-user-id", "john");
    CPPUNIT_ASSERT(callAt(server, context).ok());
    const ScriptedServer::Request& request = server.requests().at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("POST"), request.method);
    CPPUNIT_ASSERT_EQUAL(std::string("/"), request.target);
    CPPUNIT_ASSERT_EQUAL(server.address(), request.header("Host"));
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), request.header("Content-Type"));
    CPPUNIT_ASSERT_EQUAL(std::string("caller"), request.header("X-Micro-From-Service"));
    CPPUNIT_ASSERT_EQUAL(std::string("john"), request.header("X-User-Id"));
    CPPUNIT_ASSERT(std::stoll(request.header("Timeout")) > 4'000'000'000);
    CPPUNIT_ASSERT_EQUAL(std::string(), request.header("Connection"));
    CPPUNIT_ASSERT_EQUAL(std::string(), request.header("Keep-Alive"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("{\"method\":\"Echo.Say\",\"params\":[{\"status\":\"hi\"}],\"id\":0}\n"),
        request.body);
  }

  void keepsConnectionsToPeersThatSaySo() {
    ScriptedServer& server = script([](const auto& request) { return echoed(request, "x"); });
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(callAt(server).ok());
    CPPUNIT_ASSERT_EQUAL(1, server.accepted());
    server.closeConnections();
    test::turn(*loop_);
    CPPUNIT_ASSERT(callAt(server).ok());
    CPPUNIT_ASSERT_EQUAL(2, server.accepted());
  }

  void opensAConnectionPerCallToOthers() {
    ScriptedServer& server = script([](const auto&) { return jsonReply("x"); });
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(callAt(server).ok());
    CPPUNIT_ASSERT_EQUAL(3, server.accepted());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server.open() == 0; }));
  }

  void dropsAConnectionThatSaysTooMuch() {
    ScriptedServer& server = script([](const auto&) {
      ScriptedServer::Reply reply = jsonReply("x", "Keep-Alive: timeout=120\r\n");
      reply.bytes += jsonReply("poison").bytes;
      return reply;
    });
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT_EQUAL(std::string("x"), callAt(server)->status());
    CPPUNIT_ASSERT_EQUAL(2, server.accepted());
  }

  void takesEveryReplyThatGoTakes() {
    const std::string body = R"({"id":0,"result":{"status":"x"},"error":null})";
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    for (const std::string& bytes : {
             "HTTP/1.1 500 Oh\r\n" + length,
             "HTTP/1.1 200\r\n" + length,
             "HTTP/1.0 200 OK\r\n\r\n" + body,
             "HTTP/1.1 200 OK\ncontent-length: " + std::to_string(body.size()) + "\n\n" + body,
             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + length,
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(body.substr(0, 7)) +
                 chunk(body.substr(7)) + "0\r\nTrailer: x\r\n\r\n",
             "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\n" + length,
         }) {
      ScriptedServer& server = script([bytes](const auto&) {
        return ScriptedServer::Reply{bytes, ScriptedServer::Then::kClose};
      });
      const auto reply = callAt(server);
      CPPUNIT_ASSERT_MESSAGE(bytes + "\n" + reply.status().toString(), reply.ok());
      CPPUNIT_ASSERT_EQUAL(std::string("x"), reply->status());
    }
  }

  void namesEveryBadReply() {
    using Then = ScriptedServer::Then;
    const auto whole = [](const std::string& body) {
      return ScriptedServer::reply(200, body).bytes;
    };
    for (const std::string& bytes :
         {std::string("nonsense\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
          std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), whole(""),
          whole("{"), whole("[]"), whole(R"({"id":0,"result":{"status":5},"error":null})"),
          whole(R"({"id":0,"result":{},"error":{"a":1}})"), std::string("HTTP/1.1 2")}) {
      ScriptedServer& server = script([bytes](const auto&) {
        return ScriptedServer::Reply{bytes, Then::kClose};
      });
      const Status status = callAt(server).status();
      CPPUNIT_ASSERT_MESSAGE(bytes, !status.ok());
      CPPUNIT_ASSERT_MESSAGE(
          status.toString(),
          status.detail().find("client: call echo Echo.Say at " + server.address() + ": ") == 0 ||
              status.kind() == ErrorKind::kRemote);
    }
  }

  void aPlainErrorTextBecomesCode500() {
    ScriptedServer& server = script([](const auto&) {
      return ScriptedServer::reply(200, R"({"id":0,"result":{},"error":"just words"})");
    });
    const Status status = callAt(server).status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kRemote);
    CPPUNIT_ASSERT_EQUAL(500, status.code());
    CPPUNIT_ASSERT_EQUAL(std::string("just words"), status.detail());
  }

  void nobodyThereIsUnavailable() {
    CallOptions options;
    options.address = "127.0.0.1:" + std::to_string(test::freePorts(1).front());
    const Status status = call("Echo.Say", "x", options).status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL("client: call echo Echo.Say at " + options.address +
                             ": connection refused (attempt 1 of 1)",
                         status.detail());
    options.address = "no port";
    CPPUNIT_ASSERT(call("Echo.Say", "x", options).status().kind() == ErrorKind::kInvalid);
  }

  void anUnknownServiceIsNotFound() {
    const Status status = call("Echo.Say", "x").status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT_EQUAL(std::string("go.micro.client"), status.id());
  }

  // Its last node refuses: so the registry was right.
  void aServiceThatHasStoppedIsNotFound() {
    addEcho();
    start();
    CPPUNIT_ASSERT(call("Echo.Say", "x").ok());
    stop();
    test::turn(*loop_);
    for (int i = 0; i < 3; ++i) {
      const Status status = call("Echo.Say", "x").status();
      CPPUNIT_ASSERT_MESSAGE(status.toString(), status.kind() == ErrorKind::kNotFound);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), view_->stats().lostNodes);
  }

  void aServiceThatTheRegistryForgetsIsCalledOn() {
    addEcho();
    start();
    CPPUNIT_ASSERT(call("Echo.Say", "x").ok());
    const ServiceInfo service = view_->known("echo")->versions.front();
    const Call forgotten = registry_->deregister(service, [](const Status&) {});
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return view_->stats().lostNodes == 1; }));
    CPPUNIT_ASSERT(call("Echo.Say", "x").ok());
  }

  void anotherNodeIsTriedWhenOneIsNotReached() {
    addEcho();
    start();
    announce("dead-1", test::freePorts(1).front());
    announce("dead-2", test::freePorts(1).front());
    for (int i = 0; i < 30; ++i) {
      const auto reply = call("Echo.Say", "x");
      CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    }
  }

  void noNodeReachedSaysHowManyWereTried() {
    const std::vector<int> ports = test::freePorts(4);
    for (const int port : ports) announce("dead-" + std::to_string(port), port);
    const Status status = call("Echo.Say", "x").status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_MESSAGE(status.detail(),
                           status.detail().find("(attempt 3 of 3)") != std::string::npos);
  }

  void aBrokenAttemptIsNotRepeated() {
    ScriptedServer& server = script([](const auto&) {
      return ScriptedServer::Reply{"", ScriptedServer::Then::kClose};
    });
    announce("breaks", server.port());
    CallOptions options;
    options.retries = 5;
    const Status status = call("Echo.Say", "x", options).status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.requests().size());
  }

  void anIdempotentCallIsRepeatedAtAnotherNode() {
    ScriptedServer& server = script([](const auto&) {
      return ScriptedServer::Reply{"", ScriptedServer::Then::kClose};
    });
    addEcho();
    start();
    announce("breaks", server.port());
    ClientOptions generous;
    generous.retryBudget.reserve = 40;  // the selector is random: each call may meet it
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, generous);
    CallOptions options;
    options.retries = 2;
    options.idempotent = CallOptions::Idempotent::kYes;
    for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT(call("Echo.Say", "x", options).ok());
    CPPUNIT_ASSERT(!server.requests().empty());
  }

  void anApplicationErrorIsNeverRepeated() {
    ScriptedServer& server = script([](const auto&) {
      return ScriptedServer::reply(200, R"({"id":0,"result":{},"error":"no"})");
    });
    announce("says-no", server.port());
    CallOptions options;
    options.retries = 5;
    options.contentType = "application/json";
    options.idempotent = CallOptions::Idempotent::kYes;
    CPPUNIT_ASSERT(call("Echo.Say", "x", options).status().kind() == ErrorKind::kRemote);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.requests().size());
  }

  void aCancelledContextEndsTheCall() {
    ScriptedServer& server = script([](const auto&) { return ScriptedServer::Reply{}; });
    Context context;
    CallOptions options;
    options.address = server.address();
    std::optional<Status> end;
    client_->call<Text>(
        context, "echo", "Echo.Say", text("x"),
        [&end](Result<Text> reply) { end = reply.status(); }, options);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server.requests().size() == 1; }));
    context.cancel();
    CPPUNIT_ASSERT_MESSAGE("not within cancel()", !end);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT(end->kind() == ErrorKind::kCancelled);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server.open() == 0; }));
  }

  void anEndedContextStartsNothing() {
    ScriptedServer& server = script([](const auto&) { return ScriptedServer::Reply{}; });
    Context context;
    context.cancel();
    CPPUNIT_ASSERT(callAt(server, context).status().kind() == ErrorKind::kCancelled);
    CPPUNIT_ASSERT_EQUAL(0, server.accepted());
  }

  void nothingRunsWithinTheCall() {
    bool within = true;
    int ends = 0;
    const auto begin = [&](CallOptions options, const Context& context) {
      client_->call<Text>(
          context, "echo", "Echo.Say", text("x"), [&](Result<Text>) { ends += within ? 100 : 1; },
          std::move(options));
    };
    begin({}, Context());  // nobody is called echo
    CallOptions options;
    options.contentType = "text/none";
    begin(options, Context());
    options = {};
    options.address = "bad";
    begin(options, Context());
    Context ended;
    ended.cancel();
    begin({}, ended);
    within = false;
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ends == 4; }));
  }

  void destroyingTheClientIsSilent() {
    ScriptedServer& server = script([](const auto&) { return ScriptedServer::Reply{}; });
    int ends = 0;
    CallOptions options;
    for (const std::string& address : {server.address(), std::string("bad"), std::string()}) {
      options.address = address;
      client_->call<Text>(
          Context(), "echo", "Echo.Say", text("x"), [&ends](Result<Text>) { ++ends; }, options);
    }
    client_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, ends);
  }

  void aCallbackMayDestroyTheClient() {
    addEcho();
    start();
    std::string seen;
    for (const std::string& method : {std::string("Echo.Say"), std::string("Echo.Nope")}) {
      client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, ClientOptions());
      seen.clear();
      for (int i = 0; i < 2; ++i) {
        client_->call<Text>(Context(), "echo", method, text("x"),
                            [this, &seen, kept = std::string(64, 'k')](Result<Text>) {
                              client_.reset();
                              seen += kept;
                            });
      }
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !seen.empty(); }));
      test::turn(*loop_);
      CPPUNIT_ASSERT_EQUAL(std::string(64, 'k'), seen);
    }
  }

  void blockingInsideACallbackIsAnErrorAtOnce() {
    addEcho();
    start();
    std::optional<Status> inner;
    const Call deferred = loop_->defer([this, &inner] { inner = call("Echo.Say", "x").status(); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return inner.has_value(); }));
    CPPUNIT_ASSERT(inner->kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT(call("Echo.Say", "x").ok());
  }

  void anUnknownContentTypeIsNamed() {
    CallOptions options;
    options.contentType = "text/none";
    const Status status = call("Echo.Say", "x", options).status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT(status.detail().find("\"text/none\"") != std::string::npos);
  }

  void wrappersStandAroundTheCall() {
    addEcho();
    start();
    std::vector<std::string> steps;
    for (const char* name : {"a", "b"}) {
      client_->wrap(
          [&steps, name](Context context, const CallInfo& info, CallNext next, CallDone done) {
            steps.push_back(std::string(name) + " in " + std::string(info.service) + " " +
                            std::string(info.method));
            next(std::move(context), [&steps, name, done](Status status) {
              steps.push_back(std::string(name) + " out " + std::to_string(status.code()));
              done(std::move(status));
            });
          });
    }
    CPPUNIT_ASSERT_EQUAL(std::string("x"), call("Echo.Say", "x")->status());
    const std::vector<std::string> expected = {"a in echo Echo.Say", "b in echo Echo.Say",
                                               "b out 0", "a out 0"};
    CPPUNIT_ASSERT(expected == steps);
  }

  void aWrapperThatDropsTheCallEndsIt() {
    client_->wrap([](Context, const CallInfo&, CallNext, CallDone) {});
    CPPUNIT_ASSERT_EQUAL(500, call("Echo.Say", "x").status().code());
  }

  void manyCallsAtOnce() {
    addEcho();
    start();
    constexpr int kCalls = 500;
    int right = 0;
    int ends = 0;
    for (int i = 0; i < kCalls; ++i) {
      const std::string value = std::to_string(i);
      client_->call<Text>(Context(), "echo", "Echo.Say", text(value),
                          [&, value](Result<Text> reply) {
                            ++ends;
                            if (reply.ok() && reply->status() == value) ++right;
                          });
    }
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ends == kCalls; }));
    CPPUNIT_ASSERT_EQUAL(kCalls, right);
  }

 private:
  static ScriptedServer::Reply jsonReply(const std::string& value,
                                         const std::string& headers = {}) {
    return ScriptedServer::reply(
        200, R"({"id":0,"result":{"status":")" + value + R"("},"error":null})", headers);
  }
  /// To a kept connection: with the id of the request.
  static ScriptedServer::Reply echoed(const ScriptedServer::Request& request,
                                      const std::string& value) {
    const std::string id = request.body.substr(request.body.rfind(':') + 1);
    return ScriptedServer::reply(200,
                                 R"({"id":)" + id.substr(0, id.find('}')) +
                                     R"(,"result":{"status":")" + value + R"("},"error":null})",
                                 "Keep-Alive: timeout=120\r\n");
  }
  static std::string chunk(const std::string& part) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    return size + part + "\r\n";
  }

  ScriptedServer& script(ScriptedServer::Script script) {
    scripted_.push_back(std::make_unique<ScriptedServer>(*loop_, std::move(script)));
    return *scripted_.back();
  }

  Result<Text> callAt(const ScriptedServer& server, const Context& context = Context()) {
    CallOptions options;
    options.address = server.address();
    options.contentType = "application/json";
    return call("Echo.Say", "hi", options, context);
  }

  void addEcho() {
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
  }

  std::vector<std::unique_ptr<ScriptedServer>> scripted_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientTest);

}  // namespace evmicro
