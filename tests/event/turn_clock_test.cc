#include "event/turn_clock.h"

#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro::detail {

using namespace std::chrono_literals;

class TurnClockTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TurnClockTest);
  CPPUNIT_TEST(aTurnBeginsWhenItIsFirstAskedFor);
  CPPUNIT_TEST(isNeverEarlyByLessThanATick);
  CPPUNIT_TEST(theNextTurnBeginsAnew);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    turns_ = std::make_unique<TurnClock>(*loop_);
  }
  void tearDown() override {
    turns_.reset();
    loop_.reset();
    clock_.reset();
  }

  // Callbacks of one turn, of which the first takes `time`: how long ago the second began.
  EventLoop::Clock::duration secondAfter(EventLoop::Clock::duration time) {
    EventLoop::Clock::duration ago{-1};
    bool done = false;
    const Call first = loop_->defer([&] {
      turns_->begun(EventLoop::now());
      clock_->skip(time);
    });
    const Call second = loop_->defer([&] {
      ago = EventLoop::now() - turns_->begun(EventLoop::now());
      done = true;
    });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return done; }));
    return ago;
  }

  void aTurnBeginsWhenItIsFirstAskedFor() {
    CPPUNIT_ASSERT(secondAfter(0ms) == 0ms);
    clock_->skip(1s);
    CPPUNIT_ASSERT(secondAfter(1s) == 990ms);
  }

  void isNeverEarlyByLessThanATick() {
    CPPUNIT_ASSERT(secondAfter(10ms) == 0ms);
    clock_->skip(1s);
    CPPUNIT_ASSERT(secondAfter(11ms) == 1ms);
  }

  void theNextTurnBeginsAnew() {
    secondAfter(1s);
    clock_->skip(1s);
    CPPUNIT_ASSERT(secondAfter(0ms) == 0ms);
  }

 private:
  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<TurnClock> turns_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TurnClockTest);

}  // namespace evmicro::detail
