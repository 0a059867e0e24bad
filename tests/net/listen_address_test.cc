#include "net/listen_address.h"

#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/raw_peer.h"

namespace evmicro {

using namespace detail;

class ListenAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListenAddressTest);
  CPPUNIT_TEST(readsEveryForm);
  CPPUNIT_TEST(saysWhatIsWrong);
  CPPUNIT_TEST(bindsAndTellsThePort);
  CPPUNIT_TEST(everyAddressTakesBothFamilies);
  CPPUNIT_TEST(takesTheFirstFreePortOfARange);
  CPPUNIT_TEST(aRangeWithoutAFreePortIsAnErrorThatNamesIt);
  CPPUNIT_TEST(bindsIpv6);
  CPPUNIT_TEST(listensOnAllAddressesOfAName);
  CPPUNIT_TEST(aNameIsTakenWhenOneOfItsAddressesIs);
  CPPUNIT_TEST(whatCannotBeBoundIsAnErrorThatNamesIt);
  CPPUNIT_TEST(socketIsSetUpForServing);
  CPPUNIT_TEST(peersThatDisappearAreFound);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { descriptors_ = test::openDescriptors(); }
  void tearDown() override {
    for (const int fd : sockets_) ::close(fd);
    sockets_.clear();
    CPPUNIT_ASSERT_EQUAL(descriptors_, test::openDescriptors());
  }

  void readsEveryForm() {
    check("127.0.0.1:80", "127.0.0.1", 80, 80);
    check("host.example:65535", "host.example", 65535, 65535);
    check(":0", "", 0, 0);
    check(":8080", "", 8080, 8080);
    check("[::1]:9", "::1", 9, 9);
    check("[::]:0", "::", 0, 0);
    check("localhost:8000-8010", "localhost", 8000, 8010);
    check(":1-65535", "", 1, 65535);
    check("h:7-7", "h", 7, 7);
    check("fd0:7", "fd0", 7, 7);
    CPPUNIT_ASSERT_EQUAL(0, parseListenAddress("fd:0")->descriptor.value());
    CPPUNIT_ASSERT_EQUAL(2147483647, parseListenAddress("fd:2147483647")->descriptor.value());
  }

  void saysWhatIsWrong() {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "no port"},
        {"localhost", "no port"},
        {"[::1]", "no port; use host:port"},
        {"[::1]80", "no port after the bracket"},
        {"[::1:80", "not closed"},
        {"[host]:80", "no IPv6 address"},
        {"::1:80", "must be in brackets"},
        {"http://host:80", "no scheme is allowed here"},
        {"a b:80", "no host name has"},
        {"host:", "not a number"},
        {"host:http", "not a number"},
        {"host:-1", "not a number"},
        {"host:+1", "not a number"},
        {"host: 1", "not a number"},
        {"host:65536", "not a number"},
        {"host:80x", "not a number"},
        {"host:1-", "end of the port range"},
        {"host:1-2-3", "end of the port range"},
        {"host:1-70000", "end of the port range"},
        {"host:9-8", "empty"},
        {"host:0-8", "begins at 0"},
        {"fd:", "no number of a descriptor"},
        {"fd:x", "no number of a descriptor"},
        {"fd:-1", "no number of a descriptor"},
        {"fd:3x", "no number of a descriptor"},
        {"fd: 3", "no number of a descriptor"},
        {"fd:2147483648", "no number of a descriptor"},
    };
    for (const auto& [text, part] : cases) {
      const auto address = parseListenAddress(text);
      CPPUNIT_ASSERT_MESSAGE(text, !address.ok());
      CPPUNIT_ASSERT(address.status().kind() == ErrorKind::kInvalid);
      const std::string detail = address.status().detail();
      CPPUNIT_ASSERT_MESSAGE(detail, detail.find(part) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(detail, detail.find("\"" + text + "\"") != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(detail, openListeningSocket(text).status().detail());
    }
  }

  void bindsAndTellsThePort() {
    const ListeningSocket first = listen("127.0.0.1:0");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), first.address.find("127.0.0.1:"));
    CPPUNIT_ASSERT(connects(AF_INET, portOf(first)));
    CPPUNIT_ASSERT(portOf(listen("127.0.0.1:0")) != portOf(first));
  }

  void everyAddressTakesBothFamilies() {
    const ListeningSocket socket = listen(":0");
    CPPUNIT_ASSERT(connects(AF_INET, portOf(socket)));
    if (socket.address.front() != '[') return;  // a machine without IPv6
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), socket.address.find("[::]:"));
    CPPUNIT_ASSERT(connects(AF_INET6, portOf(socket)));
  }

  void takesTheFirstFreePortOfARange() {
    const int taken = portOf(listen("127.0.0.1:0"));
    const int last = std::min(taken + 20, 65535);
    const ListeningSocket socket =
        listen("127.0.0.1:" + std::to_string(taken) + "-" + std::to_string(last));
    CPPUNIT_ASSERT(portOf(socket) > taken && portOf(socket) <= last);
  }

  void aRangeWithoutAFreePortIsAnErrorThatNamesIt() {
    const std::string port = std::to_string(portOf(listen("127.0.0.1:0")));
    const std::string range = "127.0.0.1:" + port + "-" + port;
    const auto socket = openListeningSocket(range);
    CPPUNIT_ASSERT(!socket.ok());
    CPPUNIT_ASSERT_EQUAL("listen on 127.0.0.1:" + port + ": Address already in use",
                         socket.status().detail());
    CPPUNIT_ASSERT(socket.status().kind() == ErrorKind::kUnavailable);
  }

  void bindsIpv6() {
    auto socket = openListeningSocket("[::1]:0");
    if (!socket.ok()) return;  // a machine without IPv6
    sockets_.push_back(socket->fd);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), socket->address.find("[::1]:"));
    CPPUNIT_ASSERT(connects(AF_INET6, portOf(*socket)));
    CPPUNIT_ASSERT(!connects(AF_INET, portOf(*socket)));
  }

  void listensOnAllAddressesOfAName() {
    const auto sockets = openListeningSockets("localhost:0");
    CPPUNIT_ASSERT_MESSAGE(sockets.status().toString(), sockets.ok());
    for (const ListeningSocket& socket : *sockets) {
      sockets_.push_back(socket.fd);
      CPPUNIT_ASSERT_EQUAL(portOf(sockets->front()), portOf(socket));
      CPPUNIT_ASSERT(connects(socket.address.front() == '[' ? AF_INET6 : AF_INET, portOf(socket)));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), sockets->front().address.find("127.0.0.1:"));
  }

  // Half of a name is not what was asked for.
  void aNameIsTakenWhenOneOfItsAddressesIs() {
    const auto all = openListeningSockets("localhost:0");
    CPPUNIT_ASSERT(all.ok());
    for (const ListeningSocket& socket : *all) sockets_.push_back(socket.fd);
    const std::string port = std::to_string(portOf(all->front()));
    for (std::size_t i = 1; i < all->size(); ++i) ::close(std::exchange(sockets_[i], -1));
    const auto again = openListeningSockets("localhost:" + port);
    CPPUNIT_ASSERT_EQUAL("listen on localhost:" + port + ": Address already in use",
                         again.status().detail());
  }

  void whatCannotBeBoundIsAnErrorThatNamesIt() {
    // 192.0.2.0/24 is for documentation: no machine has it.
    const auto socket = openListeningSocket("192.0.2.1:4711");
    CPPUNIT_ASSERT(!socket.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("listen on 192.0.2.1:4711: Cannot assign requested address"),
                         socket.status().detail());
    const auto nowhere = openListeningSocket("no.such.host.invalid:4711");
    CPPUNIT_ASSERT(!nowhere.ok());
    CPPUNIT_ASSERT(nowhere.status().detail().find("no.such.host.invalid") != std::string::npos);
  }

  void socketIsSetUpForServing() {
    const ListeningSocket socket = listen("127.0.0.1:0");
    CPPUNIT_ASSERT(::fcntl(socket.fd, F_GETFD) & FD_CLOEXEC);
    CPPUNIT_ASSERT(::fcntl(socket.fd, F_GETFL) & O_NONBLOCK);
    CPPUNIT_ASSERT(option(socket.fd, SOL_SOCKET, SO_REUSEADDR) != 0);
    CPPUNIT_ASSERT(connects(AF_INET, portOf(socket)));
    const int accepted = ::accept(socket.fd, nullptr, nullptr);
    CPPUNIT_ASSERT(accepted >= 0);
    sockets_.push_back(accepted);
    CPPUNIT_ASSERT(option(accepted, IPPROTO_TCP, TCP_NODELAY) != 0);
  }

  void peersThatDisappearAreFound() {
    const ListeningSocket socket = listen("127.0.0.1:0");
    CPPUNIT_ASSERT(connects(AF_INET, portOf(socket)));
    const int accepted = ::accept(socket.fd, nullptr, nullptr);
    CPPUNIT_ASSERT(accepted >= 0);
    sockets_.push_back(accepted);
    CPPUNIT_ASSERT_EQUAL(1, option(accepted, SOL_SOCKET, SO_KEEPALIVE));
    CPPUNIT_ASSERT_EQUAL(60, option(accepted, IPPROTO_TCP, TCP_KEEPIDLE));
    CPPUNIT_ASSERT_EQUAL(10, option(accepted, IPPROTO_TCP, TCP_KEEPINTVL));
    CPPUNIT_ASSERT_EQUAL(6, option(accepted, IPPROTO_TCP, TCP_KEEPCNT));
    CPPUNIT_ASSERT_EQUAL(300'000, option(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT));
  }

 private:
  static void check(const std::string& text, const std::string& host, int first, int last) {
    const auto address = parseListenAddress(text);
    CPPUNIT_ASSERT_MESSAGE(text, address.ok());
    CPPUNIT_ASSERT_EQUAL(host, address->host);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, first, int(address->firstPort));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, last, int(address->lastPort));
  }
  ListeningSocket listen(const std::string& address) {
    auto socket = openListeningSocket(address);
    CPPUNIT_ASSERT_MESSAGE(socket.status().toString(), socket.ok());
    sockets_.push_back(socket->fd);
    return std::move(*socket);
  }
  static int portOf(const ListeningSocket& socket) {
    return std::stoi(socket.address.substr(socket.address.rfind(':') + 1));
  }
  static int option(int fd, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    getsockopt(fd, level, name, &value, &size);
    return value;
  }
  static bool connects(int family, int port) {
    const int fd = ::socket(family, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    sockaddr_in6 to6{};
    to6.sin6_family = AF_INET6;
    to6.sin6_addr = in6addr_loopback;
    to6.sin6_port = to.sin_port;
    const bool made = family == AF_INET
                          ? ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0
                          : ::connect(fd, reinterpret_cast<const sockaddr*>(&to6), sizeof to6) == 0;
    ::close(fd);
    return made;
  }

  std::size_t descriptors_ = 0;
  std::vector<int> sockets_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ListenAddressTest);

}  // namespace evmicro
