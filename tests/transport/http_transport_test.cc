#include <evmicro/http_transport.h>

#include <evmicro/conformance/address_contract.h>
#include <evmicro/conformance/conversation_contract.h>
#include <evmicro/conformance/ending_contract.h>
#include <evmicro/conformance/unary_contract.h>
#include <evmicro/timer.h>

#include "http/raw_peer.h"
#include "support/full_backlog.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"
#include "transport/timed_fixture.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::turn;

class HttpUnaryTest final : public test::UnaryContract {
  CPPUNIT_TEST_SUB_SUITE(HttpUnaryTest, test::UnaryContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpUnaryTest);

class HttpConversationTest final : public test::ConversationContract {
  CPPUNIT_TEST_SUB_SUITE(HttpConversationTest, test::ConversationContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpConversationTest);

class HttpEndingTest final : public test::EndingContract {
  CPPUNIT_TEST_SUB_SUITE(HttpEndingTest, test::EndingContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpEndingTest);

class HttpAddressTest final : public test::AddressContract {
  CPPUNIT_TEST_SUB_SUITE(HttpAddressTest, test::AddressContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpAddressTest);

/// What only bytes on a wire can do.
class HttpTransportTest final : public test::TimedTransportFixture {
  CPPUNIT_TEST_SUITE(HttpTransportTest);
  CPPUNIT_TEST(hasAName);
  CPPUNIT_TEST(laterRequestMayComeInAnyPieces);
  CPPUNIT_TEST(drippedRequestIsEndedInTime);
  CPPUNIT_TEST(drippedLaterRequestIsEndedInTime);
  CPPUNIT_TEST(laterRequestOfAnotherMethodIsRefused);
  CPPUNIT_TEST(laterMalformedRequestIsRefused);
  CPPUNIT_TEST(halfARequestAndTheEndBreaksTheConnection);
  CPPUNIT_TEST(replyAskedToCloseSaysSo);
  CPPUNIT_TEST(replyTellsThatMoreMayFollow);
  CPPUNIT_TEST(whatIsSentInOneGoGoesOutTogether);
  CPPUNIT_TEST(malformedReplyBreaksTheConnection);
  CPPUNIT_TEST(shortReplyBreaksTheConnection);
  CPPUNIT_TEST(replyThatEndsWithTheConnectionIsWhole);
  CPPUNIT_TEST(replyOfAServerThatSaysNothingIsNotReusable);
  CPPUNIT_TEST(connectionThatIsNotMadeTimesOut);
  CPPUNIT_TEST(unknownHostIsUnavailable);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    peer_.reset();  // before its loop
    TimedTransportFixture::tearDown();
  }

  void hasAName() { CPPUNIT_ASSERT_EQUAL(std::string("http"), std::string(transport_->name())); }

  void laterRequestMayComeInAnyPieces() {
    prepare_ = echo;
    RawPeer& peer = firstRequest();
    for (const char c : request("pieces")) {
      peer.send(std::string(1, c));
      turn(*loop_, 2);
    }
    CPPUNIT_ASSERT(turnUntil([&] { return peer.has("pieces"); }));
    CPPUNIT_ASSERT_EQUAL(std::string("pieces"), accepted().bodies.at(1));
  }

  void drippedRequestIsEndedInTime() {
    ListenOptions options;
    options.messageTimeout = 200ms;
    listen(options);
    RawPeer peer(*loop_, listener_->address());
    CPPUNIT_ASSERT(endedWhileDripping(peer));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("HTTP/1.1 408 "));
    CPPUNIT_ASSERT(accepted_.empty());
  }

  void drippedLaterRequestIsEndedInTime() {
    ListenOptions options;
    options.messageTimeout = 200ms;
    options.idleTimeout = 10s;
    prepare_ = echo;
    RawPeer& peer = firstRequest(options);
    peer.forget();
    CPPUNIT_ASSERT(endedWhileDripping(peer));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("HTTP/1.1 408 "));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), accepted().bodies.size());
  }

  void laterRequestOfAnotherMethodIsRefused() {
    prepare_ = echo;
    RawPeer& peer = firstRequest();
    peer.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("HTTP/1.1 405 Method Not Allowed\r\n"));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("\r\nAllow: GET, HEAD, OPTIONS, POST\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), accepted().bodies.size());
  }

  void laterMalformedRequestIsRefused() {
    prepare_ = echo;
    RawPeer& peer = firstRequest();
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("HTTP/1.1 400 "));
    peer.close();
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("mc"), accepted().events);
  }

  void halfARequestAndTheEndBreaksTheConnection() {
    prepare_ = echo;
    RawPeer& peer = firstRequest();
    peer.send(request("whole").substr(0, 30));
    peer.finish();
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
    CPPUNIT_ASSERT(accepted().closed->kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_MESSAGE(
        accepted().closed->detail(),
        accepted().closed->detail().find("in the middle of a message") != std::string::npos);
  }

  void replyAskedToCloseSaysSo() {
    prepare_ = echo;
    listen();
    RawPeer peer(*loop_, listener_->address());
    peer.send(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nX: y, Close\r\n"
        "Connection: other, CLOSE\r\n\r\nab");
    CPPUNIT_ASSERT(turnUntil([&] { return peer.has("ab"); }));
    CPPUNIT_ASSERT(!accepted().socket->reusable());
    CPPUNIT_ASSERT(!peer.has("Keep-Alive"));
  }

  void replyTellsThatMoreMayFollow() {
    prepare_ = echo;
    RawPeer& peer = firstRequest();
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("\r\nKeep-Alive: timeout=120\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"),
                         peer.received().substr(0, 36));
  }

  // A system call for each would cost a stream of small messages more than all the rest.
  void whatIsSentInOneGoGoesOutTogether() {
    std::vector<std::size_t> queued;
    prepare_ = [&queued](test::End& end) {
      end.whenMessage = [&queued](test::End& self, const std::string&) {
        for (const char* const body : {"one", "two", "three"}) {
          self.send(body);
          queued.push_back(self.socket->queued());
        }
      };
    };
    listen();
    peer_ = std::make_unique<RawPeer>(*loop_, listener_->address());
    for (std::size_t round = 1; round <= 2; ++round) {
      peer_->send(request("go"));
      CPPUNIT_ASSERT(turnUntil([&] { return peer_->has("three"); }));
      CPPUNIT_ASSERT_EQUAL(round * 3, queued.size());
      CPPUNIT_ASSERT_EQUAL(std::size_t(0), queued[round * 3 - 3]);
      CPPUNIT_ASSERT(queued[round * 3 - 2] > 0);
      CPPUNIT_ASSERT(queued[round * 3 - 1] > queued[round * 3 - 2]);
      const std::string received = peer_->received();
      CPPUNIT_ASSERT(received.find("one") < received.find("two"));
      CPPUNIT_ASSERT(received.find("two") < received.find("three"));
      peer_->forget();
    }
  }

  void malformedReplyBreaksTheConnection() {
    const Status why = brokenBy("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    CPPUNIT_ASSERT(why.kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_MESSAGE(why.detail(), why.detail().find("bad reply from 127.0.0.1:") == 0);
  }

  void shortReplyBreaksTheConnection() {
    const Status why = brokenBy("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
    CPPUNIT_ASSERT(why.kind() == ErrorKind::kInternal);
  }

  void replyThatEndsWithTheConnectionIsWhole() {
    test::ScriptedServer server(*loop_, [](const auto&) {
      return test::ScriptedServer::Reply{"HTTP/1.0 200 OK\r\n\r\nuntil the end",
                                         test::ScriptedServer::Then::kClose};
    });
    test::End client(std::move(*transport_->dial(server.address(), {})));
    client.send("x");
    CPPUNIT_ASSERT(turnUntil([&] { return client.events == "mf"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("until the end"), client.bodies[0]);
  }

  // A server of 2016 falls silent after one answer and says nothing about it.
  void replyOfAServerThatSaysNothingIsNotReusable() {
    test::ScriptedServer server(*loop_, [](const auto&) {
      return test::ScriptedServer::Reply{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"};
    });
    test::End client(std::move(*transport_->dial(server.address(), {})));
    client.send("x");
    CPPUNIT_ASSERT(turnUntil([&] { return client.events == "m"; }));
    CPPUNIT_ASSERT(!client.socket->reusable());
  }

  // A backlog that is full lets no connection be made.
  void connectionThatIsNotMadeTimesOut() {
    const test::FullBacklog nobody;
    DialOptions options;
    options.connectTimeout = 50ms;
    test::End client(std::move(*transport_->dial(nobody.address(), options)));
    client.send("x");
    pass(49ms);
    CPPUNIT_ASSERT(!client.over());
    pass(kSlack + 1ms);
    CPPUNIT_ASSERT(client.over());
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(nobody.address() + ": connect: timed out", client.closed->detail());

    test::End closing(std::move(*transport_->dial(nobody.address(), options)));
    closing.send("x");
    closing.socket->close();
    pass(50ms + kSlack);
    CPPUNIT_ASSERT(closing.over());
    CPPUNIT_ASSERT(closing.closed->kind() == ErrorKind::kUnavailable);
  }

  void unknownHostIsUnavailable() {
    clock_.reset();  // whom it asks for the name takes real time
    auto socket = transport_->dial("no-such-host.invalid:80", {});
    CPPUNIT_ASSERT(socket.ok());
    test::End client(std::move(*socket));
    client.send("x");
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
  }

 private:
  using RawPeer = test::RawPeer;

  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }

  static std::string request(const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

  // A connection whose first request, "first", has been answered.
  RawPeer& firstRequest(ListenOptions options = {}) {
    listen(options);
    peer_ = std::make_unique<RawPeer>(*loop_, listener_->address());
    peer_->send(request("first"));
    CPPUNIT_ASSERT(turnUntil([&] { return peer_->has("first"); }));
    return *peer_;
  }

  // A byte every 20 ms, which no time-out for a single byte would ever notice. Ends at 200 ms.
  bool endedWhileDripping(RawPeer& peer) {
    const std::string slow = request(std::string(1'000, 'x'));
    peer.send(slow.substr(0, 1));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.unsent() == 0; }));
    settle();
    for (std::size_t sent = 1; sent < 10; ++sent) {
      pass(20ms);
      if (peer.ended()) return false;
      peer.send(slow.substr(sent, 1));
    }
    pass(20ms + kSlack);
    return turnUntil([&] { return peer.ended(); });
  }

  Status brokenBy(const std::string& bytes) {
    test::ScriptedServer server(*loop_, [&bytes](const auto&) {
      return test::ScriptedServer::Reply{bytes, test::ScriptedServer::Then::kClose};
    });
    test::End client(std::move(*transport_->dial(server.address(), {})));
    client.send("x");
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("c"), client.events);
    return *client.closed;
  }

  std::unique_ptr<RawPeer> peer_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpTransportTest);

}  // namespace evmicro
