// A real server with more to do than it can, `--server_shed`: it refuses a part at once, serves the
// rest, and serves all when the flood has ended.
#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"

namespace evmicro {

namespace {

/// A blocking connection that counts replies.
class Connection {
 public:
  explicit Connection(const std::string& address) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      throw std::runtime_error(std::strerror(errno));
    }
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(fd_); }

  void ask(const char* method, int times) const {
    const std::string body =
        std::string(R"({"method":")") + method + R"(","params":[{"name":"x"}],"id":1})";
    const std::string request =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    std::string all;
    for (int i = 0; i < times; ++i) all += request;
    if (::send(fd_, all.data(), all.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(all.size())) {
      throw std::runtime_error("not sent");
    }
  }

  /// Reads `times` replies.
  std::string take(int times) const {
    std::string all;
    while (count(all, "HTTP/1.1 ") < times || all.back() != '\n') {
      char block[16'384];
      const ssize_t size = ::recv(fd_, block, sizeof block, 0);
      if (size <= 0) throw std::runtime_error("no reply after " + all);
      all.append(block, static_cast<std::size_t>(size));
    }
    return all;
  }

  static int count(const std::string& all, const char* part) {
    int found = 0;
    for (std::size_t at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) {
      ++found;
    }
    return found;
  }

 private:
  const int fd_;
};

}  // namespace

class OverloadedServerTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OverloadedServerTest);
  CPPUNIT_TEST(aPartIsRefusedUntilTheFloodEnds);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aPartIsRefusedUntilTheFloodEnds() {
    const test::AgentProcess agent;
    test::ServiceProcess server("greeter", agent.address(), {"--server_shed", "20ms"});
    const Connection other(server.address());
    std::vector<std::unique_ptr<Connection>> flood;
    int connections = 64;
    int pipelined = 40;
    int without = 0;
    for (int rounds = 0; rounds < 10; ++rounds) {  // with refusals
      while (flood.size() < static_cast<std::size_t>(connections)) {
        flood.push_back(std::make_unique<Connection>(server.address()));
      }
      if (round(flood, pipelined, other) == 0) {  // too little for this machine
        connections = std::min(connections * 3 / 2, kMostConnections);
        pipelined = std::min(pipelined * 3 / 2, kMostPipelined);
        --rounds;
        CPPUNIT_ASSERT_MESSAGE("nothing is refused", ++without < kMostWithout);
      }
    }
    CPPUNIT_ASSERT(served_ > 0);
    flood.clear();
    // It sees for a moment that requests no longer wait.
    int refused = 0;
    while (Connection::count(ask(other, "Greeter.Hello"), "HTTP/1.1 200 OK") == 0) {
      CPPUNIT_ASSERT(++refused < kMostAfterwards);
    }
    for (int i = 0; i < 20; ++i) {
      CPPUNIT_ASSERT_EQUAL(1, Connection::count(ask(other, "Greeter.Hello"), "HTTP/1.1 200 OK"));
    }
  }

 private:
  static constexpr int kMostConnections = 400;
  static constexpr int kMostPipelined = 600;  // all of them fit into the system's buffers
  // Not times, which a busy machine may exceed. The last rounds have 100 times as many calls as the
  // first, seconds of work.
  static constexpr int kMostWithout = 12;
  static constexpr int kMostAfterwards = 10'000;

  static std::string ask(const Connection& connection, const char* method) {
    connection.ask(method, 1);
    return connection.take(1);
  }

  // How many calls were refused; every one is answered.
  int round(const std::vector<std::unique_ptr<Connection>>& flood, int pipelined,
            const Connection& other) {
    for (const auto& each : flood) each->ask("Greeter.Hello", pipelined);
    const std::string health = ask(other, "Debug.Health");
    CPPUNIT_ASSERT_MESSAGE(health, health.find("\"status\":\"ok\"") != std::string::npos);
    int refused = 0;
    for (const auto& each : flood) {
      const std::string replies = each->take(pipelined);
      const int now = Connection::count(replies, "HTTP/1.1 429 Too Many Requests");
      CPPUNIT_ASSERT_EQUAL(now, Connection::count(replies, "Retry-After: "));
      CPPUNIT_ASSERT_EQUAL(now, Connection::count(replies, "the server is overloaded"));
      CPPUNIT_ASSERT_EQUAL(pipelined - now, Connection::count(replies, "Hello x"));
      refused += now;
      served_ += pipelined - now;
    }
    return refused;
  }

  int served_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(OverloadedServerTest);

}  // namespace evmicro
