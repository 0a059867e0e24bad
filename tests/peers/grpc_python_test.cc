// Python's grpcio, whose core is gRPC's own in C, calls the examples on the ports on which they
// answer go-micro's calls.
#include <memory>
#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "peers/peer_program.h"
#include "server/rpc_fixture.h"
#include "support/agent_process.h"
#include "support/reported.h"

namespace evmicro {

class GrpcPythonTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GrpcPythonTest);
  CPPUNIT_TEST(calls);
  CPPUNIT_TEST(streams);
  CPPUNIT_TEST(theSamePortAnswersHttp);
  CPPUNIT_TEST(aServerIsCalled);
  CPPUNIT_TEST(itMayBeOff);
  CPPUNIT_TEST(theExamplesClientCallsByGrpc);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    python_ = test::grpcPython();
    agent_ = std::make_unique<test::AgentProcess>();
  }
  void tearDown() override { agent_.reset(); }

  void calls() {
    const test::ServiceProcess greeter("greeter", agent_->address());
    const std::string hello = R"(OK b'\x12\nHello John')";
    CPPUNIT_ASSERT_EQUAL("/Greeter/Hello " + hello + "\n/some.package.Greeter/Hello " + hello +
                             "\n"
                             "/Greeter/Nothing UNIMPLEMENTED: rpc: can't find method "
                             "Greeter.Nothing\n"
                             "/No/Hello UNIMPLEMENTED: rpc: can't find service No.Hello\n"
                             "b'\\x12\\nHello John' OK\n"
                             "INVALID_ARGUMENT: proto-rpc: the payload (2 bytes) is not a valid "
                             "HelloRequest\n"
                             "RESOURCE_EXHAUSTED\n"
                             "5000011\n5000011\n1000\n",
                         peer("unary", greeter.address()));
  }

  void streams() {
    const test::ServiceProcess example("example_server", agent_->address());
    CPPUNIT_ASSERT_EQUAL(std::string("5000 True\n"
                                     "[b'', b'\\x08\\x01', b'\\x08\\x02', b'\\x08\\x03']\n"
                                     "[]\n"
                                     "b''\n"
                                     "CANCELLED\n"
                                     "DEADLINE_EXCEEDED\n"
                                     "b'Hello John'\n"),
                         peer("streams", example.address()));
  }

  void theSamePortAnswersHttp() {
    const test::ServiceProcess greeter("greeter", agent_->address());
    CPPUNIT_ASSERT(!peer("unary", greeter.address()).empty());
    const auto client = test::runClient("greeter", agent_->address());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(client.err, std::string("Hello John\n"), client.out);
  }

  void itMayBeOff() {
    const test::ServiceProcess greeter("greeter", agent_->address(),
                                       std::vector<std::string>{"--server_grpc=off"});
    const auto end =
        test::run({python_, TEST_SOURCE_DIR "/peers/grpc_peer.py", "once", greeter.address()});
    CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find("UNAVAILABLE") == 0);
    const auto client = test::runClient("greeter", agent_->address());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(client.err, std::string("Hello John\n"), client.out);
  }

  void theExamplesClientCallsByGrpc() {
    const std::vector<std::string> byGrpc = {"--client_transport=grpc"};
    for (const bool on : {true, false}) {
      const test::ServiceProcess greeter(
          "greeter", agent_->address(),
          std::vector<std::string>{std::string("--server_grpc=") + (on ? "on" : "off")});
      const auto client = test::runClient("greeter", agent_->address(), byGrpc);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(client.err, on ? 0 : 1, client.code);
    }
  }

  // By our client.
  void aServerIsCalled() {
    test::Process server({python_, TEST_SOURCE_DIR "/peers/grpc_peer.py", "serve", "x"});
    const auto address = server.printsLine("Listening on ");
    ASSERT_REPORTED(server.report(), address.has_value());
    EventLoop loop;
    const auto transport = makeHttpTransport(loop);
    const auto registry = makeMemoryRegistry(loop);
    ServiceView view(loop, *registry);
    const auto selector = makeRandomSelector(view);
    ClientOptions options;
    options.contentType = "application/grpc";
    Client client(loop, *transport, *selector, options);
    CallOptions there;
    there.address = *address;
    const auto call = [&](const std::string& method, const std::string& name) {
      return client.call<test::Text>(Context(), "greeter", method, test::text(name), there);
    };
    const auto reply = call("some.package.Greeter.Hello", "John");
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("John"), reply->status());
    const auto large = call("Greeter.Large", "x");
    CPPUNIT_ASSERT_MESSAGE(large.status().toString(), large.ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3'000'000}, large->status().size());
    const auto failed = call("Greeter.Fail", "x");
    CPPUNIT_ASSERT_EQUAL(412, failed.status().code());
    CPPUNIT_ASSERT_EQUAL(std::string("\t\ntest \xe2\x98\xba 100%"), failed.status().detail());
    CPPUNIT_ASSERT_EQUAL(501, call("Greeter.Nothing", "x").status().code());
    auto chat = client.stream<test::Text, test::Text>(Context(), "greeter", "Greeter.Chat", there);
    std::string got;
    std::optional<Status> end;
    chat.onMessage([&](const test::Text& message) { got += message.status(); });
    chat.onEnd([&](Status status) { end = std::move(status); });
    for (const char* word : {"a", "b", "c"}) chat.send(test::text(word));
    chat.finishSending();
    CPPUNIT_ASSERT(test::runUntil(loop, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), got);
  }

 private:
  std::string peer(const std::string& name, const std::string& address) {
    const auto end = test::run({python_, TEST_SOURCE_DIR "/peers/grpc_peer.py", name, address});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out + end.err, 0, end.code);
    return end.out;
  }

  std::string python_;
  std::unique_ptr<test::AgentProcess> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GrpcPythonTest);

}  // namespace evmicro
