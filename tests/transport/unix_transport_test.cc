// The contracts of transports over Unix sockets, and what is particular to them.
#include <cerrno>
#include <filesystem>

#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>

#include <evmicro/conformance/conversation_contract.h>
#include <evmicro/conformance/ending_contract.h>
#include <evmicro/conformance/unary_contract.h>
#include <evmicro/evhttp_transport.h>
#include <evmicro/http_transport.h>

#include "http/raw_peer.h"
#include "net/descriptor.h"
#include "net/dialler.h"
#include "net/socket_address.h"
#include "support/temporary_folder.h"
#include "transport/timed_fixture.h"

namespace evmicro {

using test::End;

/// One of the suites of http, on a Unix socket.
template <typename Contract>
class OnUnixSocket : public Contract {
 public:
  void setUp() override {
    folder_ = std::make_unique<test::TemporaryFolder>();
    Contract::setUp();
  }
  void tearDown() override {
    Contract::tearDown();
    folder_.reset();
  }

 protected:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }
  std::string anyAddress() override { return folder_->socket(std::to_string(++sockets_)); }
  const test::TemporaryFolder& folder() const noexcept { return *folder_; }

 private:
  std::unique_ptr<test::TemporaryFolder> folder_;
  int sockets_ = 0;
};

class UnixUnaryTest final : public OnUnixSocket<test::UnaryContract> {
  CPPUNIT_TEST_SUB_SUITE(UnixUnaryTest, test::UnaryContract);
  CPPUNIT_TEST_SUITE_END();
};
CPPUNIT_TEST_SUITE_REGISTRATION(UnixUnaryTest);

class UnixConversationTest final : public OnUnixSocket<test::ConversationContract> {
  CPPUNIT_TEST_SUB_SUITE(UnixConversationTest, test::ConversationContract);
  CPPUNIT_TEST_SUITE_END();
};
CPPUNIT_TEST_SUITE_REGISTRATION(UnixConversationTest);

class UnixEndingTest final : public OnUnixSocket<test::EndingContract> {
  CPPUNIT_TEST_SUB_SUITE(UnixEndingTest, test::EndingContract);
  CPPUNIT_TEST_SUITE_END();
};
CPPUNIT_TEST_SUITE_REGISTRATION(UnixEndingTest);

/// A Unix socket that has no room for one more connection.
class FullUnixSocket {
 public:
  explicit FullUnixSocket(const std::string& path)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const auto where = detail::SocketAddress::ofUnixPath(path);
    CPPUNIT_ASSERT_EQUAL(0, ::bind(listener_.get(), where.get(), where.size()));
    CPPUNIT_ASSERT_EQUAL(0, ::listen(listener_.get(), 0));
    do {
      clients_.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    } while (::connect(clients_.back().get(), where.get(), where.size()) == 0);
    CPPUNIT_ASSERT_EQUAL(EAGAIN, errno);
  }
  void makeRoom() { static_cast<void>(accept()); }
  detail::Descriptor accept() {
    return detail::Descriptor(::accept(listener_.get(), nullptr, nullptr));
  }

 private:
  detail::Descriptor listener_;
  std::vector<detail::Descriptor> clients_;
};

class UnixTransportTest final : public OnUnixSocket<test::TimedTransportFixture> {
  CPPUNIT_TEST_SUITE(UnixTransportTest);
  CPPUNIT_TEST(requestsAreForLocalhost);
  CPPUNIT_TEST(addressesSayUnix);
  CPPUNIT_TEST(aFullSocketIsAskedAgain);
  CPPUNIT_TEST(aSocketThatStaysFullTimesOut);
  CPPUNIT_TEST(whyItIsNotReachedIsTold);
  CPPUNIT_TEST(theFileGoesWhenAcceptingStops);
  CPPUNIT_TEST(evhttpListensAndDoesNotDial);
  CPPUNIT_TEST_SUITE_END();

 public:
  // `unix:///path` is no host: the header would make the request one that servers refuse.
  void requestsAreForLocalhost() {
    connect();
    CPPUNIT_ASSERT_EQUAL(std::string("localhost"),
                         std::string(accepted().headers.at(0).get("Host").value_or("none")));
  }

  void addressesSayUnix() {
    connect();
    CPPUNIT_ASSERT_EQUAL(std::string("unix:"), accepted().socket->peerAddress());
    CPPUNIT_ASSERT_EQUAL(listener_->address(), accepted().socket->localAddress());
  }

  // Linux refuses at once where it would let a TCP connection wait.
  void aFullSocketIsAskedAgain() {
    FullUnixSocket full(folder().file("full"));
    End client(std::move(*transport_->dial(folder().socket("full"), {})));
    pass(std::chrono::milliseconds(100));
    CPPUNIT_ASSERT(!client.over());
    CPPUNIT_ASSERT_EQUAL(std::string(), client.socket->peerAddress());
    full.makeRoom();
    pass(detail::Dialler::kFullDelay);
    CPPUNIT_ASSERT(turnUntil([&] { return !client.socket->peerAddress().empty(); }));
  }

  void aSocketThatStaysFullTimesOut() {
    const FullUnixSocket full(folder().file("full"));
    const std::string address = folder().socket("full");
    End client(std::move(*transport_->dial(address, {})));
    pass(DialOptions().connectTimeout + kSlack);
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(address + ": connect: timed out", client.closed->detail());
  }

  void whyItIsNotReachedIsTold() {
    const std::string address = folder().socket("nobody");
    End client(std::move(*transport_->dial(address, {})));
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(address + ": no such file or directory", client.closed->detail());
  }

  // A new process can listen there while the old one still answers.
  void theFileGoesWhenAcceptingStops() {
    End& client = connect();
    listener_->stopAccepting();
    auto next = transport_->listen(listener_->address(), {}, *this);
    CPPUNIT_ASSERT_MESSAGE(next.status().toString(), next.ok());
    accepted().send("answer");
    CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 1; }));
    listener_.reset();
    test::RawPeer late(*loop_, (*next)->address());
  }

  void evhttpListensAndDoesNotDial() {
    prepare_ = echo;
    const auto evhttp = makeEvhttpTransport(*loop_);
    auto listener = evhttp->listen(anyAddress(), {}, *this);
    CPPUNIT_ASSERT_MESSAGE(listener.status().toString(), listener.ok());
    const std::string address = (*listener)->address();
    End client(std::move(*transport_->dial(address, {})));
    client.send("x");
    CPPUNIT_ASSERT(turnUntil([&] { return !client.bodies.empty() || client.over(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("x"), client.bodies.at(0));
    CPPUNIT_ASSERT_EQUAL(std::string("unix:"), accepted().socket->peerAddress());
    const Status refused = evhttp->dial(address, {}).status();
    CPPUNIT_ASSERT(refused.kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_EQUAL("transport: evhttp cannot dial " + address +
                             ": libevent's HTTP client knows no Unix sockets; transport http does",
                         refused.detail());
    accepted_.clear();
    listener->reset();
    CPPUNIT_ASSERT(!std::filesystem::exists(address.substr(7)));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(UnixTransportTest);

}  // namespace evmicro
