#include "metrics/loop_lag.h"

#include <cppunit/extensions/HelperMacros.h>

#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro {

using detail::LoopLag;
using namespace std::chrono_literals;

class LoopLagTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LoopLagTest);
  CPPUNIT_TEST(aBlockedLoopShows);
  CPPUNIT_TEST(anIdleLoopIsNotLate);
  CPPUNIT_TEST(stoppedItMeasuresNothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aBlockedLoopShows() {
    test::ManualClock clock;
    EventLoop loop;
    LoopLag lag(loop, 1ms);
    lag.start();
    clock.skip(61ms);  // a callback that takes so long
    test::turn(loop);
    const Distribution times = lag.times().seconds();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), measured(lag));
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.060, times.sum, 1e-9);
  }

  void anIdleLoopIsNotLate() {
    test::ManualClock clock;
    EventLoop loop;
    LoopLag lag(loop, 1ms);
    lag.start();
    clock.advance(loop, 999us);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), measured(lag));
    clock.advance(loop, 1us);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), measured(lag));
    clock.advance(loop, 99ms);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(100), measured(lag));
    CPPUNIT_ASSERT_EQUAL(0.0, lag.times().seconds().sum);
  }

  void stoppedItMeasuresNothing() {
    test::ManualClock clock;
    EventLoop loop;
    LoopLag lag(loop, 1ms);
    lag.start();
    lag.stop();
    clock.advance(loop, 1min);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), measured(lag));
  }

 private:
  static std::uint64_t measured(const LoopLag& lag) {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : lag.times().seconds().counts) sum += count;
    return sum;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LoopLagTest);

}  // namespace evmicro
