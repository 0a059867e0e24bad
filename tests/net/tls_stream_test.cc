// Two TlsStreams on carriers in memory, whose bytes the test takes from one to the other.
#include "net/tls_stream.h"

#include <string>
#include <utility>

#include "net/tls_fixture.h"
#include "support/captured_log.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;
using test::carry;

class TlsStreamTest final : public test::TlsFixture {
  CPPUNIT_TEST_SUITE(TlsStreamTest);
  CPPUNIT_TEST(bytesTravelBothWays);
  CPPUNIT_TEST(byteByByteIsTheSame);
  CPPUNIT_TEST(theHandshakeIsOneWriteEachWay);
  CPPUNIT_TEST(theTicketGoesWithTheReply);
  CPPUNIT_TEST(noTicketFollowsAReset);
  CPPUNIT_TEST(whatWasWrittenBeforeGoesWithTheHandshake);
  CPPUNIT_TEST(headAndBodyAreOneRecord);
  CPPUNIT_TEST(aLargeBodyArrivesWhole);
  CPPUNIT_TEST(whatACarrierQueuesIsQueued);
  CPPUNIT_TEST(theLowWaterMarkIsTheCarriers);
  CPPUNIT_TEST(deliversWhatHasComeAlsoWhenStopped);
  CPPUNIT_TEST(aHalfCloseLeavesTheOtherWayOpen);
  CPPUNIT_TEST(anEndWithoutCloseNotifyIsTruncated);
  CPPUNIT_TEST(shutdownWaitsForTheCarriersQueue);
  CPPUNIT_TEST(destroyingSendsCloseNotify);
  CPPUNIT_TEST(destroyingWithAQueueDoesNot);
  CPPUNIT_TEST(aChangedRecordBreaksIt);
  CPPUNIT_TEST(garbageIsRefused);
  CPPUNIT_TEST(aPlainPeerIsToldInClearText);
  CPPUNIT_TEST(aTruncatedHelloIsRefused);
  CPPUNIT_TEST(aServerThatSpeaksPlainTextFails);
  CPPUNIT_TEST(anEndDuringTheHandshakeFails);
  CPPUNIT_TEST(aResetIsSilent);
  CPPUNIT_TEST(mayBeDestroyedInEachCallback);
  CPPUNIT_TEST(sessionsAreResumed);
  CPPUNIT_TEST(sessionsOfBrokenConnectionsAreResumed);
  CPPUNIT_TEST(sessionsAreNotResumedForAnotherName);
  CPPUNIT_TEST_SUITE_END();

 public:
  void bytesTravelBothWays() {
    connect();
    CPPUNIT_ASSERT_EQUAL(std::string("HC"), server_.noted.events);
    CPPUNIT_ASSERT_EQUAL(std::string("C"), client_.noted.events);
    talk();
  }

  void byteByByteIsTheSame() {
    step_ = 1;
    connect();
    talk();
  }

  void theHandshakeIsOneWriteEachWay() {
    client_.wire->up().onConnected();
    CPPUNIT_ASSERT_EQUAL(1, client_.wire->writes);
    carry(client_, server_, 1U << 20);
    CPPUNIT_ASSERT_EQUAL(1, server_.wire->writes);
    carry(server_, client_, 1U << 20);
    CPPUNIT_ASSERT_EQUAL(2, client_.wire->writes);
    CPPUNIT_ASSERT(client_.stream->connected());
    CPPUNIT_ASSERT(!server_.stream->connected());
    carry(client_, server_, 1U << 20);
    CPPUNIT_ASSERT(server_.stream->connected());
  }

  void theTicketGoesWithTheReply() {
    for (const bool answers : {true, false}) {
      accept(server_);
      dial(client_);
      server_.noted.next = [&] {
        if (answers && server_.noted.events.back() == 'B') server_.write("answer");
      };
      client_.write("early");
      client_.wire->up().onConnected();
      carry(client_, server_, 1U << 20);
      carry(server_, client_, 1U << 20);
      carry(client_, server_, 1U << 20);
      CPPUNIT_ASSERT_EQUAL(std::string("early"), server_.noted.bytes);
      CPPUNIT_ASSERT_EQUAL(2, server_.wire->writes);
      CPPUNIT_ASSERT(!server_.wire->out.empty());
      carry(server_, client_, 1U << 20);
      CPPUNIT_ASSERT_EQUAL(std::string(answers ? "answer" : ""), client_.noted.bytes);
    }
  }

  void noTicketFollowsAReset() {
    server_.noted.next = [&] {
      if (server_.noted.events.back() == 'C') server_.stream->reset();
    };
    client_.wire->up().onConnected();
    settle();
    CPPUNIT_ASSERT(server_.wire->wasReset);
    CPPUNIT_ASSERT_EQUAL(1, server_.wire->writes);
  }

  void whatWasWrittenBeforeGoesWithTheHandshake() {
    client_.write("early ", "bird");
    CPPUNIT_ASSERT_EQUAL(std::size_t(10), client_.stream->queued());
    client_.wire->up().onConnected();
    carry(client_, server_, 1U << 20);
    carry(server_, client_, 1U << 20);
    CPPUNIT_ASSERT_EQUAL(2, client_.wire->writes);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), client_.stream->queued());
    CPPUNIT_ASSERT_EQUAL(std::string("CD"), client_.noted.events);
    carry(client_, server_, 1U << 20);
    CPPUNIT_ASSERT_EQUAL(std::string("early bird"), server_.noted.bytes);
  }

  // A record costs 22 bytes.
  void headAndBodyAreOneRecord() {
    connect();
    client_.write("head", "body");
    CPPUNIT_ASSERT_EQUAL(std::size_t(8 + 22), client_.wire->out.size());
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("headbody"), server_.noted.bytes);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_.noted.count('B'));
  }

  void aLargeBodyArrivesWhole() {
    connect();
    std::string body;
    for (int i = 0; body.size() < 300'000; ++i) body += std::to_string(i) + " ";
    client_.write("head ", body);
    CPPUNIT_ASSERT(client_.wire->writes > 3);
    step_ = 1'000;
    settle();
    CPPUNIT_ASSERT("head " + body == server_.noted.bytes);
    server_.write(std::string(16'384, 'a') + body.substr(0, 40'000));
    settle();
    CPPUNIT_ASSERT(std::string(16'384, 'a') + body.substr(0, 40'000) == client_.noted.bytes);
  }

  void whatACarrierQueuesIsQueued() {
    connect();
    client_.wire->slow = true;
    client_.write("x");
    CPPUNIT_ASSERT_EQUAL(std::size_t(1 + 22), client_.stream->queued());
    client_.wire->slow = false;
    client_.wire->up().onDrained();
    CPPUNIT_ASSERT_EQUAL(std::string("CD"), client_.noted.events);
  }

  void theLowWaterMarkIsTheCarriers() {
    client_.stream->setLowWater(77);
    CPPUNIT_ASSERT_EQUAL(std::size_t(77), client_.wire->lowWater);
  }

  void deliversWhatHasComeAlsoWhenStopped() {
    connect();
    client_.write("one");
    client_.write("two");
    server_.noted.next = [&] { server_.stream->stopReading(); };
    carry(client_, server_, 1U << 20);
    CPPUNIT_ASSERT_EQUAL(std::string("onetwo"), server_.noted.bytes);
    CPPUNIT_ASSERT(!server_.wire->reading);
    server_.stream->startReading();
    CPPUNIT_ASSERT(server_.wire->reading);
  }

  void aHalfCloseLeavesTheOtherWayOpen() {
    connect();
    client_.stream->shutdownWrite();
    CPPUNIT_ASSERT(client_.wire->finished);
    settle();
    server_.wire->up().onEof();
    CPPUNIT_ASSERT_EQUAL(std::string("HCE"), server_.noted.events);
    CPPUNIT_ASSERT(!server_.stream->truncated());
    server_.write("answer");
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("answer"), client_.noted.bytes);
    server_.stream->shutdownWrite();
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("CBE"), client_.noted.events);
  }

  void anEndWithoutCloseNotifyIsTruncated() {
    connect();
    server_.wire->up().onEof();
    CPPUNIT_ASSERT_EQUAL(std::string("HCE"), server_.noted.events);
    CPPUNIT_ASSERT(server_.stream->truncated());
    server_.stream.reset();
    CPPUNIT_ASSERT(server_.wire->out.empty());  // nobody would read a close_notify
    client_.wire->up().onEof();
    client_.write("answer");
    client_.stream.reset();
    CPPUNIT_ASSERT_EQUAL(4, client_.wire->writes);  // the answer and the end behind it are two
  }

  void shutdownWaitsForTheCarriersQueue() {
    connect();
    client_.wire->slow = true;
    client_.stream->shutdownWrite();
    CPPUNIT_ASSERT(!client_.wire->finished);
    settle();  // empties the queue
    client_.wire->up().onDrained();
    CPPUNIT_ASSERT(client_.wire->finished);
    CPPUNIT_ASSERT_EQUAL(std::string("HCE"), server_.noted.events);
  }

  void destroyingSendsCloseNotify() {
    connect();
    client_.stream.reset();
    CPPUNIT_ASSERT(!client_.wire->out.empty());
    carry(client_, server_, step_);
    CPPUNIT_ASSERT_EQUAL(std::string("HCE"), server_.noted.events);
    CPPUNIT_ASSERT(!server_.stream->truncated());
  }

  // What is queued is lost; nobody shall take what came for all.
  void destroyingWithAQueueDoesNot() {
    connect();
    client_.wire->slow = true;
    client_.write("half");
    const std::string before = client_.wire->out;
    client_.stream.reset();
    CPPUNIT_ASSERT(before == client_.wire->out);
  }

  void aChangedRecordBreaksIt() {
    connect();
    client_.write("money");
    client_.wire->out.back() ^= 1;
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("HCX"), server_.noted.events);
    CPPUNIT_ASSERT(ErrorKind::kInternal == server_.noted.why->kind());
    CPPUNIT_ASSERT_EQUAL(std::string("a TLS record was changed on its way"),
                         server_.noted.why->detail());
    CPPUNIT_ASSERT_EQUAL(std::string("CX"), client_.noted.events);  // by an alert
    server_.write("nothing");
    CPPUNIT_ASSERT(server_.wire->out.empty());
  }

  // The head of a record of a handshake, and then no hello.
  void garbageIsRefused() {
    const test::CapturedLog log("net");
    server_.wire->up().onBytes(std::string("\x16\x03\x01\x00\x05", 5));
    CPPUNIT_ASSERT_EQUAL(std::string("H"), server_.noted.events);
    server_.wire->up().onBytes("\xff\xff\xff\xff\xff");
    CPPUNIT_ASSERT_EQUAL(std::string("HR"), server_.noted.events);
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == server_.noted.why->kind());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), tlsServer_->stats().refused);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), tlsServer_->stats().unfinished);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
    CPPUNIT_ASSERT_EQUAL("WARN TLS: 192.0.2.1:7 was refused: " + server_.noted.why->detail(),
                         log.lines()[0]);
    server_.wire->up().onBytes("more");  // is discarded
    server_.wire->up().onEof();
    CPPUNIT_ASSERT_EQUAL(std::string("HRE"), server_.noted.events);
  }

  void aPlainPeerIsToldInClearText() {
    server_.wire->up().onBytes("GET / HTTP/1.1\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("R"), server_.noted.events);
    CPPUNIT_ASSERT(ErrorKind::kInvalid == server_.noted.why->kind());
    CPPUNIT_ASSERT(server_.stream->connected());
    server_.write("HTTP/1.1 400 ", "no");
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 400 no"), server_.wire->out);
    server_.stream->shutdownWrite();
    CPPUNIT_ASSERT(server_.wire->finished);
  }

  void aTruncatedHelloIsRefused() {
    client_.wire->up().onConnected();
    client_.wire->out.pop_back();
    carry(client_, server_, step_);
    CPPUNIT_ASSERT_EQUAL(std::string("H"), server_.noted.events);
    server_.wire->up().onEof();
    CPPUNIT_ASSERT_EQUAL(std::string("HR"), server_.noted.events);
    CPPUNIT_ASSERT_EQUAL(std::string("the peer closed the connection during the TLS handshake"),
                         server_.noted.why->detail());
  }

  void aServerThatSpeaksPlainTextFails() {
    client_.wire->up().onConnected();
    client_.wire->up().onBytes("HTTP/1.1 400 Bad Request\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("X"), client_.noted.events);
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == client_.noted.why->kind());
    CPPUNIT_ASSERT_EQUAL(std::string("TLS handshake: the peer does not speak TLS"),
                         client_.noted.why->detail());
  }

  void anEndDuringTheHandshakeFails() {
    client_.wire->up().onConnected();
    client_.wire->up().onEof();
    CPPUNIT_ASSERT_EQUAL(std::string("X"), client_.noted.events);
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == client_.noted.why->kind());
  }

  void aResetIsSilent() {
    connect();
    client_.stream->reset();
    CPPUNIT_ASSERT(client_.wire->wasReset);
    client_.stream.reset();
    CPPUNIT_ASSERT(client_.wire->out.empty());
  }

  void mayBeDestroyedInEachCallback() {
    for (const char event : {'H', 'C', 'B', 'E'}) {
      accept(server_);
      dial(client_);
      server_.noted.next = [&] {
        if (server_.noted.events.back() == event) server_.stream.reset();
      };
      connect();
      if (server_.stream) {
        client_.write("one");
        client_.write("two");
        client_.stream->shutdownWrite();
        settle();
      }
      CPPUNIT_ASSERT_EQUAL(event, server_.noted.events.back());
      CPPUNIT_ASSERT(!server_.stream);
    }
    accept(server_);
    server_.noted.next = [&] { server_.stream.reset(); };
    server_.wire->up().onBytes("plain");
    CPPUNIT_ASSERT_EQUAL(std::string("R"), server_.noted.events);
  }

  void sessionsAreResumed() {
    connect();
    CPPUNIT_ASSERT(!SSL_session_reused(ssl(client_)));
    talk();
    accept(server_);
    dial(client_);
    connect();
    CPPUNIT_ASSERT(SSL_session_reused(ssl(client_)));
    talk();
  }

  // OpenSSL would take the session for a bad one.
  void sessionsOfBrokenConnectionsAreResumed() {
    connect();
    talk();
    client_.stream->reset();
    accept(server_);
    dial(client_);
    connect();
    CPPUNIT_ASSERT(SSL_session_reused(ssl(client_)));
  }

  void sessionsAreNotResumedForAnotherName() {
    connect();
    accept(server_);
    dial(client_, "localhost");
    connect();
    CPPUNIT_ASSERT(!SSL_session_reused(ssl(client_)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsStreamTest);

}  // namespace evmicro
