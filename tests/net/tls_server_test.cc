// What a TlsServer allows all of its streams together, and what it reports.
#include <algorithm>
#include <string>
#include <vector>

#include "net/tls_fixture.h"
#include "support/captured_log.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;
using test::carry;
using test::TlsEnd;

class TlsServerTest final : public test::TlsFixture {
  CPPUNIT_TEST_SUITE(TlsServerTest);
  CPPUNIT_TEST(nothingIsMadeBeforeTheHelloIsWhole);
  CPPUNIT_TEST(anEndlessHelloIsNotAwaited);
  CPPUNIT_TEST(handshakesAreLimitedPerTurn);
  CPPUNIT_TEST(handshakesThatTakeLongAreFewerPerTurn);
  CPPUNIT_TEST(eachTurnHasAllItsTime);
  CPPUNIT_TEST(theOldestUnfinishedHandshakeGivesWay);
  CPPUNIT_TEST(refusalsAreLoggedAtALimitedRate);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    ends_.clear();
    TlsFixture::tearDown();
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

  // A record may say that it has 64 KiB, but then it is no good one.
  void anEndlessHelloIsNotAwaited() {
    constexpr std::size_t kLongest = 16'384;
    const std::string head("\x16\x03\x01\xff\xff", 5);
    server_.wire->up().onBytes(head + std::string(kLongest - head.size() - 1, 'x'));
    CPPUNIT_ASSERT_EQUAL(std::string("H"), server_.noted.events);
    server_.wire->up().onBytes("x");
    CPPUNIT_ASSERT_EQUAL(std::string("HR"), server_.noted.events);
  }

  // Two more than fit into a turn wait for the next. One sends more meanwhile: it is read no
  // further.
  void handshakesAreLimitedPerTurn() {
    const std::string hello = helloOf(client_);
    std::vector<TlsEnd> ends(TlsServer::kPerTurn + 2);
    for (TlsEnd& end : ends) {
      accept(end);
      end.wire->up().onBytes(hello);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(TlsServer::kPerTurn), tlsServer_->stats().unfinished);
    CPPUNIT_ASSERT(!ends[TlsServer::kPerTurn - 1].wire->out.empty());
    TlsEnd& patient = ends[TlsServer::kPerTurn];
    CPPUNIT_ASSERT(patient.wire->out.empty());
    CPPUNIT_ASSERT(patient.wire->reading);
    TlsEnd& hasty = ends.back();
    hasty.wire->up().onBytes("more");
    CPPUNIT_ASSERT_EQUAL(hello.size() + 4, hasty.stream->unread());
    CPPUNIT_ASSERT(!hasty.wire->reading);
    hasty.stream->stopReading();
    hasty.stream->startReading();
    CPPUNIT_ASSERT(!hasty.wire->reading);
    patient.wire->up().onBytes("more");
    patient.stream->stopReading();  // goes on not to read
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return !hasty.wire->out.empty(); }));
    CPPUNIT_ASSERT(!patient.wire->out.empty());
    CPPUNIT_ASSERT(hasty.wire->reading && !patient.wire->reading);
    ends.clear();
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), tlsServer_->stats().unfinished);
  }

  void handshakesThatTakeLongAreFewerPerTurn() {
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), begunAtOnce(TlsServer::kTimePerTurn));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), begunAtOnce(TlsServer::kTimePerTurn - 1ns));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), begunAtOnce(TlsServer::kTimePerTurn / 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), begunAtOnce(TlsServer::kTimePerTurn / 2 - 1ns));
  }

  void eachTurnHasAllItsTime() {
    begunAtOnce(TlsServer::kTimePerTurn - 1ns);
    for (const std::size_t begun : {4, 6, 8}) {
      test::turn(*loop_, 1);
      CPPUNIT_ASSERT_EQUAL(begun, tlsServer_->stats().unfinished);
    }
  }

  void theOldestUnfinishedHandshakeGivesWay() {
    const std::string hello = helloOf(client_);
    std::vector<TlsEnd> ends(kMostUnfinished + 1);
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

 private:
  // Of eight hellos that come in one turn, each of which takes `time`, how many are answered in it.
  std::size_t begunAtOnce(std::chrono::nanoseconds time) {
    ends_.clear();
    test::turn(*loop_);
    dial(client_);
    const std::string hello = helloOf(client_);
    ends_.resize(8);
    for (TlsEnd& end : ends_) {
      accept(end);
      end.wire->whenWritten = [this, time] { clock_->skip(time); };
      end.wire->up().onBytes(hello);
    }
    return tlsServer_->stats().unfinished;
  }

  std::vector<TlsEnd> ends_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsServerTest);

}  // namespace evmicro
