// Connections through an HttpProxy that become WebSockets.
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "gateway/http_proxy_fixture.h"
#include "net/acceptor.h"
#include "support/temporary_folder.h"
#include "web/web_socket_bytes.h"
#include "web/web_socket_frames.h"

namespace evmicro::gateway {

// Accepts one connection and leaves the rest to the test.
class PlainBackend final : private detail::Acceptor::Observer {
 public:
  explicit PlainBackend(EventLoop& loop) {
    auto acceptor = detail::Acceptor::open(loop, "127.0.0.1:0", *this);
    if (!acceptor.ok()) throw std::runtime_error(acceptor.status().toString());
    acceptor_ = std::move(*acceptor);
  }

  std::string address() const { return acceptor_->address(); }
  /// All that has come so far.
  const std::string& receive() {
    std::array<char, 4096> bytes;
    for (;;) {
      const ssize_t size = fd_ < 0 ? -1 : ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (size == 0) ended_ = true;
      if (size <= 0) return received_;
      received_.append(bytes.data(), static_cast<std::size_t>(size));
    }
  }
  bool sawEnd() {
    receive();
    return ended_;
  }
  void send(std::string_view bytes) {
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(bytes.size()),
                         ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  void close() { ::close(std::exchange(fd_, -1)); }

 private:
  void onAccepted(int fd) override { fd_ = fd; }
  void onAcceptFailure(Status /*why*/) override {}

  std::unique_ptr<detail::Acceptor> acceptor_;
  std::string received_;
  int fd_ = -1;
  bool ended_ = false;
};

class HttpTunnelTest final : public HttpProxyFixture {
  CPPUNIT_TEST_SUITE(HttpTunnelTest);
  CPPUNIT_TEST(passesWebSocketsOn);
  CPPUNIT_TEST(passesWebSocketsOnToUnixSockets);
  CPPUNIT_TEST(eachSideOfATunnelEndsByItself);
  CPPUNIT_TEST(tunnelSlowsDown);
  CPPUNIT_TEST(backendThatDiesBreaksTheTunnel);
  CPPUNIT_TEST(refusedUpgradeIsAReply);
  CPPUNIT_TEST(stopEndsTunnels);
  CPPUNIT_TEST(idleTunnelsEnd);
  CPPUNIT_TEST(idleTunnelsMayBeKept);
  CPPUNIT_TEST_SUITE_END();

 public:
  void passesWebSocketsOn() {
    if (!detail::haveWebSocket()) return;
    openNode();
    upgrade();
    CPPUNIT_ASSERT(client_->has("Sec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    client_->send(test::clientFrame(1, "hello"));
    expect(test::serverFrame(1, "hello"));
    client_->send(test::clientFrame(8, test::closeWith(1000)));
    expect(test::serverFrame(8, test::closeWith(1000)));
    CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
    client_->close();
    CPPUNIT_ASSERT(
        until([this] { return front_->connections() == 0 && node_->connections() == 0; }));
  }

  void passesWebSocketsOnToUnixSockets() {
    if (!detail::haveWebSocket()) return;
    const test::TemporaryFolder folder;
    openNode(folder.socket("node"));
    upgrade();
    client_->send(test::clientFrame(1, "hello"));
    expect(test::serverFrame(1, "hello"));
  }

  void eachSideOfATunnelEndsByItself() {
    PlainBackend backend(*loop_);
    open(backend.address());
    client_->send("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    CPPUNIT_ASSERT(until([&] { return backend.receive().find("\r\n\r\n") != std::string::npos; }));
    backend.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nfirst");
    expect("\r\n\r\nfirst");
    client_->send("last");
    client_->finish();
    CPPUNIT_ASSERT(until([&] { return backend.receive().find("last") != std::string::npos; }));
    CPPUNIT_ASSERT(until([&] { return backend.sawEnd(); }));
    backend.send("still");
    expect("still");
    CPPUNIT_ASSERT(!client_->ended());
    backend.close();
    CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
    CPPUNIT_ASSERT(until([this] { return front_->connections() == 0; }));
  }

  void tunnelSlowsDown() {
    if (!detail::haveWebSocket()) return;
    openNode();
    upgrade();
    client_->stopReading();
    const std::string message = test::clientFrame(2, std::string(1U << 20, 'x'));
    std::string all;
    for (int i = 0; i < 48; ++i) all += message;
    client_->send(all);
    test::turn(*loop_, 500);
    CPPUNIT_ASSERT(client_->unsent() > 0);
    client_->startReading();
    const bool came = until([this] { return client_->received().size() > 48U << 20; });
    CPPUNIT_ASSERT_MESSAGE(std::to_string(client_->received().size()), came);
  }

  void backendThatDiesBreaksTheTunnel() {
    if (!detail::haveWebSocket()) return;
    openNode();
    upgrade();
    node_.reset();
    CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
    client_->close();
    CPPUNIT_ASSERT(until([this] { return front_->connections() == 0; }));
  }

  void refusedUpgradeIsAReply() {
    if (!detail::haveWebSocket()) return;
    openNode();
    client_->send(
        "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n");
    expect("Sec-WebSocket-Key is missing or malformed");
    client_->send("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    expect("took 3");
  }

  void stopEndsTunnels() {
    if (!detail::haveWebSocket()) return;
    openNode();
    upgrade();
    front_->stop();
    CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
    client_->close();
    CPPUNIT_ASSERT(until([this] { return front_->connections() == 0; }));
  }

  void idleTunnelsEnd() {
    using namespace std::chrono_literals;
    limits_.tunnelIdleTimeout = 60s;
    PlainBackend backend(*loop_);
    open(backend.address());
    switchTo(backend);
    clock_->advance(*loop_, 59'900ms);
    client_->send("a");  // bytes of either side count
    CPPUNIT_ASSERT(until([&] { return backend.receive().find("\r\n\r\na") != std::string::npos; }));
    clock_->advance(*loop_, 59'900ms);
    backend.send("b");
    expect("b");
    clock_->advance(*loop_, 59'900ms);
    CPPUNIT_ASSERT(!client_->ended() && !backend.sawEnd());
    clock_->advance(*loop_, 200ms);
    CPPUNIT_ASSERT(until([&] { return client_->ended() && backend.sawEnd(); }));
    client_->close();
    backend.close();
    CPPUNIT_ASSERT(until([this] { return front_->connections() == 0; }));
  }

  void idleTunnelsMayBeKept() {
    limits_.tunnelIdleTimeout = std::chrono::seconds(0);
    PlainBackend backend(*loop_);
    open(backend.address());
    switchTo(backend);
    clock_->advance(*loop_, std::chrono::hours(48));
    client_->send("a");
    CPPUNIT_ASSERT(until([&] { return backend.receive().find("\r\n\r\na") != std::string::npos; }));
  }

 private:
  void switchTo(PlainBackend& backend) {
    client_->send("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    CPPUNIT_ASSERT(until([&] { return backend.receive().find("\r\n\r\n") != std::string::npos; }));
    backend.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
    expect("HTTP/1.1 101 ");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpTunnelTest);

}  // namespace evmicro::gateway
