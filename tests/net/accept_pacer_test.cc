#include "net/accept_pacer.h"

#include <algorithm>
#include <cerrno>

#include <cppunit/extensions/HelperMacros.h>

#include "support/captured_log.h"
#include "support/manual_clock.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;
using Next = AcceptPacer::Next;

class AcceptPacerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AcceptPacerTest);
  CPPUNIT_TEST(sortsAcceptErrors);
  CPPUNIT_TEST(pausesDoubleToASecond);
  CPPUNIT_TEST(pausesAreLoggedAtALimitedRate);
  CPPUNIT_TEST(turnEndsAtTheBound);
  CPPUNIT_TEST(lostConnectionsCountAndThenPause);
  CPPUNIT_TEST(successForgetsLostConnections);
  CPPUNIT_TEST(resumesAfterThePause);
  CPPUNIT_TEST(cancelledPauseDoesNotResume);
  CPPUNIT_TEST(brokenSocketIsNotWaitedFor);
  CPPUNIT_TEST_SUITE_END();

 public:
  void sortsAcceptErrors() {
    for (const int error : {EBADF, EINVAL, ENOTSOCK, EFAULT}) {
      CPPUNIT_ASSERT(classifyAcceptError(error) == AcceptError::kPermanent);
    }
    for (const int error :
         {EAGAIN, EINTR, ECONNABORTED, ECONNRESET, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN,
          ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ETIMEDOUT}) {
      CPPUNIT_ASSERT(classifyAcceptError(error) == AcceptError::kIgnore);
    }
    for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EIO, ENOSR, EACCES, 4'000}) {
      CPPUNIT_ASSERT(classifyAcceptError(error) == AcceptError::kDefer);
    }
  }

  void pausesDoubleToASecond() {
    test::ManualClock clock;
    for (const int expected : {5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000}) {
      expectPause(clock, std::chrono::milliseconds(expected));
    }
    CPPUNIT_ASSERT(pacer_.accepted() == Next::kGoOn);
    expectPause(clock, 5ms);
  }

  // With connections that came and went the pauses began again each time, and each was a line.
  void pausesAreLoggedAtALimitedRate() {
    test::ManualClock clock;
    const test::CapturedLog log("net");
    const auto warnings = [&](int pauses) {
      const std::size_t before = log.lines().size();
      for (int i = 0; i < pauses; ++i) {
        static_cast<void>(pacer_.accepted());
        static_cast<void>(pacer_.failed(EMFILE));
        pacer_.cancel();
      }
      const auto begin = log.lines().begin() + static_cast<std::ptrdiff_t>(before);
      return std::count(begin, log.lines().end(),
                        "WARN Accept error: Too many open files; retrying in 5ms");
    };
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t(16), warnings(17));
    clock.advance(loop_, 1s - 1us);
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t(0), warnings(1));
    clock.advance(loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t(1), warnings(2));
  }

  void turnEndsAtTheBound() {
    for (int turn = 0; turn < 3; ++turn) {
      pacer_.beginTurn();
      for (int i = 1; i < AcceptPacer::kPerTurn; ++i)
        CPPUNIT_ASSERT(pacer_.accepted() == Next::kGoOn);
      CPPUNIT_ASSERT(pacer_.accepted() == Next::kEndTurn);
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), pacer_.pauses());
  }

  void lostConnectionsCountAndThenPause() {
    pacer_.beginTurn();
    CPPUNIT_ASSERT(pacer_.accepted() == Next::kGoOn);
    for (int i = 2; i < AcceptPacer::kPerTurn; ++i) {
      CPPUNIT_ASSERT(pacer_.failed(ECONNRESET) == Next::kGoOn);
    }
    CPPUNIT_ASSERT(pacer_.failed(ECONNRESET) == Next::kEndTurn);
    pacer_.beginTurn();
    CPPUNIT_ASSERT(!pacer_.paused());
    CPPUNIT_ASSERT(pacer_.failed(EPROTO) == Next::kPause);  // the last without a success between
    CPPUNIT_ASSERT(pacer_.paused());
    pacer_.cancel();
    for (int i = 1; i < AcceptPacer::kPerTurn; ++i) {
      pacer_.beginTurn();
      CPPUNIT_ASSERT(pacer_.failed(EPROTO) == Next::kGoOn);
    }
    CPPUNIT_ASSERT(pacer_.failed(EPROTO) == Next::kPause);
  }

  void successForgetsLostConnections() {
    for (int i = 0; i < 1'000; ++i) {
      pacer_.beginTurn();
      CPPUNIT_ASSERT(pacer_.failed(ECONNABORTED) == Next::kGoOn);
      CPPUNIT_ASSERT(pacer_.accepted() == Next::kGoOn);
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), pacer_.pauses());
  }

  void resumesAfterThePause() {
    test::ManualClock clock;
    CPPUNIT_ASSERT(pacer_.failed(EMFILE) == Next::kPause);
    clock.advance(loop_, 5ms - 1us);
    CPPUNIT_ASSERT(pacer_.paused());
    CPPUNIT_ASSERT_EQUAL(0, resumed_);
    clock.advance(loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(1, resumed_);
    CPPUNIT_ASSERT(!pacer_.paused());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), pacer_.pauses());
  }

  void cancelledPauseDoesNotResume() {
    test::ManualClock clock;
    static_cast<void>(pacer_.failed(EMFILE));
    pacer_.cancel();
    CPPUNIT_ASSERT(!pacer_.paused());
    clock.advance(loop_, 1min);
    CPPUNIT_ASSERT_EQUAL(0, resumed_);
  }

  void brokenSocketIsNotWaitedFor() {
    CPPUNIT_ASSERT(pacer_.failed(EBADF) == Next::kStop);
    CPPUNIT_ASSERT(!pacer_.paused());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), pacer_.pauses());
  }

 private:
  void expectPause(test::ManualClock& clock, std::chrono::milliseconds pause) {
    const int before = resumed_;
    CPPUNIT_ASSERT(pacer_.failed(EMFILE) == Next::kPause);
    clock.advance(loop_, pause - 1us);
    CPPUNIT_ASSERT_EQUAL(before, resumed_);
    clock.advance(loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(before + 1, resumed_);
  }

  EventLoop loop_;
  int resumed_ = 0;
  AcceptPacer pacer_{loop_, [this] { ++resumed_; }};
};

CPPUNIT_TEST_SUITE_REGISTRATION(AcceptPacerTest);

}  // namespace evmicro
