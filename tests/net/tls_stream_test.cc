// Two TlsStreams on carriers in memory, whose bytes the test takes from one to the other.
#include "net/tls_stream.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "net/noted.h"
#include "net/tls.h"
#include "support/captured_log.h"
#include "support/certificates.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;
using test::Authority;
using test::Noted;

namespace {

/// What a carrier does and is told; it outlives the carrier.
struct Wire {
  ByteStream::Observer& up() { return *observer; }

  ByteStream::Observer* observer = nullptr;
  std::string out;  // what was written waits here until the test takes it
  int writes = 0;
  std::size_t lowWater = 0;
  bool slow = false;  // the carrier says that what is in `out` waits
  bool reading = true;
  bool woken = false;
  bool finished = false;
  bool wasReset = false;
};

class Carrier final : public ByteStream {
 public:
  explicit Carrier(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  void observe(ByteStream::Observer& observer) noexcept override { wire_->observer = &observer; }
  bool connected() const noexcept override { return true; }
  std::size_t queued() const noexcept override { return wire_->slow ? wire_->out.size() : 0; }
  void write(std::string_view head, Buffer& body) override {
    wire_->out.append(head);
    wire_->out.append(body.contiguous());
    body.clear();
    ++wire_->writes;
  }
  void setLowWater(std::size_t bytes) noexcept override { wire_->lowWater = bytes; }
  void stopReading() override { wire_->reading = false; }
  void startReading() override { wire_->reading = true; }
  void wake() override { wire_->woken = true; }
  bool quiet() const noexcept override { return true; }
  void shutdownWrite() override { wire_->finished = true; }
  void reset() override { wire_->wasReset = true; }
  std::string peerAddress() const override { return "192.0.2.1:7"; }
  std::string localAddress() const override { return "192.0.2.2:8"; }

 private:
  const std::shared_ptr<Wire> wire_;  // with the test
};

/// One end: the stream, its carrier, and what it has told.
struct End {
  std::unique_ptr<ByteStream> stream;
  std::shared_ptr<Wire> wire;  // with the carrier
  Noted noted;

  void write(std::string_view head, std::string_view body = {}) {
    Buffer buffer(body);
    stream->write(head, buffer);
  }
};

// Moves what `from` has written to `to`, in pieces of `step` bytes.
void carry(End& from, End& to, std::size_t step) {
  const std::string bytes = std::exchange(from.wire->out, {});
  for (std::size_t at = 0; at < bytes.size() && to.stream; at += step) {
    to.wire->up().onBytes(std::string_view(bytes).substr(at, step));
  }
}

}  // namespace

class TlsStreamTest final : public CppUnit::TestFixture {
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
  CPPUNIT_TEST(refusalsAreLoggedAtALimitedRate);
  CPPUNIT_TEST(aTruncatedHelloIsRefused);
  CPPUNIT_TEST(aServerThatSpeaksPlainTextFails);
  CPPUNIT_TEST(anEndDuringTheHandshakeFails);
  CPPUNIT_TEST(nothingIsMadeBeforeTheHelloIsWhole);
  CPPUNIT_TEST(aResetIsSilent);
  CPPUNIT_TEST(mayBeDestroyedInEachCallback);
  CPPUNIT_TEST(handshakesAreLimitedPerTurn);
  CPPUNIT_TEST(theOldestUnfinishedHandshakeGivesWay);
  CPPUNIT_TEST(sessionsAreResumed);
  CPPUNIT_TEST(sessionsOfBrokenConnectionsAreResumed);
  CPPUNIT_TEST(sessionsAreNotResumedForAnotherName);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_.emplace();  // handshakes take no time: any number begins in a turn
    loop_.emplace();
    folder_.emplace();
    authority_.emplace(*folder_, "ca");
    identity_ = authority_->issue({});
    TlsOptions options;
    options.certificate = identity_.certificate;
    options.key = identity_.key;
    const auto server = makeTlsServer(*loop_, options, detail::TlsAlpn::kHttp1, kMostUnfinished);
    CPPUNIT_ASSERT(server.ok());
    tlsServer_ = *server;
    TlsOptions trusting;
    trusting.caFile = authority_->file();
    const auto client = makeTlsClient(trusting);
    CPPUNIT_ASSERT(client.ok());
    tlsClient_ = *client;
    accept(server_);
    dial(client_);
  }
  void tearDown() override {
    server_ = {};
    client_ = {};
    tlsServer_.reset();
    tlsClient_.reset();
    authority_.reset();
    folder_.reset();
    loop_.reset();
    clock_.reset();
  }

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

  void refusalsAreLoggedAtALimitedRate() {
    const test::CapturedLog log("net");
    const auto warnings = [&](int refusals) {
      const std::size_t before = log.lines().size();
      for (int i = 0; i < refusals; ++i) {
        accept(server_);
        server_.wire->up().onBytes("GET");
      }
      return std::count_if(log.lines().begin() + static_cast<std::ptrdiff_t>(before),
                           log.lines().end(),
                           [](const auto& line) { return line.substr(0, 5) == "WARN "; });
    };
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t(10), warnings(11));
    clock_->skip(1min - 1us);
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t(0), warnings(1));
    clock_->skip(1us);
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t(1), warnings(2));
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

  void nothingIsMadeBeforeTheHelloIsWhole() {
    client_.wire->up().onConnected();
    const std::string hello = std::exchange(client_.wire->out, {});
    server_.wire->up().onBytes(std::string_view(hello).substr(0, hello.size() - 1));
    CPPUNIT_ASSERT(!ssl(server_));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), tlsServer_->stats().unfinished);
    server_.wire->up().onBytes(std::string_view(hello).substr(hello.size() - 1));
    CPPUNIT_ASSERT(ssl(server_));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), tlsServer_->stats().unfinished);
    server_.stream.reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), tlsServer_->stats().unfinished);
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

  static constexpr std::size_t kMostUnfinished = 20;

  // Two more than fit into a turn wait for the next. One sends more meanwhile: it is read no
  // further.
  void handshakesAreLimitedPerTurn() {
    const std::string hello = helloOf(client_);
    std::vector<End> ends(TlsServer::kPerTurn + 2);
    for (End& end : ends) {
      accept(end);
      end.wire->up().onBytes(hello);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(TlsServer::kPerTurn), tlsServer_->stats().unfinished);
    CPPUNIT_ASSERT(!ends[TlsServer::kPerTurn - 1].wire->out.empty());
    End& patient = ends[TlsServer::kPerTurn];
    CPPUNIT_ASSERT(patient.wire->out.empty());
    CPPUNIT_ASSERT(patient.wire->reading);
    End& hasty = ends.back();
    hasty.wire->up().onBytes("more");
    CPPUNIT_ASSERT_EQUAL(hello.size() + 4, hasty.stream->unread());
    CPPUNIT_ASSERT(!hasty.wire->reading);
    hasty.stream->stopReading();
    hasty.stream->startReading();
    CPPUNIT_ASSERT(!hasty.wire->reading);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return !hasty.wire->out.empty(); }));
    CPPUNIT_ASSERT(!patient.wire->out.empty());
    CPPUNIT_ASSERT(hasty.wire->reading);
    ends.clear();
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), tlsServer_->stats().unfinished);
  }

  void theOldestUnfinishedHandshakeGivesWay() {
    const std::string hello = helloOf(client_);
    std::vector<End> ends(kMostUnfinished + 1);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      accept(ends[i]);
      ends[i].wire->up().onBytes(hello);
      CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return !ends[i].wire->out.empty(); }));
      if (i + 1 == kMostUnfinished) {
        CPPUNIT_ASSERT_EQUAL(std::string("H"), ends.front().noted.events);
      }
    }
    CPPUNIT_ASSERT_EQUAL(kMostUnfinished, tlsServer_->stats().unfinished);
    CPPUNIT_ASSERT_EQUAL(std::string("HX"), ends.front().noted.events);
    CPPUNIT_ASSERT_EQUAL(std::string("H"), ends[1].noted.events);
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

 private:
  void accept(End& end) {
    end = {};
    end.wire = std::make_shared<Wire>();
    end.stream = tlsServer_->wrap(std::make_unique<Carrier>(end.wire));
    end.stream->observe(end.noted);
  }
  void dial(End& end, const std::string& host = "127.0.0.1") {
    end = {};
    end.wire = std::make_shared<Wire>();
    end.stream = tlsClient_->wrap(std::make_unique<Carrier>(end.wire), {host + ":1", host, ""});
    end.stream->observe(end.noted);
  }
  void connect() {
    client_.wire->up().onConnected();
    settle();
  }
  // Until neither has anything to say.
  void settle() {
    while (server_.stream && client_.stream &&
           !(client_.wire->out.empty() && server_.wire->out.empty())) {
      carry(client_, server_, step_);
      carry(server_, client_, step_);
    }
  }
  void talk() {
    client_.write("question ", "one");
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("question one"), server_.noted.bytes);
    server_.write("answer");
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("answer"), client_.noted.bytes);
  }
  static std::string helloOf(End& end) {
    end.wire->up().onConnected();
    return end.wire->out;
  }
  static SSL* ssl(End& end) { return dynamic_cast<TlsStream&>(*end.stream).ssl(); }

  std::optional<test::ManualClock> clock_;
  std::optional<EventLoop> loop_;
  std::optional<test::CertificateFolder> folder_;
  std::optional<Authority> authority_;
  test::Identity identity_;
  std::shared_ptr<TlsServer> tlsServer_;  // shared with its streams
  std::shared_ptr<TlsClient> tlsClient_;
  End server_;
  End client_;
  std::size_t step_ = 1U << 20;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsStreamTest);

}  // namespace evmicro
