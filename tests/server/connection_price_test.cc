// What a connection costs the server in memory: allocations until its first call is answered, and
// bytes that stay while it is idle afterwards.
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "event/handles.h"
#include "server/rpc_fixture.h"
#include "support/heap.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" {  // of the sanitizer's run time, whose headers not every compiler brings
int __sanitizer_install_malloc_and_free_hooks(void (*onMalloc)(const volatile void* block,
                                                               std::size_t size),
                                              void (*onFree)(const volatile void* block));
}
#endif

namespace evmicro {

using test::bytesInUse;
using test::Text;

namespace {

#if defined(__SANITIZE_ADDRESS__)
std::size_t allocations = 0;
void countAllocation(const volatile void*, std::size_t) { ++allocations; }
void countNothing(const volatile void*) {}
#endif

}  // namespace

class ConnectionPriceTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(ConnectionPriceTest);
  CPPUNIT_TEST(idleConnectionsHoldLittle);
#if defined(__SANITIZE_ADDRESS__)
  CPPUNIT_TEST(connectionsTakeFewAllocations);
#endif
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
    start();
    serve(kWarmUp);
  }
  void tearDown() override {
    for (const int fd : connected_) ::close(fd);
    connected_.clear();
    RpcFixture::tearDown();
  }

  void idleConnectionsHoldLittle() {
    const std::size_t before = bytesInUse();
    serve(kConnections);
    const std::size_t each = (bytesInUse() - before) / kConnections;
    CPPUNIT_ASSERT_MESSAGE(std::to_string(each) + " bytes", each <= 1'000);
  }

#if defined(__SANITIZE_ADDRESS__)
  void connectionsTakeFewAllocations() {
    static const bool installed =
        __sanitizer_install_malloc_and_free_hooks(&countAllocation, &countNothing) != 0;
    CPPUNIT_ASSERT(installed);
    allocations = 0;
    serve(kConnections);
    const std::size_t each = allocations / kConnections;
    CPPUNIT_ASSERT_MESSAGE(std::to_string(each) + " allocations", each > 0 && each <= 12);
  }
#endif

 private:
  static constexpr std::size_t kWarmUp = 100;
  static constexpr std::size_t kConnections = 200;

  // A proto-rpc call of Echo.Say.
  static constexpr std::string_view kRequest{
      "POST / HTTP/1.1\r\nHost: 127.0.0.1:9090\r\nUser-Agent: Go-http-client/1.1\r\n"
      "Content-Length: 31\r\nContent-Type: application/octet-stream\r\n"
      "X-Micro-From-Service: greeter\r\n\r\n"
      "\0\0\0\x13\x0a\x08"
      "Echo.Say\x11\0\0\0\0\0\0\0\0\0\0\0\x04\x0a\x02hi",
      164 + 31};

  // Makes `count` connections, each with one call answered, that stay open. Nothing but the server
  // allocates meanwhile.
  void serve(std::size_t count) {
    connected_.reserve(kWarmUp + kConnections);
    const std::string& address = server_->address();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
    while (count > 0 && answeredOn(to)) --count;
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), count);
  }
  bool answeredOn(const sockaddr_in& to) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connected_.push_back(fd);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return false;
    if (::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) return false;
    std::array<char, 512> reply;
    for (int turns = 0; turns < 100'000; ++turns) {
      event_base_loop(loop_->base(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
      const ssize_t size = ::recv(fd, reply.data(), reply.size(), MSG_DONTWAIT);
      if (size > 15) return std::memcmp(reply.data(), "HTTP/1.1 200 OK", 15) == 0;
    }
    return false;
  }

  std::vector<int> connected_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionPriceTest);

}  // namespace evmicro
