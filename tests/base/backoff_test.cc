#include "base/backoff.h"

#include <algorithm>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

using namespace std::chrono_literals;
using detail::Backoff;
using detail::BackoffPolicy;
using std::chrono::milliseconds;

class BackoffTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BackoffTest);
  CPPUNIT_TEST(firstPauseThenTwiceAsLong);
  CPPUNIT_TEST(longestPauseIsTheLimit);
  CPPUNIT_TEST(limitBelowTheFirstPauseCounts);
  CPPUNIT_TEST(successBeginsAnew);
  CPPUNIT_TEST(noNumberOfFailuresOverflows);
  CPPUNIT_TEST(jitterShortensWithinItsBounds);
  CPPUNIT_TEST(failingUntilASuccess);
  CPPUNIT_TEST_SUITE_END();

 public:
  void firstPauseThenTwiceAsLong() {
    constexpr BackoffPolicy policy{10ms, 1'000ms, 0};
    static_assert(policy.after(1) == 10ms);
    static_assert(policy.after(2) == 20ms);
    static_assert(policy.after(3) == 40ms);
    Backoff backoff(policy);
    for (const int expected : {10, 20, 40, 80}) expectPause(expected, backoff.next());
  }

  void longestPauseIsTheLimit() {
    Backoff backoff({5ms, 20ms, 0});
    for (const int expected : {5, 10, 20, 20}) expectPause(expected, backoff.next());
    Backoff uneven({5ms, 19ms, 0});
    for (const int expected : {5, 10, 19, 19}) expectPause(expected, uneven.next());
  }

  void limitBelowTheFirstPauseCounts() {
    Backoff backoff({250ms, 100ms, 0});
    expectPause(100, backoff.next());
    expectPause(100, backoff.next());
  }

  void successBeginsAnew() {
    Backoff backoff({5ms, 1'000ms, 0});
    for (int i = 0; i < 20; ++i) static_cast<void>(backoff.next());
    backoff.reset();
    expectPause(5, backoff.next());
    expectPause(10, backoff.next());
  }

  void noNumberOfFailuresOverflows() {
    constexpr BackoffPolicy forEver{1ms, milliseconds::max(), 0};
    CPPUNIT_ASSERT(forEver.after(63) > 0ms);
    Backoff backoff({100ms, 5'000ms, 50});
    for (int i = 0; i < 100'000; ++i) static_cast<void>(backoff.next());
    expectPause(5'000, backoff.next());
    CPPUNIT_ASSERT(BackoffPolicy{}.after(0) == 100ms);
  }

  void jitterShortensWithinItsBounds() {
    std::minstd_rand random(1);
    milliseconds least = 1h, most = 0ms;
    for (int i = 0; i < 2'000; ++i) {
      Backoff backoff({100ms, 5'000ms, 50});
      const milliseconds pause = backoff.next(random);
      least = std::min(least, pause);
      most = std::max(most, pause);
    }
    expectPause(50, least);
    expectPause(100, most);
    CPPUNIT_ASSERT(detail::jittered(100ms, 0, random) == 100ms);
    least = 1h;
    for (int i = 0; i < 2'000; ++i) least = std::min(least, detail::jittered(100ms, 100, random));
    expectPause(0, least);
    CPPUNIT_ASSERT(detail::jittered(0ms, 50, random) == 0ms);
  }

  void failingUntilASuccess() {
    Backoff backoff({5ms, 20ms, 0});
    CPPUNIT_ASSERT(!backoff.failing());
    static_cast<void>(backoff.next());
    CPPUNIT_ASSERT(backoff.failing());
    backoff.reset();
    CPPUNIT_ASSERT(!backoff.failing());
  }

 private:
  static void expectPause(int expected, milliseconds pause) {
    CPPUNIT_ASSERT_EQUAL(expected, static_cast<int>(pause.count()));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BackoffTest);

}  // namespace evmicro
