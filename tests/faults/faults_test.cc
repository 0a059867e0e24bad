// System calls fail, in a server and in a process that calls others: each error that the manual
// names for each function. It lives on, does not spin, answers or explains, and recovers.
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <netdb.h>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_client.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service_view.h>

#include "faults/faulty_process.h"
#include "integration/greeter_process.h"
#include "server/debug.pb.h"
#include "support/agent_process.h"
#include "support/reported.h"
#include "support/turn_until.h"

namespace evmicro::faults {

using namespace std::chrono_literals;

namespace {

struct Fault {
  std::string_view function;
  std::vector<int> errors;
};

// Everything in accept(2), connect(2), ... that can happen to a correct program, and the errors of
// wrong arguments (EBADF, EFAULT), which must not be worse.
const std::vector<Fault> kFaults = {
    // Not EBADF, EFAULT, EINVAL and ENOTSOCK: the socket is broken then, and the listener closes.
    {"accept4",
     {EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, EOPNOTSUPP, EPERM, EPROTO,
      ENETDOWN, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT}},
    {"recv",
     {EAGAIN, EBADF, ECONNREFUSED, ECONNRESET, EFAULT, EINTR, EINVAL, ENOMEM, ENOTCONN, ENOTSOCK,
      ETIMEDOUT, EHOSTUNREACH}},
    {"send",
     {EACCES, EAGAIN, EALREADY, EBADF, ECONNRESET, EDESTADDRREQ, EFAULT, EINTR, EINVAL, EISCONN,
      EMSGSIZE, ENOBUFS, ENOMEM, ENOTCONN, ENOTSOCK, EOPNOTSUPP, EPIPE}},
    {"epoll_wait", {EINTR}},
    {"connect",
     {EACCES, EPERM, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EALREADY, EBADF, ECONNREFUSED,
      EFAULT, EINTR, EISCONN, ENETUNREACH, ENOTSOCK, EPROTOTYPE, ETIMEDOUT}},
    // Its errors are of their own. Addresses in digits are all that it is asked for.
    {"getaddrinfo",
     {EAI_ADDRFAMILY, EAI_AGAIN, EAI_BADFLAGS, EAI_FAIL, EAI_FAMILY, EAI_MEMORY, EAI_NODATA,
      EAI_NONAME, EAI_SERVICE, EAI_SOCKTYPE, EAI_SYSTEM}},
    {"socket", {EACCES, EAFNOSUPPORT, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTONOSUPPORT}},
    {"epoll_ctl", {EBADF, EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM}},
};

}  // namespace

class FaultsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FaultsTest);
  CPPUNIT_TEST(aServerSurvives);
  CPPUNIT_TEST(aCallerSurvives);
  CPPUNIT_TEST(connectionsThatAreNotWatchedEndAtOnce);
  CPPUNIT_TEST(anInboxSurvivesWhatIsNotWatched);
  CPPUNIT_TEST(whoCannotConnectSaysSo);
  CPPUNIT_TEST(whoHasNoSocketSaysSo);
  CPPUNIT_TEST(addressesInDigitsNeedNobody);
  CPPUNIT_TEST(theWallClockDoesNotMatter);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    board_ = std::make_unique<FaultBoard>();
  }
  void tearDown() override {
    call_ = {};
    client_.reset();
    gateway_.reset();
    server_.reset();
    board_.reset();
    agent_.reset();
  }

  void aServerSurvives() {
    server_ = std::make_unique<test::ServiceProcess>("greeter", agent_->address(),
                                                     std::vector<std::string>{}, board_->options());
    survivesAll(server_->process(), {"accept4", "recv", "send", "epoll_ctl", "epoll_wait"},
                [this](std::chrono::milliseconds timeout) { return call(timeout); });
  }

  // The gateway for HTTP, which calls a service for each request.
  void aCallerSurvives() {
    server_ = std::make_unique<test::ServiceProcess>("greeter", agent_->address());
    gateway_ = std::make_unique<test::Process>(
        std::vector<std::string>{TEST_BUILD_DIR "/evmicro", "--registry_address", agent_->address(),
                                 // What is left idle by a fault would be kept for minutes.
                                 "--client_pool_size", "1", "--server_idle_timeout", "2s", "api",
                                 "--api_address", "127.0.0.1:0"},
        board_->options());
    const auto address = gateway_->printsLine("Listening on ");
    ASSERT_REPORTED(gateway_->report(), address.has_value());
    gatewayAddress_ = address->substr(0, address->find(','));
    survivesAll(*gateway_, {"recv", "send", "epoll_ctl", "epoll_wait"},
                [this](std::chrono::milliseconds timeout) { return post(timeout); });
  }

  // The kernel refuses to watch what is accepted: the peer is not left waiting, and the log says
  // why.
  void connectionsThatAreNotWatchedEndAtOnce() {
    server_ = std::make_unique<test::ServiceProcess>("greeter", agent_->address(),
                                                     std::vector<std::string>{}, board_->options());
    CPPUNIT_ASSERT_EQUAL(std::string(), call(5s));
    for (const int error : {ENOSPC, ENOMEM}) {
      client_.reset();
      board_->fail("epoll_ctl", error, 1'000'000);
      const auto begin = EventLoop::now();
      const std::string problem = call(30s);
      CPPUNIT_ASSERT(!problem.empty());
      CPPUNIT_ASSERT_MESSAGE(problem, EventLoop::now() - begin < 15s);
      board_->clear();
      client_.reset();
      CPPUNIT_ASSERT_EQUAL(std::string(), call(5s));
    }
    ASSERT_REPORTED(
        server_->process().report(),
        server_->process().printsLine("the system does not watch descriptor ").has_value());
  }

  // The agent, whose connections are evhttp's.
  void anInboxSurvivesWhatIsNotWatched() {
    test::Process agent({TEST_BUILD_DIR "/evmicro", "agent", "--address", "127.0.0.1:0"},
                        board_->options());
    const auto address = agent.printsLine("Listening on ");
    ASSERT_REPORTED(agent.report(), address.has_value());
    const auto services = [this, &address](std::chrono::milliseconds timeout) {
      HttpClientRequest request;
      request.url = "http://" + *address + "/v1/catalog/services";
      request.timeout = timeout;
      return send(request);
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), services(5s));
    for (const int error : {ENOSPC, ENOMEM}) {
      http_.reset();
      board_->fail("epoll_ctl", error, 1'000'000);
      const auto begin = EventLoop::now();
      CPPUNIT_ASSERT(!services(30s).empty());
      CPPUNIT_ASSERT(EventLoop::now() - begin < 15s);
      board_->clear();
      http_.reset();
      CPPUNIT_ASSERT_EQUAL(std::string(), services(5s));
    }
  }

  void whoCannotConnectSaysSo() { endsWithAnError("connect"); }
  void whoHasNoSocketSaysSo() { endsWithAnError("socket"); }

  void addressesInDigitsNeedNobody() {
    server_ = std::make_unique<test::ServiceProcess>("greeter", agent_->address());
    for (const int error : errorsOf("getaddrinfo")) {
      board_->fail("getaddrinfo", error, 1'000'000);
      const test::Finished ended = greet();
      const std::string name = std::string("getaddrinfo ") + ::gai_strerror(error) + ": ";
      CPPUNIT_ASSERT_MESSAGE(name + "has not happened", board_->failed("getaddrinfo") > 0);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name + ended.err, 0, ended.code);
    }
  }

  // A year ahead, a year back: no deadline passes, no connection is idle for too long, and what the
  // registry says of the node stays.
  void theWallClockDoesNotMatter() {
    server_ = std::make_unique<test::ServiceProcess>(
        "greeter", agent_->address(),
        std::vector<std::string>{"--register_interval", "1s", "--register_ttl", "3s"},
        board_->options());
    CPPUNIT_ASSERT_EQUAL(std::string(), call(5s));
    for (const auto wrong : {std::chrono::hours(24 * 365), -std::chrono::hours(24 * 365)}) {
      board_->setWallClock(wrong);
      const std::size_t descriptors = descriptorsOf(server_->process().pid());
      for (int i = 0; i < 5; ++i) {
        test::runFor(loop_, 20ms);
        CPPUNIT_ASSERT_EQUAL(std::string(), call(5s));
      }
      CPPUNIT_ASSERT_EQUAL(descriptors, descriptorsOf(server_->process().pid()));
      const test::Finished found = greet();  // it is still registered
      CPPUNIT_ASSERT_EQUAL_MESSAGE(found.err, 0, found.code);
    }
  }

 private:
  /// Of a client that is new for each case, so that it connects.
  struct Caller {
    explicit Caller(EventLoop& loop)
        : transport(makeHttpTransport(loop)),
          registry(makeMemoryRegistry(loop)),
          view(loop, *registry),
          selector(makeRandomSelector(view)),
          client(loop, *transport, *selector) {}
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Registry> registry;
    ServiceView view;
    std::unique_ptr<Selector> selector;
    Client client;
  };

  using Work = std::function<std::string(std::chrono::milliseconds timeout)>;

  /// `work` makes the process do what can fail; it returns the problem, or "".
  void survivesAll(test::Process& process, const std::set<std::string_view>& functions,
                   const Work& work) {
    CPPUNIT_ASSERT_EQUAL(std::string(), work(5s));
    client_.reset();
    test::runFor(loop_, 100ms);
    const std::size_t descriptors = descriptorsOf(process.pid());
    for (const auto& [function, errors] : kFaults) {
      if (functions.count(function) == 0) continue;
      for (const int error : errors) survives(process, function, error, work);
    }
    expectDescriptors(process, descriptors);
  }

  void expectDescriptors(const test::Process& process, std::size_t before) {
    client_.reset();
    http_.reset();
    constexpr std::size_t kSpare = 4;  // connections to the registry, which come and go
    CPPUNIT_ASSERT_MESSAGE(
        std::to_string(descriptorsOf(process.pid())) + " descriptors now, " +
            std::to_string(before) + " before",
        test::turnUntil(loop_, [&] { return descriptorsOf(process.pid()) <= before + kSpare; }));
  }

  void survives(test::Process& process, std::string_view function, int error, const Work& work) {
    const std::string name = std::string(function) + " " + std::strerror(error);
    // These two mean "again": the kernel does not go on with them for ever.
    const bool again = error == EAGAIN || error == EINTR;
    client_.reset();
    http_.reset();
    // What is established already fails, or else what is new.
    if (function == "recv" || function == "send") {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), work(5s));
    }
    const auto before = process.cpuTime();
    board_->fail(function, error, again ? 20 : 1'000'000);
    // Until it has happened, however busy the machine is.
    for (int i = 0; i < 3 || (i < 100 && board_->failed(function) == 0); ++i) {
      static_cast<void>(work(40ms));
    }
    const int failed = board_->failed(function);
    board_->clear();
    http_.reset();
    ASSERT_REPORTED(name + ": has ended:\n" + process.report(), process.running());
    CPPUNIT_ASSERT_MESSAGE(name + ": has not happened", failed > 0);
    CPPUNIT_ASSERT_MESSAGE(name + ": spins, " + std::to_string(failed) + " failures",
                           failed < 1'000);
    CPPUNIT_ASSERT_MESSAGE(name + ": spins", process.cpuTime() - before < 1s);
    client_.reset();
    std::string problem = "not called";
    for (int i = 0; i < 50 && !problem.empty(); ++i) problem = work(200ms);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), problem);
  }

  static std::vector<int> errorsOf(std::string_view function) {
    for (const auto& [each, errors] : kFaults) {
      if (each == function) return errors;
    }
    throw std::invalid_argument(std::string(function));
  }

  /// Runs a client that makes one call.
  test::Finished greet() {
    return test::run(
        {TEST_BUILD_DIR "/examples/greeter", "--client", "--registry_address", agent_->address()},
        board_->options());
  }

  void endsWithAnError(std::string_view function) {
    server_ = std::make_unique<test::ServiceProcess>("greeter", agent_->address());
    for (const int error : errorsOf(function)) {
      board_->fail(function, error, 1'000'000);
      const test::Finished ended = greet();
      const std::string name = std::string(function) + " " + std::strerror(error) + ": ";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name + ended.err, 1, ended.code);
      CPPUNIT_ASSERT_MESSAGE(name, !ended.err.empty());
      CPPUNIT_ASSERT_MESSAGE(name + "spins", board_->failed(function) < 1'000);
      CPPUNIT_ASSERT_MESSAGE(name + "has not happened", board_->failed(function) > 0);
    }
    board_->clear();
    const test::Finished well = greet();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(well.err, 0, well.code);
  }

  /// Has the gateway call the server.
  std::string post(std::chrono::milliseconds timeout) {
    HttpClientRequest request;
    request.method = "POST";
    request.url = "http://" + gatewayAddress_ + "/rpc";
    request.headers = {"Content-Type: application/json"};
    request.body = R"({"service":"greeter","method":"Debug.Health","request":{}})";
    request.timeout = timeout;
    return send(request);
  }

  /// Sends it; the problem, empty if there is none.
  std::string send(const HttpClientRequest& request) {
    if (!http_) http_ = std::make_unique<HttpClient>(loop_);
    const auto outcome = std::make_shared<std::optional<std::string>>();
    call_ = http_->send(request, [outcome](Result<HttpClientReply> reply) {
      *outcome = !reply.ok()            ? reply.status().toString()
                 : reply->status == 200 ? std::string()
                                        : reply->body;
    });
    CPPUNIT_ASSERT(test::turnUntil(loop_, [&outcome] { return outcome->has_value(); }));
    return **outcome;
  }

  /// Calls the server; the error's text, empty if there is none.
  std::string call(std::chrono::milliseconds timeout) {
    if (!client_) client_ = std::make_unique<Caller>(loop_);
    CallOptions options;
    options.address = server_->address();
    options.timeout = timeout;
    options.retries = 0;
    const auto outcome = std::make_shared<std::optional<std::string>>();  // survives a failed wait
    client_->client.call<detail::HealthResponse>(
        Context(), "greeter", "Debug.Health", detail::HealthRequest(),
        [outcome](const Result<detail::HealthResponse>& reply) {
          *outcome = reply.ok() ? std::string() : reply.status().toString();
        },
        options);
    CPPUNIT_ASSERT(test::turnUntil(loop_, [&outcome] { return outcome->has_value(); }));
    return **outcome;
  }

  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<FaultBoard> board_;
  std::unique_ptr<test::ServiceProcess> server_;
  EventLoop loop_;
  std::unique_ptr<Caller> client_;
  std::unique_ptr<test::Process> gateway_;
  std::string gatewayAddress_;
  std::unique_ptr<HttpClient> http_;
  Call call_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(FaultsTest);

}  // namespace evmicro::faults
