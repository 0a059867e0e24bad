// Listening sockets that are open before the service starts, as systemd passes them.
#include <evmicro/memory_transport.h>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/descriptor.h"
#include "net/listen_address.h"
#include "server/rpc_fixture.h"
#include "support/listening_socket.h"

namespace evmicro {

using detail::Descriptor;
using test::RawPeer;
using test::runUntil;
using test::Text;

class InheritedSocketTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(InheritedSocketTest);
  CPPUNIT_TEST(isDuplicatedAndStaysOpen);
  CPPUNIT_TEST(isSetUpForServing);
  CPPUNIT_TEST(mayBeOfAPath);
  CPPUNIT_TEST(isRefusedUnlessItListens);
  CPPUNIT_TEST(isNotForTheMemoryTransport);
  CPPUNIT_TEST(aRestartLosesNobody);
  CPPUNIT_TEST_SUITE_END();

 public:
  void isDuplicatedAndStaysOpen() {
    const test::ListeningSocket original;
    {
      const auto opened = detail::openListeningSockets(original.inherited());
      CPPUNIT_ASSERT_MESSAGE(opened.status().toString(), opened.ok());
      CPPUNIT_ASSERT_EQUAL(std::size_t(1), opened->size());
      const Descriptor socket(opened->front().fd);
      CPPUNIT_ASSERT(socket.get() != original.fd());
      CPPUNIT_ASSERT_EQUAL(original.address(), opened->front().address);
    }
    CPPUNIT_ASSERT_EQUAL(1, option(original.fd(), SOL_SOCKET, SO_ACCEPTCONN));
  }

  void isSetUpForServing() {
    const test::ListeningSocket original;
    const auto opened = detail::openListeningSocket(original.inherited());
    CPPUNIT_ASSERT(opened.ok());
    const Descriptor socket(opened->fd);
    CPPUNIT_ASSERT(::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC);
    CPPUNIT_ASSERT(::fcntl(socket.get(), F_GETFL) & O_NONBLOCK);
    CPPUNIT_ASSERT(option(socket.get(), IPPROTO_TCP, TCP_NODELAY) != 0);
    CPPUNIT_ASSERT(option(socket.get(), SOL_SOCKET, SO_KEEPALIVE) != 0);
  }

  void mayBeOfAPath() {
    const Descriptor original(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    const std::string path = "/tmp/evmicro-inherited-" + std::to_string(::getpid());
    path.copy(where.sun_path, sizeof where.sun_path - 1);
    const auto* address = reinterpret_cast<const sockaddr*>(&where);
    CPPUNIT_ASSERT(::bind(original.get(), address, sizeof where) == 0);
    CPPUNIT_ASSERT(::listen(original.get(), 1) == 0);
    {
      const auto opened = detail::openListeningSocket(addressOf(original));
      CPPUNIT_ASSERT_MESSAGE(opened.status().toString(), opened.ok());
      const Descriptor socket(opened->fd);
      CPPUNIT_ASSERT_EQUAL("unix://" + path, opened->address);
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the file belongs to whoever made it", 0, ::unlink(path.c_str()));
  }

  void isRefusedUnlessItListens() {
    const Descriptor stream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    refused(stream.get(), "the socket does not listen");
    const Descriptor datagrams(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    refused(datagrams.get(), "not a stream socket of TCP or a path");
    const Descriptor file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    refused(file.get(), "Socket operation on non-socket");
    refused(1'000'000, "Bad file descriptor");
  }

  void isNotForTheMemoryTransport() {
    const auto transport = makeMemoryTransport(*loop_);
    Server server(*loop_, *transport, *registry_, optionsFor("fd:3"));
    Status how;
    server.start([&how](const Status& status) { how = status; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !how.ok(); }));
    CPPUNIT_ASSERT(how.kind() == ErrorKind::kInvalid);
  }

  // Who connects between two servers waits in the backlog.
  void aRestartLosesNobody() {
    const test::ListeningSocket original;
    std::unique_ptr<RawPeer> waiting;
    for (int round = 0; round < 3; ++round) {
      server_ = std::make_unique<Server>(*loop_, *transport_, *registry_,
                                         optionsFor(original.inherited()));
      server_->handle<Text, Text>("Echo.Call", [](Context&, const Text& request, Text& reply) {
        reply = request;
        return Status();
      });
      start();
      CPPUNIT_ASSERT_EQUAL(original.address(), server_->address());
      if (waiting) CPPUNIT_ASSERT(receives(*waiting, "in between"));
      CPPUNIT_ASSERT_EQUAL(std::string("x"), call("Echo.Call", "x").value().status());
      stop();
      waiting = std::make_unique<RawPeer>(*loop_, server_->address());
      waiting->send(request(R"({"method":"Echo.Call","params":[{"status":"in between"}],"id":1})"));
    }
  }

 private:
  static std::string addressOf(const Descriptor& socket) {
    return "fd:" + std::to_string(socket.get());
  }

  static int option(int fd, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    ::getsockopt(fd, level, name, &value, &size);
    return value;
  }

  static void refused(int descriptor, const std::string& why) {
    const std::string address = "fd:" + std::to_string(descriptor);
    const auto opened = detail::openListeningSockets(address);
    CPPUNIT_ASSERT(!opened.ok());
    CPPUNIT_ASSERT(opened.status().kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL("listen on " + address + ": " + why, opened.status().detail());
  }

  static ServerOptions optionsFor(const std::string& address) {
    ServerOptions options;
    options.name = "echo";
    options.address = address;
    return options;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(InheritedSocketTest);

}  // namespace evmicro
