// `evmicro query`, `stream`, `list services`, `health` and `stats` by gRPC, against servers that
// only describe themselves.
#include <functional>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/server.h>

#include "server/debug.pb.h"
#include "server/grpc_health.pb.h"
#include "support/agent_process.h"
#include "support/listening_socket.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using detail::StatsResponse;
using test::Finished;
using Text = detail::HealthResponse;
using TextStream = ServerStream<Text, Text>;
using Words = std::vector<std::string>;

class GrpcCommandsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GrpcCommandsTest);
  CPPUNIT_TEST(servicesAreListed);
  CPPUNIT_TEST(callsHaveProtobufsJson);
  CPPUNIT_TEST(methodsAreFoundByShortNames);
  CPPUNIT_TEST(whatTheServerDoesNotHaveIsNamed);
  CPPUNIT_TEST(ambiguousNamesAreRefused);
  CPPUNIT_TEST(jsonThatDoesNotFitIsRefused);
  CPPUNIT_TEST(errorsOfTheHandlerAreShown);
  CPPUNIT_TEST(kindsAreNotMistaken);
  CPPUNIT_TEST(streamsGoBothWays);
  CPPUNIT_TEST(serversWithoutReflectionAreNamed);
  CPPUNIT_TEST(nobodyThereFails);
  CPPUNIT_TEST(grpcNodesAreAskedForTheirHealth);
  CPPUNIT_TEST(grpcNodesHaveNoStatistics);
  CPPUNIT_TEST(nodesThatBreakOffAreNoGrpcNodes);
  CPPUNIT_TEST(nodesWithoutHealthChecksAreNamed);
  CPPUNIT_TEST(grpcNodesThatAreGoneAreNamed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    transport_ = makeHttpTransport(*loop_);
    registry_ = makeMemoryRegistry(*loop_);
    serve({});
  }
  void tearDown() override {
    setUp_ = nullptr;
    agent_.reset();
    server_.reset();
    registry_.reset();
    transport_.reset();
    loop_.reset();
  }

  void servicesAreListed() {
    const std::string all =
        "a.Other\ngrpc.health.v1.Health\ngrpc.reflection.v1.ServerReflection\n"
        "grpc.reflection.v1alpha.ServerReflection\nsome.Echo\n";
    prints(all, run({"list", "services", "--address", server_->address()}));
    const Finished json = run({"list", "services", "--json", "--address", server_->address()});
    CPPUNIT_ASSERT_MESSAGE(json.out, json.out.find("\"some.Echo\"") != std::string::npos);
  }

  void callsHaveProtobufsJson() {
    prints("{\n\t\"status\": \"Hello John\"\n}\n",
           query("some.Echo.Call", R"({"status": "John"})"));
    // 64-bit integers are strings there.
    prints("{\n\t\"started\": \"9007199254740993\"\n}\n", query("some.Echo.Stats", "{}"));
    prints("{\n\t\"status\": \"Hello \"\n}\n", query("some.Echo/Call", "{}"));
  }

  void methodsAreFoundByShortNames() {
    const std::string reply = "{\n\t\"status\": \"Hello \"\n}\n";
    prints(reply, query("Echo.Call", "{}"));
    prints(reply, run({"query", "--grpc", "--address", server_->address(), "some.Echo", "Call"}));
    prints(reply, run({"query", "--grpc", "--address", server_->address(), "Echo", "Call"}));
  }

  void whatTheServerDoesNotHaveIsNamed() {
    fails("some.Echo has no method Nope", query("some.Echo.Nope", "{}"));
    fails("the server has no service some.Nope", query("some.Nope.Call", "{}"));
    fails("not of the form", query("some.Echo.", "{}"));
  }

  void ambiguousNamesAreRefused() {
    fails(
        "several services ServerReflection: give one with its package, such as grpc.reflection.v1.",
        query("ServerReflection.ServerReflectionInfo", "{}"));
  }

  void jsonThatDoesNotFitIsRefused() {
    fails("the request is not a evmicro.detail.HealthResponse",
          query("some.Echo.Call", R"({"nothing": 1})"));
    fails("the request is not a", query("some.Echo.Call", R"({"status": 1})"));
  }

  void errorsOfTheHandlerAreShown() { fails("no such thing", query("some.Echo.Fail", "{}")); }

  void kindsAreNotMistaken() {
    fails("a streaming method: use evmicro stream", query("some.Echo.Chat", "{}"));
    fails("not a streaming method: use evmicro query", stream("some.Echo.Call", "{}"));
  }

  void streamsGoBothWays() {
    prints("{\n\t\"status\": \"a\"\n}\n{\n\t\"status\": \"b\"\n}\n",
           stream("some.Echo.Chat", R"({"status":"a"} {"status":"b"})"));
  }

  void serversWithoutReflectionAreNamed() {
    server_.reset();
    ServerOptions options;
    options.grpcReflection = false;
    serve(options);
    fails("has no reflection", query("some.Echo.Call", "{}"));
    fails("has no reflection", run({"list", "services", "--address", server_->address()}));
  }

  void nobodyThereFails() {
    fails("connection refused", run({"list", "services", "--address", "127.0.0.1:1"}));
    fails("connection refused",
          run({"query", "--grpc", "--address", "127.0.0.1:1", "x", "some.Echo.Call"}));
  }

  // By the registry's metadata: this server would answer HTTP/1.1, too.
  void grpcNodesAreAskedForTheirHealth() {
    const std::pair<int, const char*> cases[] = {
        {0, "UNKNOWN"}, {1, "ok"}, {2, "NOT_SERVING"}, {3, "SERVICE_UNKNOWN"}, {17, "17"}};
    serveHealth();
    announce();
    for (const auto& [status, text] : cases) {
      health_ = status;
      const Finished end = run({"health", "peer"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out, std::string(text) == "ok" ? 0 : 1, end.code);
      shows(text, end);
    }
    health_ = -1;
    shows("out of order", run({"health", "peer"}));
    health_ = -2;
    shows("the health check failed with code 418", run({"health", "peer"}));
  }

  void grpcNodesHaveNoStatistics() {
    announce();
    const Finished end = run({"stats", "peer"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out, 1, end.code);
    shows("a gRPC node: it has no statistics of evmicro", end);
    const Finished json = run({"stats", "--json", "peer"});
    const std::string member = "\"error\": \"a gRPC node: it has no statistics of evmicro\"";
    CPPUNIT_ASSERT_MESSAGE(json.out, json.out.find(member) != std::string::npos);
  }

  // This one gives its health by HTTP/1.1 and by gRPC.
  void nodesThatBreakOffAreNoGrpcNodes() {
    // A caller between two servers is not turned away, which would look like one that speaks gRPC.
    const test::ListeningSocket socket;
    serveUntilStats(socket.inherited());
    const std::string address = socket.address();
    for (const Words& flags : {Words(), Words{"--json"}}) {
      Words words = {"stats", "peer", "--address", address};
      words.insert(words.end(), flags.begin(), flags.end());
      const Finished end = run(words);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find("closed") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find("gRPC") == std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(0, run({"health", "peer", "--address", address}).code);
    server_.reset();
  }

  void nodesWithoutHealthChecksAreNamed() {
    server_.reset();
    ServerOptions options;
    options.grpcHealth = false;
    serve(options);
    announce();
    const Finished end = run({"health", "peer"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out, 1, end.code);
    shows("a gRPC node without health checks (grpc.health.v1.Health)", end);
    shows("a gRPC node: it has no statistics of evmicro", run({"stats", "peer"}));
  }

  void grpcNodesThatAreGoneAreNamed() {
    announce();
    const std::string where = "at " + server_->address() + ": connection refused";
    server_.reset();
    for (const char* const command : {"health", "stats"}) {
      const Finished end = run({command, "peer"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find(where) != std::string::npos);
    }
  }

 private:
  // With a health service of its own, which answers `health_`.
  void serveHealth() {
    server_.reset();
    ServerOptions options;
    options.grpcHealth = false;
    setUp_ = [this] {
      using Request = detail::grpc_health::HealthCheckRequest;
      using Response = detail::grpc_health::HealthCheckResponse;
      server_->handle<Request, Response>(
          "grpc.health.v1.Health.Check", [this](Context&, const Request&, Response& response) {
            if (health_ == -1) return Status::error(500, "peer", "out of order");
            if (health_ == -2) return Status::error(418, "peer", "");
            response.set_status(static_cast<Response::ServingStatus>(health_));
            return Status();
          });
    };
    serve(options);
  }

  // A server that ends when it is asked for its statistics, and is replaced by another.
  void serveUntilStats(const std::string& address) {
    ServerOptions options;
    options.address = address;
    server_ = std::make_unique<Server>(*loop_, *transport_, *registry_, options);
    server_->wrap([this, address](Context context, const CallInfo& call, const CallNext& next,
                                  CallDone done) {
      if (call.method != "Debug.Stats") return next(std::move(context), std::move(done));
      const std::string again = address;
      const auto self = this;
      server_.reset();  // destroys this function
      self->serveUntilStats(again);
    });
    static_cast<void>(server_->start(nullptr));
  }

  // The server as the node of "peer" that speaks only gRPC.
  void announce() {
    agent_ = std::make_unique<test::AgentProcess>();
    const std::string address = server_->address();
    const std::string node =
        R"({"name":"peer","version":"latest","nodes":[{"id":"peer-1","address":"127.0.0.1","port":)" +
        address.substr(address.rfind(':') + 1) + R"(,"metadata":{"protocol":"grpc"}}]})";
    const Finished end = run({"register", "service", node});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
  }

  void shows(const std::string& cell, const Finished& end) {
    const std::string line = "\npeer-1\t\t" + server_->address() + "\t\t" + cell + "\n";
    CPPUNIT_ASSERT_MESSAGE(end.out + end.err, end.out.find(line) != std::string::npos);
  }

  void serve(ServerOptions options) {
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<Server>(*loop_, *transport_, *registry_, options);
    for (const char* name : {"some.Echo.Call", "a.Other.Call"}) {
      server_->handle<Text, Text>(name, [](Context&, const Text& request, Text& reply) {
        reply.set_status("Hello " + request.status());
        return Status();
      });
    }
    server_->handle<Text, Text>("some.Echo.Fail", [](Context&, const Text&, Text&) {
      return Status::error(404, "echo", "no such thing");
    });
    server_->handle<Text, StatsResponse>("some.Echo.Stats",
                                         [](Context&, const Text&, StatsResponse& reply) {
                                           reply.set_started(9'007'199'254'740'993);
                                           return Status();
                                         });
    server_->handleStream<Text, Text>("some.Echo.Chat", [](const Context&, TextStream stream) {
      stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
      stream.onEnd([stream](const Status&) mutable { stream.finish(); });
    });
    if (setUp_) setUp_();
    bool started = false;
    server_->start([&started](const Status& status) { started = status.ok(); });
    CPPUNIT_ASSERT(loop_->runUntil([&started] { return started; }).ok());
  }

  Finished run(const Words& words) {
    return test::evmicroWith(*loop_, agent_ ? agent_->address() : "", words);
  }
  Finished query(const std::string& method, const std::string& json) {
    return run({"query", "--grpc", "--address", server_->address(), "x", method, json});
  }
  Finished stream(const std::string& method, const std::string& json) {
    return run({"stream", "--grpc", "--address", server_->address(), "x", method, json});
  }

  static void prints(const std::string& out, const Finished& end) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(out, end.out);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.err);
  }
  static void fails(const std::string& part, const Finished& end) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(part) != std::string::npos);
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<test::AgentProcess> agent_;
  std::function<void()> setUp_;  // adds handlers before the server starts
  int health_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GrpcCommandsTest);

}  // namespace evmicro
