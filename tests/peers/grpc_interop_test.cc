// gRPC's interoperability cases between evmicro and gRPC C++, in both roles, and load from its
// client. The table of the cases is in the output.
#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>
#include <sstream>

#include <unistd.h>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/conformance/skip.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>
#include <evmicro/timer.h>

#include "http/raw_peer.h"
#include "peers/interop/cases.h"
#include "peers/interop/service.h"
#include "support/agent_process.h"
#include "support/meanwhile.h"
#include "support/process.h"
#include "support/reported.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;
using test::Process;
using Table = std::vector<std::pair<std::string, std::string>>;
using Words = std::vector<std::string>;

class GrpcInteropTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GrpcInteropTest);
  CPPUNIT_TEST(ourClientAgainstTheirServer);
  CPPUNIT_TEST(theirClientAgainstOurServer);
  CPPUNIT_TEST(ourClientAgainstOurServer);
  CPPUNIT_TEST(theToolCallsTheirServer);
  CPPUNIT_TEST(theToolAsksForTheirServersHealth);
  CPPUNIT_TEST(tenThousandCalls);
  CPPUNIT_TEST(aLongStreamTakesNoMemory);
  CPPUNIT_TEST(aRollingRestartLosesNoCall);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    transport_ = makeHttpTransport(*loop_);
    registry_ = makeMemoryRegistry(*loop_);
    view_ = std::make_unique<ServiceView>(*loop_, *registry_);
    selector_ = makeRandomSelector(*view_);
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_);
  }
  void tearDown() override {
    servers_.clear();
    client_.reset();
    selector_.reset();
    view_.reset();
    registry_.reset();
    transport_.reset();
    loop_.reset();
  }

  void ourClientAgainstTheirServer() {
    Process server({peer(), "serve"});
    const auto address = server.printsLine("Listening on ");
    ASSERT_REPORTED(server.report(), address.has_value());
    expectGood("evmicro -> gRPC C++", test::runInteropCases(*loop_, *client_, *address));
  }

  void theirClientAgainstOurServer() {
    const Finished end = meanwhile({peer(), "cases", serve()});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    Table table;
    std::istringstream lines(end.out);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t blank = line.find(' ');
      const std::string outcome = line.substr(std::min(blank, line.size()) + 1);
      table.emplace_back(line.substr(0, blank), outcome == "ok" ? "" : outcome);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{17}, table.size());
    expectGood("gRPC C++ -> evmicro", table);
  }

  void ourClientAgainstOurServer() {
    expectGood("evmicro -> evmicro", test::runInteropCases(*loop_, *client_, serve()));
  }

  // Knowing nothing of it.
  void theToolCallsTheirServer() {
    Process server({peer(), "serve"});
    const auto address = server.printsLine("Listening on ");
    ASSERT_REPORTED(server.report(), address.has_value());
    const Finished list = test::evmicro("", {"list", "services", "--address", *address});
    CPPUNIT_ASSERT_MESSAGE(list.out + list.err,
                           list.out.find("\ngrpc.testing.TestService\n") != std::string::npos);
    const Finished call =
        test::evmicro("", {"query", "--grpc", "--address", *address, "grpc.testing.TestService",
                           "UnaryCall", R"({"responseSize": 3, "payload": {"body": "AAAA"}})"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        call.err, std::string("{\n\t\"payload\": {\n\t\t\"body\": \"AAAA\"\n\t}\n}\n"), call.out);
    const Finished stream = test::evmicro(
        "", {"stream", "--grpc", "--address", *address, "x", "TestService.StreamingOutputCall",
             R"({"responseParameters": [{"size": 1}, {"size": 2}]})"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        stream.err,
        std::string("{\n\t\"payload\": {\n\t\t\"body\": \"AA==\"\n\t}\n}\n"
                    "{\n\t\"payload\": {\n\t\t\"body\": \"AAA=\"\n\t}\n}\n"),
        stream.out);
  }

  // It refuses HTTP/1.1: by its address alone, and as a node that says what it speaks.
  void theToolAsksForTheirServersHealth() {
    Process server({peer(), "serve"});
    const auto address = server.printsLine("Listening on ");
    ASSERT_REPORTED(server.report(), address.has_value());
    const Finished health = test::evmicro("", {"health", "x", "--address", *address});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(health.err, 0, health.code);
    const std::string cells = "\t\t" + *address + "\t\t";
    ends(cells + "ok\n", health);
    const std::string none = cells + "a gRPC node: it has no statistics of evmicro\n";
    const Finished stats = test::evmicro("", {"stats", "x", "--address", *address});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(stats.err, 1, stats.code);
    ends(none, stats);

    test::AgentProcess agent;
    const std::string node =
        R"({"name":"interop","version":"1","nodes":[{"id":"i-1","address":"127.0.0.1","port":)" +
        address->substr(address->rfind(':') + 1) + R"(,"metadata":{"protocol":"grpc"}}]})";
    const Finished added = test::evmicro(agent.address(), {"register", "service", node});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(added.err, 0, added.code);
    ends(cells + "ok\n", test::evmicro(agent.address(), {"health", "interop"}));
    ends(none, test::evmicro(agent.address(), {"stats", "interop"}));
    for (const char* const transport : {"grpc", "auto"}) {
      ends(cells + "ok\n", test::evmicro("", {"health", "x", "--address", *address,
                                              "--client_transport", transport}));
    }
  }

  void tenThousandCalls() {
    const Finished end = meanwhile({peer(), "calls", serve(), "10000"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, std::string("10000\n"), end.out);
  }

  // What it holds does not grow with what it has sent. (Sanitizers keep what has been freed.)
  void aLongStreamTakesNoMemory() {
    const std::string address = serve();
    std::size_t most = 0;
    Timer look(*loop_, [&] {
      most = std::max(most, servers_[0]->stats().listener.heldBytes);
      look.start(std::chrono::milliseconds(1));
    });
    look.start(std::chrono::milliseconds(1));
    const Finished end = meanwhile({peer(), "stream", address, "50000"});  // 5 MB
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, std::string("50000\n"), end.out);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(most), most < (3U << 20));
  }

  // Two servers stop and start again in turn, while both kinds of callers go on.
  void aRollingRestartLosesNoCall() {
    const std::string first = serve();
    const std::string second = serve();
    test::Meanwhile meanwhile(*loop_);
    std::unique_ptr<Process> theirs;
    meanwhile.run([&] {
      theirs = std::make_unique<Process>(Words{peer(), "watch", first + "," + second});
      ASSERT_REPORTED(theirs->report(), theirs->printsLine("Calling").has_value());
    });
    callOn();
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < 2; ++i) restart(i, i == 0 ? first : second);
    }
    const int before = ours_;
    CPPUNIT_ASSERT(test::runUntil(*loop_, [&] { return ours_ > before + 20; }));
    calling_ = false;
    meanwhile.run([&] {
      theirs->signal(SIGTERM);
      theirs->wait();
    });
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_);
    ASSERT_REPORTED(theirs->report(), theirs->out().find(", 0 bad\n") != std::string::npos);
    CPPUNIT_ASSERT(test::runUntil(*loop_, [&] { return !inFlight_; }));
  }

 private:
  static std::string peer() {
    const std::string path = TEST_BUILD_DIR "/tests/peers/interop/grpc_peer";
    if (::access(path.c_str(), X_OK) != 0) {
      test::skip("no gRPC C++: apt-get install libgrpc++-dev protobuf-compiler-grpc");
    }
    return path;
  }

  // The address of another server of the cases.
  std::string serve(const std::string& address = "127.0.0.1:0") {
    ServerOptions options;
    options.name = "interop";
    options.address = address;
    options.grace = std::chrono::milliseconds(100);
    servers_.push_back(std::make_unique<Server>(*loop_, *transport_, *registry_, options));
    Server& server = *servers_.back();
    grpc::testing::registerTestServiceHandler(server, service_);
    bool started = false;
    server.start([&started](const Status& status) { started = status.ok(); });
    CPPUNIT_ASSERT(test::runUntil(*loop_, [&] { return started; }));
    return server.address();
  }

  static void ends(const std::string& text, const Finished& end) {
    const std::size_t size = std::min(text.size(), end.out.size());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, text, end.out.substr(end.out.size() - size));
  }

  void restart(std::size_t index, const std::string& address) {
    bool stopped = false;
    servers_[index]->stop([&stopped](const Status&) { stopped = true; });
    CPPUNIT_ASSERT(test::runUntil(*loop_, [&] { return stopped; }));
    serve(address);
    servers_[index] = std::move(servers_.back());
    servers_.pop_back();
    const int before = ours_;
    CPPUNIT_ASSERT(test::runUntil(*loop_, [&] { return ours_ > before + 20; }));
  }

  void callOn() {
    CallOptions options;
    options.protocol = CallProtocol::kGrpc;
    inFlight_ = true;
    client_->call<grpc::testing::Empty>(
        Context(), "interop", "grpc.testing.TestService.EmptyCall", grpc::testing::Empty(),
        [this](const Result<grpc::testing::Empty>& reply) {
          ++ours_;
          inFlight_ = false;
          if (!reply.ok() && problem_.empty()) problem_ = reply.status().toString();
          if (calling_) callOn();
        },
        options);
  }

  Finished meanwhile(const Words& command) {
    test::Meanwhile meanwhile(*loop_);
    Finished end{};
    meanwhile.run([&] { end = test::run(command); });
    return end;
  }

  static void expectGood(const std::string& who, const Table& table) {
    std::string failed;
    for (const auto& [name, problem] : table) {
      std::cout << who << ": " << name << ' ' << (problem.empty() ? "ok" : problem) << '\n';
      if (!problem.empty()) failed += name + ": " + problem + '\n';
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), failed);
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<ServiceView> view_;
  std::unique_ptr<Selector> selector_;
  std::unique_ptr<Client> client_;
  test::InteropService service_;
  std::vector<std::unique_ptr<Server>> servers_;
  int ours_ = 0;
  bool calling_ = true;
  bool inFlight_ = false;
  std::string problem_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GrpcInteropTest);

}  // namespace evmicro
