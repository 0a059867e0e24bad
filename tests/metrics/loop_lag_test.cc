#include "metrics/loop_lag.h"

#include <cppunit/extensions/HelperMacros.h>

#include "support/turn_until.h"

namespace evmicro {

using detail::LoopLag;
using namespace std::chrono_literals;

class LoopLagTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LoopLagTest);
  CPPUNIT_TEST(aBlockedLoopShows);
  CPPUNIT_TEST(stoppedItMeasuresNothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aBlockedLoopShows() {
    EventLoop loop;
    LoopLag lag(loop, 1ms);
    lag.start();
    Timer blocking(loop, [] {
      const auto until = EventLoop::now() + 60ms;
      while (EventLoop::now() < until) {
      }
    });
    blocking.start(0ms);
    CPPUNIT_ASSERT(test::turnUntil(loop, [&] { return measured(lag) > 0; }));
    const Distribution times = lag.times().seconds();
    CPPUNIT_ASSERT(times.sum >= 0.055);
    std::uint64_t late = 0;
    for (std::size_t i = 0; i < times.counts.size(); ++i) {
      if (i > 0 && times.bounds[i - 1] >= 0.05) late += times.counts[i];
    }
    CPPUNIT_ASSERT(late >= 1);
  }

  void stoppedItMeasuresNothing() {
    EventLoop loop;
    LoopLag lag(loop, 1ms);
    lag.start();
    lag.stop();
    Timer later(loop, [] {});
    later.start(5ms);
    CPPUNIT_ASSERT(test::turnUntil(loop, [&] { return !later.running(); }));
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
