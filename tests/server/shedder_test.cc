#include "server/shedder.h"

#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro::detail {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// When a delay becomes an overload, just below and just above. With a target of 50 ms the delay is
// measured every 25 ms, and must last for 100 ms.
class ShedderTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ShedderTest);
  CPPUNIT_TEST(aDelayOfTheTargetIsNoOverload);
  CPPUNIT_TEST(aLongerDelayMustLastForTheInterval);
  CPPUNIT_TEST(oneTurnInTimeBeginsTheIntervalAnew);
  CPPUNIT_TEST(itEndsOnceTheDelayHasBeenShortForTheInterval);
  CPPUNIT_TEST(oneLateTurnKeepsIt);
  CPPUNIT_TEST(aLongTargetHasALongInterval);
  CPPUNIT_TEST(theFirstRequestsOfATurnAreServed);
  CPPUNIT_TEST(retryAfterIsTheLatestDelay);
  CPPUNIT_TEST(aTargetOfZeroMeasuresNothing);
  CPPUNIT_TEST(stoppedItMeasuresNothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    begin(50ms);
  }
  void tearDown() override {
    shedder_.reset();
    loop_.reset();
    clock_.reset();
  }

  void aDelayOfTheTargetIsNoOverload() {
    for (int i = 0; i < 10; ++i) late(50ms);
    CPPUNIT_ASSERT(!shedder_->overloaded());
    for (int i = 0; i < 3; ++i) late(50ms + 1ns);
    CPPUNIT_ASSERT(shedder_->overloaded());
  }

  void aLongerDelayMustLastForTheInterval() {
    late(60ms);
    late(75ms - 1ns);
    CPPUNIT_ASSERT(!shedder_->overloaded());
    begin(50ms);
    late(60ms);
    late(75ms);
    CPPUNIT_ASSERT(shedder_->overloaded());
  }

  void oneTurnInTimeBeginsTheIntervalAnew() {
    for (int i = 0; i < 5; ++i) {
      late(60ms);
      late(60ms);
      late(0ms);
      CPPUNIT_ASSERT(!shedder_->overloaded());
    }
  }

  void itEndsOnceTheDelayHasBeenShortForTheInterval() {
    for (const nanoseconds delay : {50ms - 1ns, nanoseconds(50ms)}) {
      overload();
      late(50ms);
      late(delay);
      CPPUNIT_ASSERT(shedder_->overloaded());
      late(0ms);
      CPPUNIT_ASSERT_EQUAL(delay < 50ms, shedder_->overloaded());
    }
  }

  void oneLateTurnKeepsIt() {
    overload();
    for (int i = 0; i < 5; ++i) {
      for (int turns = 0; turns < 4; ++turns) late(0ms);
      late(50ms + 1ns);
      CPPUNIT_ASSERT(shedder_->overloaded());
    }
  }

  // Twice the target; it is measured every 50 ms.
  void aLongTargetHasALongInterval() {
    for (const nanoseconds delay : {350ms - 1ns, nanoseconds(350ms)}) {
      begin(200ms);
      measuredEach_ = 50ms;
      late(201ms);
      late(delay);
      CPPUNIT_ASSERT_EQUAL(delay == 350ms, shedder_->overloaded());
    }
  }

  void theFirstRequestsOfATurnAreServed() {
    const auto now = EventLoop::now();
    CPPUNIT_ASSERT(!shedder_->refuses(now, now + 1h));
    overload();
    CPPUNIT_ASSERT(!shedder_->refuses(now, now + 50ms - 1ns));
    CPPUNIT_ASSERT(shedder_->refuses(now, now + 50ms));
  }

  void retryAfterIsTheLatestDelay() {
    CPPUNIT_ASSERT(shedder_->retryAfter() == 1s);
    late(1s);
    CPPUNIT_ASSERT(shedder_->retryAfter() == 1s);
    late(1s + 1ns);
    CPPUNIT_ASSERT(shedder_->retryAfter() == 2s);
    late(0ms);
    CPPUNIT_ASSERT(shedder_->retryAfter() == 1s);
  }

  void aTargetOfZeroMeasuresNothing() {
    begin(0ms);
    late(10s);
    CPPUNIT_ASSERT(shedder_->retryAfter() == 1s);
  }

  void stoppedItMeasuresNothing() {
    shedder_->stop();
    late(10s);
    CPPUNIT_ASSERT(shedder_->retryAfter() == 1s);
  }

 private:
  void begin(std::chrono::milliseconds target) {
    shedder_ = std::make_unique<Shedder>(*loop_, target);
    shedder_->start();
    measuredEach_ = 25ms;
  }
  // The next measurement finds the loop so late.
  void late(nanoseconds delay) {
    clock_->skip(measuredEach_ + delay);
    test::turn(*loop_);
  }
  void overload() {
    begin(50ms);
    for (int i = 0; i < 3; ++i) late(60ms);
    CPPUNIT_ASSERT(shedder_->overloaded());
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Shedder> shedder_;
  nanoseconds measuredEach_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(ShedderTest);

}  // namespace evmicro::detail
