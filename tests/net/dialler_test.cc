#include "net/dialler.h"

#include <optional>

#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/raw_peer.h"
#include "net/listen_address.h"
#include "support/full_backlog.h"
#include "support/manual_clock.h"
#include "support/name_server.h"
#include "support/ports.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;

class DiallerTest : public CppUnit::TestFixture, public Dialler::Observer {
  CPPUNIT_TEST_SUITE(DiallerTest);
  CPPUNIT_TEST(familiesTakeTurns);
  CPPUNIT_TEST(connectsToDigits);
  CPPUNIT_TEST(socketIsSetUpForCalls);
  CPPUNIT_TEST(goesOnWhenAnAddressRefuses);
  CPPUNIT_TEST(goesOnWhenAnAddressDoesNotAnswer);
  CPPUNIT_TEST(theFirstAddressMayStillAnswer);
  CPPUNIT_TEST(nothingFollowsTheConnection);
  CPPUNIT_TEST(saysWhyTheFirstAddressFailed);
  CPPUNIT_TEST(anUnknownNameIsAnError);
  CPPUNIT_TEST(mayBeDestroyedAtAnyTime);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    descriptors_ = test::openDescriptors();
    clock_.emplace();
    loop_.emplace();
    server_.emplace(*loop_);
    ResolverOptions options;
    options.servers = server_->address();
    resolver_.emplace(*loop_, options);
    port_ = test::freePorts(1).front();
    fd_ = -1;
    keep_ = false;
    why_.reset();
  }
  void tearDown() override {
    dialler_.reset();
    hanging_.reset();
    if (fd_ >= 0) ::close(fd_);
    if (listener_ >= 0) ::close(std::exchange(listener_, -1));
    resolver_.reset();
    server_.reset();
    loop_.reset();
    clock_.reset();
    CPPUNIT_ASSERT_EQUAL(descriptors_, test::openDescriptors());
  }

  void familiesTakeTurns() {
    const auto order = [](std::vector<std::string> hosts) {
      ResolvedAddresses addresses;
      for (const std::string& host : hosts) addresses.push_back(*SocketAddress::ofLiteral(host, 1));
      std::string text;
      for (const SocketAddress& address : familiesByTurns(addresses)) text += address.host() + " ";
      return text;
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), order({}));
    CPPUNIT_ASSERT_EQUAL(std::string("::1 10.0.0.1 ::2 10.0.0.2 ::3 "),
                         order({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"}));
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1 ::1 10.0.0.2 10.0.0.3 "),
                         order({"10.0.0.1", "10.0.0.2", "10.0.0.3", "::1"}));
  }

  void connectsToDigits() {
    listenAt("127.0.0.1");
    dial("127.0.0.1");
    CPPUNIT_ASSERT_EQUAL(std::string("connected to 127.0.0.1"), outcome());
    CPPUNIT_ASSERT_EQUAL(0, server_->questions);
  }

  // Small messages go at once, and a peer that disappears is found.
  void socketIsSetUpForCalls() {
    listenAt("127.0.0.1");
    dial("127.0.0.1");
    CPPUNIT_ASSERT_EQUAL(std::string("connected to 127.0.0.1"), outcome());
    const auto option = [this](int level, int name) {
      int value = 0;
      socklen_t size = sizeof value;
      ::getsockopt(fd_, level, name, &value, &size);
      return value;
    };
    CPPUNIT_ASSERT(option(IPPROTO_TCP, TCP_NODELAY) != 0);
    CPPUNIT_ASSERT(option(SOL_SOCKET, SO_KEEPALIVE) != 0);
    CPPUNIT_ASSERT_EQUAL(60, option(IPPROTO_TCP, TCP_KEEPIDLE));
  }

  void goesOnWhenAnAddressRefuses() {
    listenAt("127.0.0.3");
    server_->names["three.test"] = {"127.0.0.1", "127.0.0.2", "127.0.0.3"};
    dial("three.test");
    CPPUNIT_ASSERT_EQUAL(std::string("connected to 127.0.0.3"), outcome());
  }

  void goesOnWhenAnAddressDoesNotAnswer() {
    hanging_.emplace("127.0.0.2", port_);
    listenAt("127.0.0.3");
    dialTwo();
    clock_->advance(*loop_, Dialler::kAttemptDelay - 1ms);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(-1, fd_);
    clock_->advance(*loop_, 2ms);
    CPPUNIT_ASSERT_EQUAL(std::string("connected to 127.0.0.3"), outcome());
  }

  // The second refuses while the first has not answered yet: nothing has failed.
  void theFirstAddressMayStillAnswer() {
    hanging_.emplace("127.0.0.2", port_);
    dialTwo();
    clock_->advance(*loop_, 60s);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(-1, fd_);
    CPPUNIT_ASSERT(!why_);
  }

  // Neither from the first address, which has not answered yet, nor from the third.
  void nothingFollowsTheConnection() {
    keep_ = true;
    hanging_.emplace("127.0.0.2", port_);
    listenAt("127.0.0.3");
    const std::size_t before = test::openDescriptors();
    server_->names["three.test"] = {"127.0.0.2", "127.0.0.3", "127.0.0.4"};
    dial("three.test");
    const int asked = server_->questions;
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] {
      return server_->questions == asked + 2 && test::openDescriptors() == before + 1;
    }));
    clock_->advance(*loop_, Dialler::kAttemptDelay);
    CPPUNIT_ASSERT_EQUAL(std::string("connected to 127.0.0.3"), outcome());
    CPPUNIT_ASSERT_EQUAL(before + 1, test::openDescriptors());
    clock_->advance(*loop_, 60s);
    test::turn(*loop_);
    CPPUNIT_ASSERT(!why_);
  }

  void saysWhyTheFirstAddressFailed() {
    server_->names["three.test"] = {"127.0.0.1", "127.0.0.2", "127.0.0.3"};
    dial("three.test");
    CPPUNIT_ASSERT_EQUAL(std::string("connection refused"), outcome());
  }

  void anUnknownNameIsAnError() {
    dial("nobody.test");
    CPPUNIT_ASSERT_EQUAL(std::string("no such host"), outcome());
  }

  void mayBeDestroyedAtAnyTime() {
    hanging_.emplace("127.0.0.2", port_);
    dialTwo();
    dialler_.reset();
    server_->names["two.test"] = {"127.0.0.2"};
    dial("two.test");  // before the look-up has begun
    dialler_.reset();
    dial("127.0.0.2");  // connecting
    dialler_.reset();
    dial("127.0.0.9");  // refused
    dialler_.reset();
    clock_->advance(*loop_, 60s);
    CPPUNIT_ASSERT(!why_ && fd_ < 0);
  }

 private:
  void listenAt(const std::string& host) {
    const auto socket = openListeningSocket(host + ":" + std::to_string(port_));
    CPPUNIT_ASSERT_MESSAGE(socket.status().toString(), socket.ok());
    listener_ = socket->fd;
  }
  void dial(const std::string& host) {
    dialler_.emplace(*loop_, *resolver_, host, static_cast<std::uint16_t>(port_), *this);
    CPPUNIT_ASSERT(!why_ && fd_ < 0);
  }
  // Goes on until the first of two addresses has been tried.
  void dialTwo() {
    const std::size_t before = test::openDescriptors();
    server_->names["two.test"] = {"127.0.0.2", "127.0.0.3"};
    dial("two.test");
    const int asked = server_->questions;
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] {
      return server_->questions == asked + 2 && test::openDescriptors() == before + 1;
    }));
  }
  // What the dialler has said.
  std::string outcome() {
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return why_ || fd_ >= 0; }));
    if (why_) return why_->detail();
    return "connected to " + peerSocketAddress(fd_)->host();
  }
  void onDialled(int fd) override {
    fd_ = fd;
    if (!keep_) dialler_.reset();
  }
  void onDialFailed(Status why) override {
    why_ = std::move(why);
    dialler_.reset();
  }

  std::size_t descriptors_ = 0;
  std::optional<test::ManualClock> clock_;
  std::optional<EventLoop> loop_;
  std::optional<test::NameServer> server_;
  std::optional<Resolver> resolver_;
  std::optional<test::FullBacklog> hanging_;
  std::optional<Dialler> dialler_;
  int port_ = 0;
  int listener_ = -1;
  int fd_ = -1;
  bool keep_ = false;  // the dialler, once it has connected
  std::optional<Status> why_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(DiallerTest);

}  // namespace evmicro
