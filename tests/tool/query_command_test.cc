// `evmicro query` as a process.
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/server.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/consul_server.h"
#include "support/ports.h"
#include "support/turn_until.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;
using Words = std::vector<std::string>;

namespace {

void assertPrints(const std::string& out, const Finished& end) {
  CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
  CPPUNIT_ASSERT_EQUAL(out, end.out);
  CPPUNIT_ASSERT_EQUAL(std::string(), end.err);
}

void assertFails(int code, const std::string& err, const Finished& end) {
  CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, code, end.code);
  CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
  CPPUNIT_ASSERT_EQUAL(err, end.err);
}

}  // namespace

/// Against services that a registry knows.
template <typename RegistryProcess>
class QueryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(QueryTest);
  CPPUNIT_TEST(callsWithoutGeneratedCode);
  CPPUNIT_TEST(tellsWhatTheHandlerAnswered);
  CPPUNIT_TEST(unknownServiceFails);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { registry_ = std::make_unique<RegistryProcess>(); }
  void tearDown() override { registry_.reset(); }

  void callsWithoutGeneratedCode() {
    test::ServiceProcess greeter("greeter", registry_->address());
    assertPrints("{\n\t\"greeting\": \"Hello John\"\n}\n",
                 query({"greeter", "Greeter.Hello", R"({"name": "John"})"}));
    assertPrints("{\n\t\"greeting\": \"Hello \"\n}\n", query({"greeter", "Greeter.Hello"}));
    assertPrints("{\n\t\"status\": \"ok\"\n}\n", query({"greeter", "Debug.Health", "{}"}));
  }

  void tellsWhatTheHandlerAnswered() {
    test::ServiceProcess greeter("greeter", registry_->address());
    assertFails(1,
                "evmicro: call greeter Greeter.Nope: rpc: can't find method Greeter.Nope "
                "(404 Not Found)\n",
                query({"greeter", "Greeter.Nope"}));
  }

  void unknownServiceFails() {
    assertFails(1,
                "evmicro: client: call nope A.B: registry: consul " + registry_->address() +
                    ": service \"nope\" not found: no healthy node registered\n",
                query({"nope", "A.B"}));
  }

 private:
  Finished query(Words words) {
    words.insert(words.begin(), "query");
    return test::evmicro(registry_->address(), words);
  }

  std::unique_ptr<RegistryProcess> registry_;
};
using QueryWithAgentTest = QueryTest<test::AgentProcess>;
using QueryWithConsulTest = QueryTest<test::ConsulServer>;
CPPUNIT_TEST_SUITE_REGISTRATION(QueryWithAgentTest);
CPPUNIT_TEST_SUITE_REGISTRATION(QueryWithConsulTest);

/// Against a server of the test's own, called by its address.
class QueryAddressTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(QueryAddressTest);
  CPPUNIT_TEST(keepsOrderAndTextsOfNumbers);
  CPPUNIT_TEST(showsNothingThatWouldMoveTheCursor);
  CPPUNIT_TEST(errorsAreSafeToShow);
  CPPUNIT_TEST(sendsMetadata);
  CPPUNIT_TEST(readsTheRequestFromStdin);
  CPPUNIT_TEST(whatIsNoJsonIsWrongUsage);
  CPPUNIT_TEST(whatIsNoHeaderIsWrongUsage);
  CPPUNIT_TEST(unreachableNodeFails);
  CPPUNIT_TEST(brokenStdoutFails);
  CPPUNIT_TEST(timeOutsAreObserved);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    transport_ = makeHttpTransport(*loop_);
    registry_ = makeMemoryRegistry(*loop_);
    ServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<Server>(*loop_, *transport_, *registry_, options);
    server_->handle<JsonDocument, JsonDocument>(
        "Test.Echo", [](Context&, const JsonDocument& request, JsonDocument& reply) -> Status {
          reply = request;
          return {};
        });
    server_->handle<JsonDocument, JsonDocument>(
        "Test.Metadata", [](Context& context, const JsonDocument&, JsonDocument& reply) -> Status {
          const auto value = context.metadata().get("X-User").value_or("none");
          const auto other = context.metadata().get("X-Other").value_or("none");
          reply.text = "[\"" + std::string(value) + "\",\"" + std::string(other) + "\"]";
          return {};
        });
    server_->handle<JsonDocument, JsonDocument>(
        "Test.Fail", [](Context&, const JsonDocument&, JsonDocument&) -> Status {
          return Status::error(409, "test", "bad\x1B[31m\nthing");
        });
    server_->handle<JsonDocument, JsonDocument>(
        "Test.Silent", [this](Context, JsonDocument, Reply<JsonDocument> reply) {
          silent_ = std::make_unique<Reply<JsonDocument>>(std::move(reply));
        });
    server_->start([](Status) {});
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return !server_->address().empty(); }));
  }

  void tearDown() override {
    silent_.reset();
    server_.reset();
    registry_.reset();
    transport_.reset();
    loop_.reset();
  }

  void keepsOrderAndTextsOfNumbers() {
    assertPrints(
        "{\n\t\"z\": 18446744073709551615,\n\t\"a\": 1e400,\n\t\"m\": -0,\n\t\"b\": 1.50\n}\n",
        query({"Test.Echo", R"({"z":18446744073709551615,"a":1e400,"m":-0,"b":1.50})"}));
  }

  void showsNothingThatWouldMoveTheCursor() {
    assertPrints("{\n\t\"\\u009b\": \"\\u001b[2J\\u202e\"\n}\n",
                 query({"Test.Echo", "{\"\xC2\x9B\":\"\\u001b[2J\xE2\x80\xAE\"}"}));
  }

  void errorsAreSafeToShow() {
    assertFails(1, "evmicro: call test Test.Fail: bad\\x1b[31m\\nthing (409 Conflict, test)\n",
                query({"Test.Fail"}));
  }

  void sendsMetadata() {
    assertPrints("[\n\t\"john\",\n\t\"a: b\"\n]\n",
                 query({"Test.Metadata", "-H", "X-User: john", "--header=x-other:a: b"}));
  }

  void readsTheRequestFromStdin() {
    test::ProcessOptions options;
    options.input = "{\"a\":\n1}\n";
    assertPrints("{\n\t\"a\": 1\n}\n", query({"Test.Echo", "-"}, options));
    assertFails(2, "evmicro: the request: expected exactly one JSON value, got 0\n",
                query({"Test.Echo", "-"}));
  }

  void whatIsNoJsonIsWrongUsage() {
    assertFails(2,
                "evmicro: the request: not valid JSON: unexpected 'n' at byte 1: expected a key in "
                "quotes\n",
                query({"Test.Echo", "{name}"}));
    assertFails(2, "evmicro: the request: expected exactly one JSON value, got 2\n",
                query({"Test.Echo", "{} {}"}));
  }

  void whatIsNoHeaderIsWrongUsage() {
    for (const std::string header : {"nothing", ": x", "a b: c", "a: b\nc: d"}) {
      const Finished end = query({"Test.Echo", "-H", header});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 2, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("header") != std::string::npos);
    }
  }

  void unreachableNodeFails() {
    const std::string nowhere = test::freeAddress();
    assertFails(1,
                "evmicro: client: call test Test.Echo at " + nowhere +
                    ": connection refused (attempt 1 of 1)\n",
                test::evmicro("", {"query", "test", "Test.Echo", "--address", nowhere}));
  }

  void brokenStdoutFails() {
    test::ProcessOptions options;
    options.out = test::ProcessOptions::Stdout::kBroken;
    assertFails(1, "evmicro: cannot write to stdout: Broken pipe\n", query({"Test.Echo"}, options));
  }

  void timeOutsAreObserved() {
    const Finished end = query({"Test.Silent", "--client_request_timeout", "50ms"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
    // Who sees it first: the server gets to know the deadline, too.
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("no answer in time") != std::string::npos ||
                                        end.err.find("deadline has passed") != std::string::npos);
  }

 private:
  Finished query(Words words, test::ProcessOptions options = {}) {
    words.insert(words.begin(), {"query", "--address", server_->address(), "test"});
    return test::evmicroWith(*loop_, "", words, std::move(options));
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Reply<JsonDocument>> silent_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(QueryAddressTest);

}  // namespace evmicro
