// Connections of the http transport: pooled ones, slow ones, too many of them.
#include <evmicro/http_transport.h>

#include <sys/socket.h>
#include <unistd.h>

#include "http/raw_peer.h"
#include "support/listening_socket.h"
#include "support/turn_until.h"
#include "transport/timed_fixture.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

// A server that does what it is told, when it is told, without a loop.
class BlockingServer {
 public:
  BlockingServer() = default;
  BlockingServer(const BlockingServer&) = delete;
  BlockingServer& operator=(const BlockingServer&) = delete;
  ~BlockingServer() { closePeer(); }
  std::string address() const { return listening_.address(); }
  void accept() { peer_ = ::accept4(listening_.fd(), nullptr, nullptr, SOCK_CLOEXEC); }
  void send(std::string_view bytes) { ::send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void closePeer() {
    if (peer_ >= 0) ::close(std::exchange(peer_, -1));
  }

 private:
  const test::ListeningSocket listening_;
  int peer_ = -1;
};

constexpr std::string_view kReply =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=5\r\n\r\nok";

}  // namespace

class HttpConnectionTest final : public test::TimedTransportFixture {
  CPPUNIT_TEST_SUITE(HttpConnectionTest);
  CPPUNIT_TEST(keptConnectionThatThePeerHasClosedIsNotReusable);
  CPPUNIT_TEST(connectionThatEndsWithItsReplyIsNotReusable);
  CPPUNIT_TEST(connectionJustUsedIsNotLookedAt);
  CPPUNIT_TEST(keptConnectionWithUnaskedBytesIsNotReusable);
  CPPUNIT_TEST(bytesBehindAReplyMakeItNotReusable);
  CPPUNIT_TEST(halfARequestBehindAnotherIsEndedInTime);
  CPPUNIT_TEST(halfARequestBehindALateAnswerIsEndedInTime);
  CPPUNIT_TEST(messageTimeDoesNotRunBetweenRequests);
  CPPUNIT_TEST(waitingSocketsKnowTheirPlaces);
  CPPUNIT_TEST(refusedConnectionsAreAnsweredAndBounded);
  CPPUNIT_TEST(silentConnectionEndsWhenItIsIdle);
  CPPUNIT_TEST(closingEndsWhenThePeerTakesNothing);
  CPPUNIT_TEST(anObserverIsToldWhenHalfIsLeft);
  CPPUNIT_TEST(anEndThatSendsNoMoreIsNotToldOfRoom);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    peers_.clear();
    TimedTransportFixture::tearDown();
  }

  // The loop has not turned since, as in a blocking program between its calls.
  void keptConnectionThatThePeerHasClosedIsNotReusable() {
    BlockingServer server;
    test::End client;
    answered(server, client, kReply);
    CPPUNIT_ASSERT(client.socket->reusable());
    clock_->skip(11ms);
    CPPUNIT_ASSERT(client.socket->reusable());
    server.closePeer();
    CPPUNIT_ASSERT(!client.socket->reusable());
  }

  // Whatever else the reply says.
  void connectionThatEndsWithItsReplyIsNotReusable() {
    BlockingServer server;
    test::End client;
    std::string reply(kReply);
    reply.insert(reply.find("Keep-Alive"), "Connection: close\r\n");
    answered(server, client, reply);
    CPPUNIT_ASSERT(!client.socket->reusable());
  }

  void connectionJustUsedIsNotLookedAt() {
    BlockingServer server;
    test::End client;
    answered(server, client, kReply);
    server.closePeer();
    clock_->skip(10ms - 1us);
    CPPUNIT_ASSERT(client.socket->reusable());
    clock_->skip(1us);
    CPPUNIT_ASSERT(!client.socket->reusable());
  }

  void keptConnectionWithUnaskedBytesIsNotReusable() {
    BlockingServer server;
    test::End client;
    answered(server, client, kReply);
    clock_->skip(11ms);
    server.send("H");
    CPPUNIT_ASSERT(!client.socket->reusable());
  }

  void bytesBehindAReplyMakeItNotReusable() {
    BlockingServer server;
    test::End client;
    bool reusable = true;
    client.whenMessage = [&reusable](test::End& end, const std::string&) {
      reusable = end.socket->reusable();
    };
    answered(server, client, std::string(kReply) + "H");
    CPPUNIT_ASSERT(!reusable);
    CPPUNIT_ASSERT(!client.socket->reusable());
  }

  void halfARequestBehindAnotherIsEndedInTime() {
    prepare_ = echo;
    listenWith(50ms);
    test::RawPeer& peer = connectPeer();
    peer.send(kRequest + kRequest.substr(0, 20));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.has("hello"); }));
    pass(49ms);
    CPPUNIT_ASSERT(!peer.ended());
    pass(kSlack + 1ms);
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("HTTP/1.1 408 Request Timeout\r\n"));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("\nthe request took too long to arrive\n"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().tooSlow);
  }

  void halfARequestBehindALateAnswerIsEndedInTime() {
    prepare_ = [](test::End& end) {
      end.whenMessage = [](test::End& self, const std::string&) { self.socket->pause(); };
    };
    listenWith(50ms);
    test::RawPeer& peer = connectPeer();
    peer.send(kRequest + kRequest.substr(0, 20));
    CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty(); }));
    pass(1min);  // it is our side that is at work
    CPPUNIT_ASSERT(!peer.ended());
    accepted().send("late");
    accepted().socket->resume();
    CPPUNIT_ASSERT(turnUntil([&] { return peer.has("late"); }));
    pass(49ms);
    CPPUNIT_ASSERT(!peer.ended());
    pass(kSlack + 1ms);
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("late"));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("HTTP/1.1 408 "));
  }

  void messageTimeDoesNotRunBetweenRequests() {
    prepare_ = echo;
    listenWith(100ms);
    test::RawPeer& peer = connectPeer();
    for (std::size_t round = 1; round <= 2; ++round) {
      peer.send(kRequest.substr(0, 20));
      test::turn(*loop_);
      peer.send(kRequest.substr(20));
      const bool came = turnUntil([&] { return peer.count("HTTP/1.1 200 ") == round; });
      CPPUNIT_ASSERT_MESSAGE(peer.received(), came);
      pass(1min);
    }
    CPPUNIT_ASSERT(!peer.ended());
  }

  // Those that leave make room for the last ones, which must still be found.
  void waitingSocketsKnowTheirPlaces() {
    prepare_ = echo;
    listenWith(30s);
    for (int i = 0; i < 5; ++i) connectPeer();
    CPPUNIT_ASSERT(turnUntil([&] { return listener_->stats().connections == 5; }));
    peers_[0]->send(kRequest);  // the last takes the place of the first
    CPPUNIT_ASSERT(turnUntil([&] { return peers_[0]->has("hello"); }));
    peers_[4]->send(kRequest);
    CPPUNIT_ASSERT(turnUntil([&] { return peers_[4]->has("hello"); }));
    peers_[1]->close();
    CPPUNIT_ASSERT(turnUntil([&] { return listener_->stats().connections == 4; }));
    for (const int i : {3, 2}) {
      peers_[static_cast<std::size_t>(i)]->send(kRequest);
      CPPUNIT_ASSERT(turnUntil([&] { return peers_[static_cast<std::size_t>(i)]->has("hello"); }));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), accepted_.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), listener_->stats().connections);
  }

  void refusedConnectionsAreAnsweredAndBounded() {
    constexpr std::size_t kLingering = 256;
    ListenOptions options;
    options.maxConnections = 1;
    prepare_ = echo;
    listen(options);
    connectPeer().send(kRequest);
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
    const std::size_t before = test::openDescriptors();
    constexpr std::size_t kRefused = kLingering + 20;
    std::size_t most = 0;
    for (std::size_t i = 0; i < kRefused; ++i) connectPeer();
    CPPUNIT_ASSERT(turnUntil([&] {
      most = std::max(most, test::openDescriptors() - before - kRefused);
      return listener_->stats().tooManyConnections == kRefused;
    }));
    CPPUNIT_ASSERT_MESSAGE(std::to_string(most), most > 0 && most <= kLingering);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), listener_->stats().connections);
    for (std::size_t i = 1; i <= kRefused; ++i) {
      test::RawPeer& peer = *peers_[i];
      CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
      CPPUNIT_ASSERT_EQUAL(
          std::string("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 21\r\n"
                      "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
                      "too many connections\n"),
          peer.received());
    }
    peers_.resize(1);
    CPPUNIT_ASSERT(turnUntil([&] { return test::openDescriptors() == before; }));
  }

  void silentConnectionEndsWhenItIsIdle() {
    ListenOptions options;
    options.idleTimeout = 30ms;
    listen(options);
    test::RawPeer& peer = connectPeer();
    CPPUNIT_ASSERT(turnUntil([&] { return listener_->stats().connections == 1; }));
    pass(29ms);
    CPPUNIT_ASSERT(!peer.ended());
    pass(kSlack + 1ms);
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::string(), peer.received());
    CPPUNIT_ASSERT(accepted_.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), listener_->stats().connections);
  }

  // Half a minute at least, however short the idle time is; and again as long while it reads.
  void closingEndsWhenThePeerTakesNothing() {
    ListenOptions options;
    options.idleTimeout = 1s;
    options.minReadRate = 0;
    prepare_ = [](test::End& end) {
      end.whenMessage = [](test::End& self, const std::string&) {
        self.send(std::string(16U << 20, 'x'));
        self.socket->close();
      };
    };
    listen(options);
    test::RawPeer& peer = connectPeer();
    peer.stopReading();
    peer.send(kRequest);
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
    test::turn(*loop_);
    pass(30s - 1ms);
    CPPUNIT_ASSERT(!accepted().over());
    peer.startReading();
    const std::size_t queued = accepted().socket->queued();
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().socket->queued() < queued; }));
    peer.stopReading();
    test::turn(*loop_);
    pass(1ms);
    CPPUNIT_ASSERT(!accepted().over());
    pass(30s - 1ms);
    CPPUNIT_ASSERT(!accepted().over());
    pass(1ms);
    CPPUNIT_ASSERT(accepted().over());
    CPPUNIT_ASSERT_MESSAGE(accepted().closed->detail(),
                           accepted().closed->detail().find(" bytes that the peer does not read") !=
                               std::string::npos);
  }

  // Both ends: the rest is more than the system takes at once.
  void anObserverIsToldWhenHalfIsLeft() {
    for (const bool serves : {false, true}) {
      connectWithMarks();
      test::End& end = serves ? accepted() : *dialled_.back();
      test::End& peer = serves ? *dialled_.back() : accepted();
      std::optional<std::size_t> left;
      end.whenWritable = [&left](test::End& self) { left = self.socket->queued(); };
      fill(end, peer);
      peer.socket->resume();
      CPPUNIT_ASSERT(turnUntil([&] { return left.has_value(); }));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(*left), *left > 0 && *left <= kHighWater / 2);
    }
  }

  void anEndThatSendsNoMoreIsNotToldOfRoom() {
    for (const bool closes : {false, true}) {
      connectWithMarks();
      test::End& end = *dialled_.back();
      test::End& peer = accepted();
      end.whenFinished = peer.whenFinished = [](test::End& self) { self.socket->close(); };
      fill(end, peer);
      closes ? end.socket->close() : end.socket->finishSending();
      peer.socket->resume();
      CPPUNIT_ASSERT(turnUntil([&] { return end.over() && peer.over(); }));
      CPPUNIT_ASSERT_EQUAL(std::string(closes ? "c" : "fc"), end.events);
    }
  }

 private:
  // More than the system holds for a peer that does not read.
  static constexpr std::size_t kHighWater = 24U << 20;

  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }
  void listenWith(std::chrono::milliseconds messageTimeout) {
    ListenOptions options;
    options.messageTimeout = messageTimeout;
    listen(options);
  }
  void connectWithMarks() {
    dialled_.clear();
    accepted_.clear();
    ListenOptions options;
    options.highWaterBytes = kHighWater;
    listen(options);
    DialOptions dialOptions;
    dialOptions.highWaterBytes = kHighWater;
    connect(dialOptions);
  }
  // Makes `peer` slow.
  void fill(test::End& end, test::End& peer) {
    peer.socket->pause();
    const std::string piece(1U << 20, 'x');
    for (int sent = 0; end.socket->queued() <= kHighWater; ++sent) {
      CPPUNIT_ASSERT(sent < 100);
      end.send(piece);
      test::turn(*loop_);
    }
  }
  test::RawPeer& connectPeer() {
    peers_.push_back(std::make_unique<test::RawPeer>(*loop_, listener_->address()));
    return *peers_.back();
  }
  void answered(BlockingServer& server, test::End& client, std::string_view reply) {
    auto dialled = transport_->dial(server.address(), {});
    CPPUNIT_ASSERT(dialled.ok());
    client.socket = std::move(*dialled);
    client.socket->observe(&client);
    client.send("x");
    test::turn(*loop_);
    server.accept();
    server.send(reply);
    CPPUNIT_ASSERT(turnUntil([&] { return client.events == "m"; }));
  }
  const std::string kRequest = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  std::vector<std::unique_ptr<test::RawPeer>> peers_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpConnectionTest);

}  // namespace evmicro
