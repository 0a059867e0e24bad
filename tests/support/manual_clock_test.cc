#include "support/manual_clock.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <event2/event.h>

#include "event/handles.h"
#include "support/turn_until.h"

namespace evmicro::test {

using namespace std::chrono_literals;

class ManualClockTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ManualClockTest);
  CPPUNIT_TEST(timeStandsStill);
  CPPUNIT_TEST(timersFireInOrderEachAtItsTime);
  CPPUNIT_TEST(aTimerMayStartOthersOnTheWay);
  CPPUNIT_TEST(timersOfLibeventItselfGoByIt);
  CPPUNIT_TEST(skippedTimeMakesTimersLate);
  CPPUNIT_TEST(goesFromTimerToTimer);
  CPPUNIT_TEST(watchdogsGoByRealTime);
  CPPUNIT_TEST(realTimeIsBackAfterwards);
  CPPUNIT_TEST_EXCEPTION(thereIsOneAtATime, std::logic_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    start_ = EventLoop::now();
    log_.clear();
  }
  void tearDown() override {
    loop_.reset();
    clock_.reset();
  }

  void timeStandsStill() {
    Timer timer(*loop_, [this] { log_ += "fired "; });
    timer.start(1us);
    runFor(*loop_, 5ms);
    CPPUNIT_ASSERT(EventLoop::now() == start_);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    clock_->advance(*loop_, 999ns);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    clock_->advance(*loop_, 1ns);
    CPPUNIT_ASSERT_EQUAL(std::string("fired "), log_);
  }

  void timersFireInOrderEachAtItsTime() {
    Timer last(*loop_, [this] { note("last"); });
    Timer first(*loop_, [this] { note("first"); });
    Timer never(*loop_, [this] { note("never"); });
    last.start(24h);
    first.start(300us);
    never.start(24h + 1us);
    clock_->advance(*loop_, 24h);
    CPPUNIT_ASSERT_EQUAL(std::string("first@300 last@86400000000 "), log_);
    CPPUNIT_ASSERT(EventLoop::now() == start_ + 24h);
  }

  void aTimerMayStartOthersOnTheWay() {
    Timer beat(*loop_, [this, &beat] {
      note("beat");
      beat.start(3ms);
    });
    beat.start(3ms);
    clock_->advance(*loop_, 10ms);
    CPPUNIT_ASSERT_EQUAL(std::string("beat@3000 beat@6000 beat@9000 "), log_);
  }

  void timersOfLibeventItselfGoByIt() {
    const detail::EventHandle event(event_new(
        loop_->base(), -1, 0,
        [](evutil_socket_t, short, void* self) { static_cast<ManualClockTest*>(self)->note("c"); },
        this));
    const timeval minute{60, 0};
    event_add(event.get(), &minute);
    clock_->advance(*loop_, 59s);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT_EQUAL(std::string("c@60000000 "), log_);
  }

  void skippedTimeMakesTimersLate() {
    Timer timer(*loop_, [this] { note("late"); });
    timer.start(1s);
    clock_->skip(5s);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("late@5000000 "), log_);
  }

  void goesFromTimerToTimer() {
    int beats = 0;
    Timer beat(*loop_, [&] {
      if (++beats < 5) beat.start(2s);
    });
    beat.start(2s);
    CPPUNIT_ASSERT(clock_->advanceUntil(*loop_, [&] { return beats == 3; }));
    CPPUNIT_ASSERT(EventLoop::now() == start_ + 6s);
    CPPUNIT_ASSERT(!clock_->advanceUntil(
        *loop_, [] { return false; }, 3s));
    CPPUNIT_ASSERT_EQUAL(4, beats);
    CPPUNIT_ASSERT(!clock_->advanceUntil(*loop_, [] { return false; }));
    CPPUNIT_ASSERT_EQUAL(5, beats);
  }

  void watchdogsGoByRealTime() {
    CPPUNIT_ASSERT(!turnUntil(
        *loop_, [] { return false; }, 2ms));
    CPPUNIT_ASSERT(EventLoop::now() == start_);
  }

  void realTimeIsBackAfterwards() {
    clock_->skip(100h);
    loop_.reset();
    clock_.reset();
    const auto now = EventLoop::now();
    CPPUNIT_ASSERT(now < start_ + 100h);
    while (EventLoop::now() == now) {
    }
  }

  void thereIsOneAtATime() { const ManualClock second; }

 private:
  void note(const char* what) {
    const auto at =
        std::chrono::duration_cast<std::chrono::microseconds>(EventLoop::now() - start_);
    log_ += std::string(what) + "@" + std::to_string(at.count()) + " ";
  }

  std::unique_ptr<ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  EventLoop::Clock::time_point start_;
  std::string log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ManualClockTest);

}  // namespace evmicro::test
