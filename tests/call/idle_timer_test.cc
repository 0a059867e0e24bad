#include "call/idle_timer.h"

#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "support/manual_clock.h"

namespace evmicro::detail {

using namespace std::chrono_literals;

class IdleTimerTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IdleTimerTest);
  CPPUNIT_TEST(firesWhenNothingWasTouched);
  CPPUNIT_TEST(touchingPutsItOff);
  CPPUNIT_TEST(stoppedItIsSilent);
  CPPUNIT_TEST(withoutTimeItNeverFires);
  CPPUNIT_TEST(mayBeDestroyedWhenItFires);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    fired_ = 0;
    timer_ = std::make_unique<IdleTimer>(*loop_, 10s, [this] { ++fired_; });
  }
  void tearDown() override {
    timer_.reset();
    loop_.reset();
    clock_.reset();
  }

  void firesWhenNothingWasTouched() {
    CPPUNIT_ASSERT(timer_->timeout() == 10s);
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("not started", 0, fired_);
    timer_->start();
    clock_->advance(*loop_, 10s - 1us);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
  }

  void touchingPutsItOff() {
    timer_->start();
    for (int i = 0; i < 5; ++i) {
      clock_->advance(*loop_, 7s);
      timer_->touch();
    }
    clock_->advance(*loop_, 10s - 1us);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
  }

  void stoppedItIsSilent() {
    timer_->start();
    clock_->advance(*loop_, 9s);
    timer_->stop();
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    timer_->start();  // counts from here
    clock_->advance(*loop_, 10s - 1us);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
  }

  void withoutTimeItNeverFires() {
    for (const auto time : {0ms, -1ms}) {
      timer_ = std::make_unique<IdleTimer>(*loop_, time, [this] { ++fired_; });
      timer_->start();
      timer_->touch();
      clock_->advance(*loop_, 24h);
      CPPUNIT_ASSERT_EQUAL(0, fired_);
    }
    timer_ = std::make_unique<IdleTimer>(*loop_, 1ms, [this] { ++fired_; });
    timer_->start();
    clock_->advance(*loop_, 1ms);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
  }

  void mayBeDestroyedWhenItFires() {
    timer_ = std::make_unique<IdleTimer>(*loop_, 1ms, [this] {
      timer_.reset();
      ++fired_;
    });
    timer_->start();
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT_EQUAL(1, fired_);
    CPPUNIT_ASSERT(!timer_);
  }

 private:
  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<IdleTimer> timer_;
  int fired_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(IdleTimerTest);

}  // namespace evmicro::detail
