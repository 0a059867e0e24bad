#include <evmicro/timer.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <event2/event.h>

#include "event/handles.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

// The rules of src/DESIGN.md, "One thread, one loop", for a Timer.
class TimerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TimerTest);
  CPPUNIT_TEST(firesOnceAfterItsDelay);
  CPPUNIT_TEST(isNeverEarlyByAFractionOfAMicrosecond);
  CPPUNIT_TEST(isNeverEarlyByTheTickOfACoarseClock);
  CPPUNIT_TEST(delaysOfNothingFireInALaterTurn);
  CPPUNIT_TEST(theLongestDelayNeverFires);
  CPPUNIT_TEST(startedAnewForgetsTheEarlierTime);
  CPPUNIT_TEST(theDelayBeginsWhenItIsStarted);
  CPPUNIT_TEST(stoppedBeforeIsSilent);
  CPPUNIT_TEST(stoppedByAnotherThatIsDueIsSilent);
  CPPUNIT_TEST(destroyedBeforeIsSilent);
  CPPUNIT_TEST(callbackMayStopTheTimer);
  CPPUNIT_TEST(callbackMayDestroyTheTimer);
  CPPUNIT_TEST(callbackMayDestroyAnotherThatIsDue);
  CPPUNIT_TEST(callbackMayStartTheTimerAgain);
  CPPUNIT_TEST(aTimerThatStartsItselfLetsOthersRun);
  CPPUNIT_TEST(knowsWhetherItRuns);
  CPPUNIT_TEST(worksOnABorrowedBase);
  CPPUNIT_TEST(mayOutliveTheLoop);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    fired_ = 0;
    timer_ = std::make_unique<Timer>(*loop_, [this] { ++fired_; });
  }
  void tearDown() override {
    timer_.reset();
    loop_.reset();
    clock_.reset();
  }

  void firesOnceAfterItsDelay() {
    timer_->start(100ms);
    clock_->advance(*loop_, 100ms - 1us);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
    clock_->advance(*loop_, 24h);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
  }

  // libevent's clock is behind by up to a tick, and may tick between the start of a timer and the
  // next turn.
  void isNeverEarlyByTheTickOfACoarseClock() {
    clock_.reset();  // the system's from here on
    auto least = EventLoop::Clock::duration::max();
    for (int i = 0; i < 30; ++i) {
      fired_ = 0;
      const auto begun = EventLoop::now();
      timer_->start(3ms);
      while (fired_ == 0) event_base_loop(loop_->base(), EVLOOP_NONBLOCK);
      const auto took = EventLoop::now() - begun;
      CPPUNIT_ASSERT(took >= 3ms);
      least = std::min(least, took);
    }
    CPPUNIT_ASSERT(least < 30ms);
  }

  // libevent counts microseconds: a deadline that is 300 ns off must not fire now, find that it is
  // early, and start again at once, for as long as that takes.
  void isNeverEarlyByAFractionOfAMicrosecond() {
    for (const auto delay : {1ns, 300ns, 999ns, 1'000ns}) {
      fired_ = 0;
      timer_->start(5ms + delay);
      clock_->advance(*loop_, 5ms);
      CPPUNIT_ASSERT_EQUAL(0, fired_);
      clock_->advance(*loop_, 1us);
      CPPUNIT_ASSERT_EQUAL(1, fired_);
    }
    fired_ = 0;
    timer_->start(1ns);  // no delay of nothing
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
    for (const auto delay : {999'999us, 1'000'000us, 1'000'001us}) {
      fired_ = 0;
      timer_->start(delay);
      clock_->advance(*loop_, delay - 1us);
      CPPUNIT_ASSERT_EQUAL(0, fired_);
      clock_->advance(*loop_, 1us);
      CPPUNIT_ASSERT_EQUAL(1, fired_);
    }
    fired_ = 0;
    timer_->start(2s + 1ns);  // the seconds carry
    clock_->advance(*loop_, 2s);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
  }

  void delaysOfNothingFireInALaterTurn() {
    for (const std::chrono::nanoseconds delay :
         {0ns, -1ns, -1'000'000'000'001ns, std::chrono::nanoseconds::min()}) {
      fired_ = 0;
      timer_->start(delay);
      CPPUNIT_ASSERT_EQUAL(0, fired_);
      CPPUNIT_ASSERT(timer_->running());
      test::turn(*loop_);
      CPPUNIT_ASSERT_EQUAL(1, fired_);
    }
  }

  void theLongestDelayNeverFires() {
    timer_->start(std::chrono::nanoseconds::max());  // 292 years
    clock_->advance(*loop_, 100 * 365 * 24h);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    CPPUNIT_ASSERT(timer_->running());
  }

  void startedAnewForgetsTheEarlierTime() {
    timer_->start(10ms);
    clock_->advance(*loop_, 5ms);
    timer_->start(10ms);
    clock_->advance(*loop_, 9ms);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    clock_->advance(*loop_, 1ms);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
    timer_->start(1h);
    timer_->start(1ms);  // also an earlier one
    clock_->advance(*loop_, 1ms);
    CPPUNIT_ASSERT_EQUAL(2, fired_);
  }

  // libevent counts from the beginning of the turn: a callback that has taken longer than the delay
  // would see its timer fire at once.
  void theDelayBeginsWhenItIsStarted() {
    Timer slow(*loop_, [this] {
      clock_->skip(50ms);
      timer_->start(20ms);
    });
    slow.start({});
    clock_->advance(*loop_, 19ms);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    clock_->advance(*loop_, 51ms);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
  }

  void stoppedBeforeIsSilent() {
    timer_->stop();
    timer_->start(1ms);
    timer_->stop();
    timer_->stop();
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
  }

  void stoppedByAnotherThatIsDueIsSilent() {
    Timer first(*loop_, [this] { timer_->stop(); });
    first.start(1ms);
    timer_->start(2ms);
    clock_->skip(5ms);  // both are due in one turn
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
  }

  void destroyedBeforeIsSilent() {
    timer_->start(1ms);
    timer_.reset();
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
  }

  void callbackMayStopTheTimer() {
    std::unique_ptr<Timer> timer;
    timer = std::make_unique<Timer>(*loop_, [this, &timer] {
      timer->stop();
      ++fired_;
    });
    timer->start(1ms);
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
  }

  void callbackMayDestroyTheTimer() {
    std::string seen;
    std::unique_ptr<Timer> timer;
    timer = std::make_unique<Timer>(*loop_, [&timer, &seen, captured = std::string(64, 'x')] {
      timer.reset();
      seen = captured;  // read after the Timer has gone
    });
    timer->start(0ms);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), seen);
  }

  void callbackMayDestroyAnotherThatIsDue() {
    Timer first(*loop_, [this] { timer_.reset(); });
    first.start(1ms);
    timer_->start(1ms);
    clock_->skip(1ms);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
  }

  void callbackMayStartTheTimerAgain() {
    std::optional<Timer> timer;
    timer.emplace(*loop_, [&] {
      if (++fired_ < 3) timer->start(10ms);
    });
    timer->start(10ms);
    clock_->advance(*loop_, 29ms);
    CPPUNIT_ASSERT_EQUAL(2, fired_);
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(3, fired_);
  }

  void aTimerThatStartsItselfLetsOthersRun() {
    std::optional<Timer> busy;
    busy.emplace(*loop_, [&busy] { busy->start({}); });
    busy->start({});
    timer_->start({});
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return fired_ == 1; }));
  }

  void knowsWhetherItRuns() {
    bool inside = true;
    Timer timer(*loop_, [&] { inside = timer.running(); });
    CPPUNIT_ASSERT(!timer.running());
    timer.start(1ms);
    CPPUNIT_ASSERT(timer.running());
    clock_->advance(*loop_, 1ms);
    CPPUNIT_ASSERT(!inside);
    CPPUNIT_ASSERT(!timer.running());
    timer.start(1ms);
    timer.stop();
    CPPUNIT_ASSERT(!timer.running());
  }

  // One that runs, one that does not, and one that goes before the loop, each made and destroyed in
  // another order.
  void mayOutliveTheLoop() {
    auto other = std::make_unique<EventLoop>();
    auto first = std::make_unique<Timer>(*other, [this] { ++fired_; });
    auto second = std::make_unique<Timer>(*other, [this] { ++fired_; });
    Timer third(*other, [this] { ++fired_; });
    first->start(0ms);
    third.start(0ms);
    second.reset();
    other.reset();
    CPPUNIT_ASSERT(!first->running());
    first->start(0ms);
    first->stop();
    first.reset();
    third.start(0ms);
    CPPUNIT_ASSERT(!third.running());
    CPPUNIT_ASSERT_EQUAL(0, fired_);
  }

  void worksOnABorrowedBase() {
    const detail::EventBase base(event_base_new());
    EventLoop borrowed(base.get());
    Timer timer(borrowed, [this] { ++fired_; });
    timer.start(0ms);
    event_base_loop(base.get(), EVLOOP_ONCE);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
  }

 private:
  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  int fired_ = 0;
  std::unique_ptr<Timer> timer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TimerTest);

}  // namespace evmicro
