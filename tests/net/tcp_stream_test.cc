// One TcpStream and a bare descriptor as its peer.
#include "net/tcp_stream.h"

#include <cerrno>
#include <functional>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/raw_peer.h"
#include "net/listen_address.h"
#include "net/noted.h"
#include "net/resolver.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace detail;
using test::Noted;

namespace {

constexpr std::size_t kBatch = 64U << 10;

}  // namespace

class TcpStreamTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TcpStreamTest);
  CPPUNIT_TEST(theFirstWriteGoesOutAtOnce);
  CPPUNIT_TEST(whatFollowsGoesOutInBatches);
  CPPUNIT_TEST(aBatchGoesOutAtOnce);
  CPPUNIT_TEST(anEventMakesItFreshAgain);
  CPPUNIT_TEST(aDrainedStreamIsFresh);
  CPPUNIT_TEST(manyBlocksKeepTheirOrder);
  CPPUNIT_TEST(drainedAtTheLowWaterMark);
  CPPUNIT_TEST(whatTheSystemHoldsIsNotTaken);
  CPPUNIT_TEST(readsOnlyWhenWanted);
  CPPUNIT_TEST(readsAgainAlsoWhileAWakeUpWaits);
  CPPUNIT_TEST(wakesInALaterTurn);
  CPPUNIT_TEST(wakesAlsoWhenTheEndComesFirst);
  CPPUNIT_TEST(theEndComesOnceAndWritingGoesOn);
  CPPUNIT_TEST(aResetReachesThePeer);
  CPPUNIT_TEST(aResetOfThePeerIsAnError);
  CPPUNIT_TEST(quietUntilSomethingCame);
  CPPUNIT_TEST(mayBeDestroyedInEachCallback);
  CPPUNIT_TEST(queuesUntilItIsConnected);
  CPPUNIT_TEST(connectionRefusedIsUnavailable);
  CPPUNIT_TEST(namesBothAddresses);
  CPPUNIT_TEST(whatTheSystemDoesNotWatchFails);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    descriptors_ = test::openDescriptors();
    loop_.emplace();
    noted_ = {};
  }
  void tearDown() override {
    stream_.reset();
    closePeer();
    resolver_.reset();
    loop_.reset();
    CPPUNIT_ASSERT_EQUAL(descriptors_, test::openDescriptors());
  }

  void theFirstWriteGoesOutAtOnce() {
    connect();
    write("head", "body");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->queued());
    CPPUNIT_ASSERT_EQUAL(std::string("headbody"), peerReads());
  }

  // 1 byte below the batch waits for the loop; the batch does not.
  void whatFollowsGoesOutInBatches() {
    connect();
    write("x");
    write(std::string(kBatch - 1, 'y'));
    CPPUNIT_ASSERT_EQUAL(kBatch - 1, stream_->queued());
    CPPUNIT_ASSERT_EQUAL(std::string("x"), peerReads());
    write("z");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->queued());
    CPPUNIT_ASSERT_EQUAL(std::string(kBatch - 1, 'y') + "z", peerReadsBytes(kBatch));
    write("last");
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), stream_->queued());
    CPPUNIT_ASSERT_EQUAL(std::string("last"), peerReadsBytes(4));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->queued());
  }

  // As a file, which epoll refuses: on a base of somebody else, and on our own, which collects
  // changes.
  void whatTheSystemDoesNotWatchFails() {
    event_set_log_callback([](int, const char*) {});  // it warns
    {
      const EventBase base(event_base_new());
      EventLoop loop(base.get());
      expectUnwatched(loop);
    }
    event_set_log_callback(nullptr);
    noted_.events.clear();
    EventLoop own;
    expectUnwatched(own);
  }

  void expectUnwatched(EventLoop& loop) {
    TcpStream stream(loop, ::memfd_create("file", MFD_CLOEXEC));
    stream.observe(noted_);
    CPPUNIT_ASSERT(test::turnUntil(loop, [this] { return !noted_.events.empty(); }));
    test::turn(loop);
    CPPUNIT_ASSERT_EQUAL(std::string("X"), noted_.events);
    CPPUNIT_ASSERT(noted_.why->kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_EQUAL(std::string("the system does not watch the connection"),
                         noted_.why->detail());
  }

  void aBatchGoesOutAtOnce() {
    connect();
    write("x");
    write("h", std::string(kBatch - 1, 'y'));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->queued());
    CPPUNIT_ASSERT_EQUAL("xh" + std::string(kBatch - 1, 'y'), peerReadsBytes(kBatch + 1));
  }

  void anEventMakesItFreshAgain() {
    connect();
    write("1");
    peerWrites("x");
    CPPUNIT_ASSERT(until("B"));
    write("2");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->queued());
    stream_->wake();
    CPPUNIT_ASSERT(until("BW"));
    write("3");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->queued());
    CPPUNIT_ASSERT_EQUAL(std::string("123"), peerReads());
  }

  void aDrainedStreamIsFresh() {
    connect();
    write("1");
    write("2");
    CPPUNIT_ASSERT(until("D"));
    write("3");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->queued());
    CPPUNIT_ASSERT_EQUAL(std::string("123"), peerReads());
  }

  // More blocks than one system call takes.
  void manyBlocksKeepTheirOrder() {
    connect();
    Buffer body;
    std::string expected = "head";
    for (int i = 0; i < 40; ++i) {
      Buffer block;
      block.raw();
      const std::string text = "block " + std::to_string(i) + std::string(5'000, '.');
      block.append(text);
      expected += text;
      body.append(std::move(block));
    }
    stream_->write("head", body);
    CPPUNIT_ASSERT(body.empty());
    CPPUNIT_ASSERT(expected == peerReadsBytes(expected.size()));
  }

  void whatTheSystemHoldsIsNotTaken() {
    constexpr std::size_t kMuch = 16U << 20;
    connect();
    write(std::string(kMuch, 'x'));
    test::turn(*loop_);
    CPPUNIT_ASSERT(stream_->queued() > 0);
    CPPUNIT_ASSERT(stream_->untaken() > stream_->queued());
    CPPUNIT_ASSERT(stream_->untaken() < kMuch);
    CPPUNIT_ASSERT_EQUAL(kMuch, peerReadsBytes(kMuch).size());
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return stream_->untaken() == 0; }));
  }

  void drainedAtTheLowWaterMark() {
    constexpr std::size_t kLow = 100'000;
    connect(8'192);  // so that little goes out at a time
    stream_->setLowWater(kLow);
    const std::string much(1U << 20, 'x');
    write(much);
    CPPUNIT_ASSERT(stream_->queued() > kLow);
    std::size_t read = 0;
    std::size_t before = stream_->queued();
    turnWhile([&] {
      if (!noted_.events.empty()) return false;
      before = stream_->queued();
      read += peerReads(8'192).size();
      return true;
    });
    CPPUNIT_ASSERT_EQUAL(std::string("D"), noted_.events);
    CPPUNIT_ASSERT(before > kLow && stream_->queued() <= kLow && stream_->queued() > 0);
    stream_->setLowWater(0);
    noted_.events.clear();
    turnWhile([&] {
      read += peerReads(65'536).size();
      return read < much.size();
    });
    CPPUNIT_ASSERT_EQUAL(much.size(), read);
    CPPUNIT_ASSERT_EQUAL(std::string("D"), noted_.events);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->queued());
  }

  void readsOnlyWhenWanted() {
    connect();
    stream_->stopReading();
    peerWrites("x");
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string(), noted_.events);
    stream_->startReading();
    CPPUNIT_ASSERT(until("B"));
    stream_->stopReading();
    stream_->wake();  // does not depend on reading
    CPPUNIT_ASSERT(until("BW"));
  }

  // It never read again: libevent does not add an event that is active already.
  void readsAgainAlsoWhileAWakeUpWaits() {
    connect();
    stream_->stopReading();
    stream_->wake();
    stream_->startReading();
    CPPUNIT_ASSERT(until("W"));
    peerWrites("x");
    CPPUNIT_ASSERT(until("WB"));
  }

  void wakesInALaterTurn() {
    connect();
    stream_->wake();
    stream_->wake();
    CPPUNIT_ASSERT_EQUAL(std::string(), noted_.events);
    stream_->stopReading();  // does not take it back
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("W"), noted_.events);
  }

  // The end takes the event for reading away, by which wake() works.
  void wakesAlsoWhenTheEndComesFirst() {
    connect();
    peerFinishes();
    stream_->wake();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return noted_.events.size() == 2; }));
    CPPUNIT_ASSERT(noted_.events == "WE" || noted_.events == "EW");
  }

  void theEndComesOnceAndWritingGoesOn() {
    connect();
    peerWrites("last");
    peerFinishes();
    CPPUNIT_ASSERT(until("BE"));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("BE"), noted_.events);
    write("answer");
    stream_->shutdownWrite();
    CPPUNIT_ASSERT_EQUAL(std::string("answer"), peerReads());
    char more = 0;
    CPPUNIT_ASSERT_EQUAL(ssize_t(0), ::recv(peer_, &more, 1, MSG_DONTWAIT));
  }

  void aResetReachesThePeer() {
    connect();
    write("x");
    CPPUNIT_ASSERT_EQUAL(std::string("x"), peerReads());
    write("queued");
    stream_->reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->queued());
    char next = 0;
    CPPUNIT_ASSERT_EQUAL(ssize_t(-1), ::recv(peer_, &next, 1, MSG_DONTWAIT));
    CPPUNIT_ASSERT_EQUAL(ECONNRESET, errno);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string(), noted_.events);
  }

  void aResetOfThePeerIsAnError() {
    connect();
    const linger now{1, 0};
    ::setsockopt(peer_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    closePeer();
    CPPUNIT_ASSERT(until("X"));
    CPPUNIT_ASSERT(noted_.why->kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT(noted_.why->detail().find("reset") != std::string::npos);
  }

  void quietUntilSomethingCame() {
    connect();
    CPPUNIT_ASSERT(stream_->quiet());
    peerWrites("x");
    CPPUNIT_ASSERT(!stream_->quiet());
    CPPUNIT_ASSERT(until("B"));
    CPPUNIT_ASSERT(stream_->quiet());
    peerFinishes();
    CPPUNIT_ASSERT(!stream_->quiet());
  }

  void mayBeDestroyedInEachCallback() {
    for (const char event : {'B', 'W', 'D', 'E', 'X'}) {
      noted_ = {};
      connect();
      noted_.next = [this] { stream_.reset(); };
      switch (event) {
        case 'B': peerWrites("x"); break;
        case 'W': stream_->wake(); break;
        case 'D': write("x"), write("y"); break;
        case 'E': peerFinishes(); break;
        default: {
          const linger now{1, 0};
          ::setsockopt(peer_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
          closePeer();
        }
      }
      CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return !stream_; }));
      CPPUNIT_ASSERT_EQUAL(std::string(1, event), noted_.events);
      closePeer();
    }
  }

  void queuesUntilItIsConnected() {
    auto listening = openListeningSocket("127.0.0.1:0");
    dial(portOf(listening->address));
    CPPUNIT_ASSERT(!stream_->connected());
    write("early ", "bird");
    CPPUNIT_ASSERT_EQUAL(std::size_t(10), stream_->queued());
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return stream_->connected(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("C"), noted_.events.substr(0, 1));
    peer_ = ::accept(listening->fd, nullptr, nullptr);
    ::close(listening->fd);
    CPPUNIT_ASSERT_EQUAL(std::string("early bird"), peerReadsBytes(10));
  }

  void connectionRefusedIsUnavailable() {
    auto listening = openListeningSocket("127.0.0.1:0");
    const auto port = portOf(listening->address);
    ::close(listening->fd);
    dial(port);
    write("x");
    CPPUNIT_ASSERT(until("X"));
    CPPUNIT_ASSERT(noted_.why->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(std::string(), stream_->peerAddress());
  }

  void namesBothAddresses() {
    connect();
    CPPUNIT_ASSERT_EQUAL(localAddressOf(peer_), stream_->peerAddress());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), stream_->localAddress().find("127.0.0.1:"));
    CPPUNIT_ASSERT_EQUAL(std::string(), localAddressOf(-1));
  }

 private:
  static std::uint16_t portOf(const std::string& address) {
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }

  // The stream is the accepted end. 0: as much as the kernel likes.
  void connect(int sendBuffer = 0) {
    auto listening = openListeningSocket("127.0.0.1:0");
    CPPUNIT_ASSERT(listening.ok());
    if (sendBuffer > 0) {
      ::setsockopt(listening->fd, SOL_SOCKET, SO_SNDBUF, &sendBuffer, sizeof sendBuffer);
    }
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listening->fd, reinterpret_cast<sockaddr*>(&address), &size);
    peer_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CPPUNIT_ASSERT_EQUAL(0, ::connect(peer_, reinterpret_cast<sockaddr*>(&address), size));
    const int fd = ::accept4(listening->fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ::close(listening->fd);
    stream_ = std::make_unique<TcpStream>(*loop_, fd);
    stream_->observe(noted_);
  }
  void dial(std::uint16_t port) {
    resolver_.emplace(*loop_);
    stream_ = std::make_unique<TcpStream>(*loop_, *resolver_, "127.0.0.1", port);
    stream_->observe(noted_);
  }

  void write(std::string_view head, std::string_view body = {}) {
    Buffer buffer(body);
    stream_->write(head, buffer);
    CPPUNIT_ASSERT(buffer.empty());
  }
  bool until(const std::string& events) {
    return test::turnUntil(*loop_, [&] { return noted_.events == events; });
  }

  // The peer is not on the loop, which must not wait for it.
  void turnWhile(const std::function<bool()>& more) {
    const auto end = EventLoop::now() + std::chrono::seconds(20);
    while (more() && EventLoop::now() < end) test::turn(*loop_, 1);
  }
  // What is there now; the loop does not turn.
  std::string peerReads(std::size_t atMost = 1U << 20) {
    std::string bytes(atMost, '\0');
    const ssize_t size = ::recv(peer_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }
  std::string peerReadsBytes(std::size_t count) {
    std::string bytes;
    turnWhile([&] { return (bytes += peerReads()).size() < count; });
    return bytes;
  }
  void peerWrites(std::string_view bytes) {
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(bytes.size()),
                         ::send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  void peerFinishes() { ::shutdown(peer_, SHUT_WR); }
  void closePeer() {
    if (peer_ >= 0) ::close(std::exchange(peer_, -1));
  }

  std::size_t descriptors_ = 0;
  std::optional<EventLoop> loop_;
  std::optional<Resolver> resolver_;
  Noted noted_;
  int peer_ = -1;
  std::unique_ptr<TcpStream> stream_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TcpStreamTest);

}  // namespace evmicro
