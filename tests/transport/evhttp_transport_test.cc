#include <evmicro/evhttp_transport.h>

#include <evmicro/conformance/address_contract.h>
#include <evmicro/conformance/unary_contract.h>
#include <evmicro/http_transport.h>

#include "http/raw_peer.h"
#include "support/full_backlog.h"
#include "support/scripted_server.h"
#include "transport/timed_fixture.h"

namespace evmicro {

using namespace std::chrono_literals;

class EvhttpUnaryTest final : public test::UnaryContract {
  CPPUNIT_TEST_SUB_SUITE(EvhttpUnaryTest, test::UnaryContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeEvhttpTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(EvhttpUnaryTest);

/// It connects at the first request, so a refusal needs one: see EvhttpTransportTest.
class EvhttpAddressTest final : public test::AddressContract {
  CPPUNIT_TEST_SUITE(EvhttpAddressTest);
  CPPUNIT_TEST(portZeroGivesAUniqueOne);
  CPPUNIT_TEST(everyAddressIsListenedOn);
  CPPUNIT_TEST(ipv6AddressesGoInBrackets);
  CPPUNIT_TEST(portInUseIsUnavailable);
  CPPUNIT_TEST(portIsFreeAgainAfterTheListener);
  CPPUNIT_TEST(rangeTakesTheFirstFreePort);
  CPPUNIT_TEST(rangeMayBeExhausted);
  CPPUNIT_TEST(unixSocketInUseIsUnavailable);
  CPPUNIT_TEST(badListenAddressesAreInvalid);
  CPPUNIT_TEST(badDialAddressesAreInvalid);
  CPPUNIT_TEST(connectionLimitHoldsUntilOneGoes);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeEvhttpTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(EvhttpAddressTest);

/// What is particular to evhttp: see its traps.
class EvhttpTransportTest final : public test::TimedTransportFixture {
  CPPUNIT_TEST_SUITE(EvhttpTransportTest);
  CPPUNIT_TEST(hasANameAndSpeaksHttp);
  CPPUNIT_TEST(secondMessageBeforeTheReplyIsRefused);
  CPPUNIT_TEST(secondReplyIsRefused);
  CPPUNIT_TEST(droppedRequestIsAnswered);
  CPPUNIT_TEST(pipelinedByteWhileAnAnswerIsPendingIsHarmless);
  CPPUNIT_TEST(listenerMayGoWhileAnAnswerIsPending);
  CPPUNIT_TEST(socketMayGoWhileItsRequestIsUnderWay);
  CPPUNIT_TEST(connectionThatIsNotMadeTimesOut);
  CPPUNIT_TEST(unknownHostIsUnavailable);
  CPPUNIT_TEST(refusedConnectionIsUnavailable);
  CPPUNIT_TEST(brokenReplyIsInternal);
  CPPUNIT_TEST(bytesBehindAReplyAreNotTheNextReply);
  CPPUNIT_TEST(httpTransportIsAPeerInBothRoles);
  CPPUNIT_TEST_SUITE_END();

 public:
  void hasANameAndSpeaksHttp() {
    CPPUNIT_ASSERT_EQUAL(std::string("evhttp"), std::string(transport_->name()));
    CPPUNIT_ASSERT_EQUAL(std::string("http"), std::string(transport_->protocol()));
  }

  void secondMessageBeforeTheReplyIsRefused() {
    test::End& client = connect();
    CPPUNIT_ASSERT(!client.socket->carriesStreams());
    client.send("second");
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT(client.closed->detail().find("does not carry streams") != std::string::npos);
  }

  void secondReplyIsRefused() {
    test::End& client = connect();
    CPPUNIT_ASSERT(!accepted().socket->carriesStreams());
    accepted().send("1");
    accepted().send("2");
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().over() && !client.bodies.empty(); }));
    CPPUNIT_ASSERT(accepted().closed->kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), client.bodies.size());
  }

  void droppedRequestIsAnswered() {
    listen();
    for (const bool close : {false, true}) {
      prepare_ = [this, close](test::End& end) {
        end.whenMessage = [this, close](test::End& self, const std::string&) {
          if (close) return self.socket->close();
          accepted_.clear();
        };
      };
      test::RawPeer peer(*loop_, listener_->address());
      peer.send(kRequest);
      CPPUNIT_ASSERT(turnUntil([&] { return peer.has("HTTP/1.1 500 "); }));
    }
  }

  // evhttp itself ends the process there.
  void pipelinedByteWhileAnAnswerIsPendingIsHarmless() {
    listen();
    test::RawPeer peer(*loop_, listener_->address());
    peer.send(kRequest);
    CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && !accepted().bodies.empty(); }));
    peer.send("P");
    settle();
    peer.send(std::string(kRequest).substr(1));
    accepted().send("1");
    CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 2 && peer.count("200 OK") == 1; }));
    accepted(1).send("2");
    CPPUNIT_ASSERT(turnUntil([&] { return peer.count("200 OK") == 2; }));
  }

  void listenerMayGoWhileAnAnswerIsPending() {
    connect();
    listener_.reset();
    transport_.reset();
    accepted_.clear();  // with the evhttp
    CPPUNIT_ASSERT(turnUntil([&] { return !dialled_[0]->events.empty(); }));
  }

  void socketMayGoWhileItsRequestIsUnderWay() {
    listen();
    dial().send("x");
    dialled_.clear();  // before it is connected
    connect();
    dialled_.clear();  // before the reply
    settle();
    CPPUNIT_ASSERT(!accepted_.back()->events.empty());
  }

  void connectionThatIsNotMadeTimesOut() {
    const test::FullBacklog nobody;
    DialOptions options;
    options.connectTimeout = 50ms;
    auto socket = transport_->dial(nobody.address(), options);
    CPPUNIT_ASSERT(socket.ok());
    test::End client(std::move(*socket));
    client.send("x");
    pass(49ms);
    CPPUNIT_ASSERT(!client.over());
    pass(kSlack + 1ms);
    CPPUNIT_ASSERT(client.over());
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT(client.closed->detail().find("timed out") != std::string::npos);
  }

  void unknownHostIsUnavailable() {
    clock_.reset();  // whom it asks for the name takes real time
    DialOptions options;
    options.connectTimeout = 200ms;
    auto socket = transport_->dial("no.such.host.invalid:80", options);
    CPPUNIT_ASSERT(socket.ok());
    test::End client(std::move(*socket));
    client.send("x");
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
  }

  void refusedConnectionIsUnavailable() {
    listen();
    test::End& client = dial();
    listener_.reset();
    client.send("x");
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT(client.closed->detail().find("not reached") != std::string::npos);
  }

  void brokenReplyIsInternal() {
    for (const char* reply : {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "SSH-2.0\r\n",
                              "HTTP/1.1 103 Early Hints\r\n\r\n"}) {
      answeredWith(reply, test::ScriptedServer::Then::kClose, [reply](const test::End& client) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply, std::string("c"), client.events);
        CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kInternal);
      });
    }
  }

  void bytesBehindAReplyAreNotTheNextReply() {
    answeredWith(
        "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=9\r\nContent-Length: 1\r\n\r\nx"
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
        test::ScriptedServer::Then::kKeep, [](const test::End& client) {
          CPPUNIT_ASSERT_EQUAL(std::string("x"), client.bodies.at(0));
          CPPUNIT_ASSERT(!client.socket->reusable());
        });
  }

  void httpTransportIsAPeerInBothRoles() {
    const auto http = makeHttpTransport(*loop_);
    prepare_ = echo;
    listen();
    auto dialled = http->dial(listener_->address(), {});
    CPPUNIT_ASSERT(dialled.ok());
    test::End client(std::move(*dialled));
    client.send("to evhttp");
    CPPUNIT_ASSERT(turnUntil([&] { return !client.bodies.empty() || client.over(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("to evhttp"), client.bodies.at(0));
    CPPUNIT_ASSERT(client.socket->reusable());

    Listener::Observer& self = *this;
    auto other = http->listen("127.0.0.1:0", {}, self);
    CPPUNIT_ASSERT(other.ok());
    listener_ = std::move(*other);
    test::End& evhttp = dial();
    evhttp.send("to http");
    CPPUNIT_ASSERT(turnUntil([&] { return !evhttp.bodies.empty() || evhttp.over(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("to http"), evhttp.bodies.at(0));
    CPPUNIT_ASSERT(evhttp.socket->reusable());
  }

 private:
  void answeredWith(const char* reply, test::ScriptedServer::Then then,
                    const std::function<void(const test::End&)>& check) {
    test::ScriptedServer server(*loop_, [&](const auto&) {
      return test::ScriptedServer::Reply{reply, then};
    });
    auto socket = transport_->dial(server.address(), {});
    CPPUNIT_ASSERT(socket.ok());
    test::End client(std::move(*socket));
    client.send("x");
    CPPUNIT_ASSERT(turnUntil([&] { return !client.events.empty(); }));
    check(client);
  }

  static constexpr const char* kRequest =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";

  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeEvhttpTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(EvhttpTransportTest);

}  // namespace evmicro
