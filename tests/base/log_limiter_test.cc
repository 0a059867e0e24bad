#include "base/log_limiter.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

using namespace std::chrono_literals;
using detail::LogLimiter;

class LogLimiterTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogLimiterTest);
  CPPUNIT_TEST(firstOccurrenceIsLoggedAndThenItsEnd);
  CPPUNIT_TEST(comingBackWithinAMinuteIsNotLogged);
  CPPUNIT_TEST(lastingProblemIsLoggedOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void firstOccurrenceIsLoggedAndThenItsEnd() {
    LogLimiter limiter;
    CPPUNIT_ASSERT(!limiter.recovered());
    CPPUNIT_ASSERT(limiter.occurred(kStart));
    CPPUNIT_ASSERT(!limiter.occurred(kStart));
    CPPUNIT_ASSERT(limiter.recovered());
    CPPUNIT_ASSERT(!limiter.recovered());
  }

  void comingBackWithinAMinuteIsNotLogged() {
    LogLimiter limiter;
    CPPUNIT_ASSERT(limiter.occurred(kStart));
    CPPUNIT_ASSERT(limiter.recovered());
    CPPUNIT_ASSERT(!limiter.occurred(kStart + 1min - 1ns));
    CPPUNIT_ASSERT_MESSAGE("nobody read that it was back", !limiter.recovered());
    CPPUNIT_ASSERT(limiter.occurred(kStart + 1min));
    CPPUNIT_ASSERT(limiter.recovered());
  }

  void lastingProblemIsLoggedOnce() {
    LogLimiter limiter;
    CPPUNIT_ASSERT(limiter.occurred(kStart));
    CPPUNIT_ASSERT(!limiter.occurred(kStart + 24h));
    CPPUNIT_ASSERT(limiter.recovered());
  }

 private:
  static constexpr detail::RateLimiter::Clock::time_point kStart{1'000s};
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogLimiterTest);

}  // namespace evmicro
