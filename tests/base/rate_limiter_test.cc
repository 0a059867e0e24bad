#include "base/rate_limiter.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

using namespace std::chrono_literals;
using detail::RateLimiter;

class RateLimiterTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RateLimiterTest);
  CPPUNIT_TEST(passesABurstAndThenOneForEachInterval);
  CPPUNIT_TEST(savesNoMoreThanABurst);
  CPPUNIT_TEST(refusedOnesCostNothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void passesABurstAndThenOneForEachInterval() {
    RateLimiter limiter(16, 1s);
    CPPUNIT_ASSERT_EQUAL(16, passing(limiter, kStart));
    CPPUNIT_ASSERT_EQUAL(0, passing(limiter, kStart + 1s - 1ns));
    CPPUNIT_ASSERT_EQUAL(1, passing(limiter, kStart + 1s));
    CPPUNIT_ASSERT_EQUAL(3, passing(limiter, kStart + 4s));
  }

  void savesNoMoreThanABurst() {
    RateLimiter limiter(3, 1s);
    CPPUNIT_ASSERT_EQUAL(3, passing(limiter, kStart));
    CPPUNIT_ASSERT_EQUAL(2, passing(limiter, kStart + 2s));
    CPPUNIT_ASSERT_EQUAL(3, passing(limiter, kStart + 24h));
  }

  void refusedOnesCostNothing() {
    RateLimiter limiter(1, 60s);
    CPPUNIT_ASSERT(limiter.allow(kStart));
    for (int second = 1; second < 60; ++second) {
      CPPUNIT_ASSERT(!limiter.allow(kStart + std::chrono::seconds(second)));
    }
    CPPUNIT_ASSERT(limiter.allow(kStart + 60s));
    CPPUNIT_ASSERT(!limiter.allow(kStart + 60s));
  }

 private:
  static constexpr RateLimiter::Clock::time_point kStart{1'000s};

  static int passing(RateLimiter& limiter, RateLimiter::Clock::time_point now) {
    int count = 0;
    while (limiter.allow(now)) ++count;
    return count;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RateLimiterTest);

}  // namespace evmicro
