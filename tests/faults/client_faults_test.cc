// What a caller meets that no reply explains: no descriptors left, peers that are stopped, a
// connection that nobody answers.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <csignal>

#include <evmicro/service.h>

#include "integration/greeter_process.h"
#include "server/rpc_fixture.h"
#include "support/agent_process.h"
#include "support/starved_descriptors.h"

namespace evmicro::faults {

using namespace std::chrono_literals;
using test::Text;
using test::text;

class ClientFaultsTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(ClientFaultsTest);
  CPPUNIT_TEST(withoutDescriptorsACallFailsAtOnce);
  CPPUNIT_TEST(withoutDescriptorsANameIsNotFound);
  CPPUNIT_TEST(keptConnectionsNeedNoDescriptor);
  CPPUNIT_TEST(stoppedPeersAreWaitedForUntilTheDeadline);
  CPPUNIT_TEST(bothEndsFindDeadPeers);
  CPPUNIT_TEST(aHandlerWithoutMemoryAnswers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      if (in.status() == "too much") throw std::bad_alloc();
      out = in;
      return {};
    });
    start();
  }

  void withoutDescriptorsACallFailsAtOnce() { failsWithoutDescriptors(server_->address()); }

  // The lookup needs descriptors, too.
  void withoutDescriptorsANameIsNotFound() {
    const std::string address = server_->address();
    failsWithoutDescriptors("localhost" + address.substr(address.rfind(':')));
  }

  void keptConnectionsNeedNoDescriptor() {
    CPPUNIT_ASSERT(say(server_->address()).ok());
    const test::DescriptorLimit none(test::lowestFreeDescriptor());
    CPPUNIT_ASSERT(say(server_->address()).ok());
  }

  // Registry and servers: nobody refuses, nobody answers.
  void stoppedPeersAreWaitedForUntilTheDeadline() {
    test::AgentProcess agent;
    test::ServiceProcess one("greeter", agent.address());
    test::ServiceProcess two("greeter", agent.address());
    ServiceOptions options;
    options.registryAddresses = {agent.address()};
    Service service(*loop_, options);
    const auto health = [&service](std::chrono::milliseconds timeout) {
      CallOptions call;
      call.timeout = timeout;
      return service.client()
          .call<detail::HealthResponse>(Context(), "greeter", "Debug.Health",
                                        detail::HealthRequest(), call)
          .status();
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), problemOf(health(5s)));
    for (test::Process* each : {&one.process(), &two.process()}) each->freeze();
    ::kill(agent.pid(), SIGSTOP);
    for (int i = 0; i < 4; ++i) {
      const auto begin = EventLoop::now();
      const Status status = health(200ms);
      const auto took = EventLoop::now() - begin;
      CPPUNIT_ASSERT_MESSAGE(status.toString(), status.kind() == ErrorKind::kTimeout);
      CPPUNIT_ASSERT(took >= 200ms && took < 5s);
    }
    for (test::Process* each : {&one.process(), &two.process()}) each->thaw();
    ::kill(agent.pid(), SIGCONT);
    CPPUNIT_ASSERT_EQUAL(std::string(), problemOf(health(5s)));
  }

  // Keep-alive finds a machine that has gone, the time for unacknowledged data one that takes
  // nothing.
  void bothEndsFindDeadPeers() {
    CPPUNIT_ASSERT(say(server_->address()).ok());
    const std::vector<int> connections = connectionsOf(server_->address());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), connections.size());
    for (const int fd : connections) {
      CPPUNIT_ASSERT_EQUAL(1, optionOf(fd, SOL_SOCKET, SO_KEEPALIVE));
      CPPUNIT_ASSERT_EQUAL(60, optionOf(fd, IPPROTO_TCP, TCP_KEEPIDLE));
      CPPUNIT_ASSERT_EQUAL(10, optionOf(fd, IPPROTO_TCP, TCP_KEEPINTVL));
      CPPUNIT_ASSERT_EQUAL(6, optionOf(fd, IPPROTO_TCP, TCP_KEEPCNT));
      CPPUNIT_ASSERT_EQUAL(300'000, optionOf(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
      CPPUNIT_ASSERT_EQUAL(1, optionOf(fd, IPPROTO_TCP, TCP_NODELAY));
    }
  }

  void aHandlerWithoutMemoryAnswers() {
    const Result<Text> reply = say(server_->address(), "too much");
    CPPUNIT_ASSERT_EQUAL(500, reply.status().code());
    CPPUNIT_ASSERT(reply.status().detail().find("bad_alloc") != std::string::npos);
    CPPUNIT_ASSERT(say(server_->address()).ok());
  }

 private:
  Result<Text> say(const std::string& address, const std::string& what = "hello") {
    CallOptions options;
    options.address = address;
    return call("Echo.Say", what, options);
  }

  static std::string problemOf(const Status& status) {
    return status.ok() ? "" : status.toString();
  }

  void failsWithoutDescriptors(const std::string& address) {
    const std::size_t before = test::openDescriptors();
    {
      const test::DescriptorLimit none(test::lowestFreeDescriptor());
      for (int i = 0; i < 3; ++i) {
        const auto begin = EventLoop::now();
        const Result<Text> reply = say(address);
        CPPUNIT_ASSERT_MESSAGE(reply.status().toString(),
                               reply.status().kind() == ErrorKind::kUnavailable);
        CPPUNIT_ASSERT_MESSAGE(
            reply.status().toString(),
            reply.status().detail().find("too many open files") != std::string::npos);
        CPPUNIT_ASSERT(EventLoop::now() - begin < 2s);
      }
    }
    CPPUNIT_ASSERT_EQUAL(before, test::openDescriptors());
    CPPUNIT_ASSERT_EQUAL(std::string(), problemOf(say(address).status()));
  }

  // Of this process, with `address` at either end.
  static std::vector<int> connectionsOf(const std::string& address) {
    const int port = std::stoi(address.substr(address.rfind(':') + 1));
    std::vector<int> found;
    for (int fd = 3; fd < 1'024; ++fd) {
      sockaddr_in local{}, remote{};
      socklen_t size = sizeof local;
      if (::getpeername(fd, reinterpret_cast<sockaddr*>(&remote), &size) != 0) continue;
      size = sizeof local;
      if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) continue;
      if (ntohs(local.sin_port) == port || ntohs(remote.sin_port) == port) found.push_back(fd);
    }
    return found;
  }

  static int optionOf(int fd, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    CPPUNIT_ASSERT_EQUAL(0, ::getsockopt(fd, level, option, &value, &size));
    return value;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientFaultsTest);

}  // namespace evmicro::faults
