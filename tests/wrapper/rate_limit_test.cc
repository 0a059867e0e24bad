#include <evmicro/rate_limit.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "metrics/prometheus_text.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"
#include "wrapper/wrapped_call.h"

namespace evmicro::test {

using namespace std::chrono_literals;
using Excess = RateLimitOptions::Excess;
using Side = RateLimitOptions::Side;

class RateLimitTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RateLimitTest);
  CPPUNIT_TEST(asManyAtOnceAsTheBucketHolds);
  CPPUNIT_TEST(tokensComeAtTheirTime);
  CPPUNIT_TEST(tokensThatComeBetweenNanosecondsAreInTime);
  CPPUNIT_TEST(theBucketDoesNotOverflow);
  CPPUNIT_TEST(refusesInGoPluginsWords);
  CPPUNIT_TEST(mayLetThemWaitInOrder);
  CPPUNIT_TEST(noMoreWaitThanMay);
  CPPUNIT_TEST(doesNotWaitForATokenThatComesTooLate);
  CPPUNIT_TEST(aCallThatIsCancelledWaitsNoMore);
  CPPUNIT_TEST(oneThatGoesOnMayCancelTheNext);
  CPPUNIT_TEST(copiesShareTheBucket);
  CPPUNIT_TEST(itsNumbersAreMetrics);
  CPPUNIT_TEST(numbersThatMakeNoSenseAreRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<ManualClock>();
    loop_ = std::make_unique<EventLoop>();
  }
  void tearDown() override {
    calls_.clear();
    limit_.reset();
    loop_.reset();
    clock_.reset();
  }

  void asManyAtOnceAsTheBucketHolds() {
    make({10, 3});
    CPPUNIT_ASSERT_EQUAL(std::string("+++--"), call(5));
  }

  void tokensComeAtTheirTime() {
    make({10, 1});
    CPPUNIT_ASSERT_EQUAL(std::string("+-"), call(2));
    clock_->skip(100ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::string("-"), call(1));
    clock_->skip(1us);
    CPPUNIT_ASSERT_EQUAL(std::string("+-"), call(2));
  }

  // A third of a second is no whole number of them.
  void tokensThatComeBetweenNanosecondsAreInTime() {
    make({3, 1});
    CPPUNIT_ASSERT_EQUAL(std::string("+"), call(1));
    clock_->skip(333'332us);
    CPPUNIT_ASSERT_EQUAL(std::string("-"), call(1));
    clock_->skip(1'333ns);
    CPPUNIT_ASSERT_EQUAL(std::string("+-"), call(2));
  }

  void theBucketDoesNotOverflow() {
    make({10, 3});
    clock_->skip(1h);
    CPPUNIT_ASSERT_EQUAL(std::string("+++-"), call(4));
  }

  void refusesInGoPluginsWords() {
    for (const Side side : {Side::kServer, Side::kClient}) {
      RateLimitOptions options{10, 1};
      options.side = side;
      make(options);
      call(2);
      const Status& status = *calls_.back()->outcome;
      CPPUNIT_ASSERT_EQUAL(429, status.code());
      CPPUNIT_ASSERT_EQUAL(
          std::string(side == Side::kServer ? "go.micro.server" : "go.micro.client"), status.id());
      CPPUNIT_ASSERT_EQUAL(std::string("too many request"), status.detail());
    }
  }

  void mayLetThemWaitInOrder() {
    make(waiting());
    CPPUNIT_ASSERT_EQUAL(std::string("+..."), call(4));
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), limit_->waiting());
    clock_->advance(*loop_, 100ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::string("+..."), fates());
    clock_->advance(*loop_, 1ms);
    CPPUNIT_ASSERT_EQUAL(std::string("++.."), fates());
    clock_->advance(*loop_, 100ms);
    CPPUNIT_ASSERT_EQUAL(std::string("+++."), fates());
    CPPUNIT_ASSERT_EQUAL(std::string("."), call(1));  // it does not overtake
    clock_->advance(*loop_, 300ms);
    CPPUNIT_ASSERT_EQUAL(std::string("+++++"), fates());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), limit_->waiting());
  }

  void noMoreWaitThanMay() {
    RateLimitOptions options = waiting();
    options.maxWaiting = 2;
    make(options);
    CPPUNIT_ASSERT_EQUAL(std::string("+..-"), call(4));
  }

  void doesNotWaitForATokenThatComesTooLate() {
    make(waiting());
    call(2);
    CPPUNIT_ASSERT_EQUAL(std::string("-"), call(1, Context().withTimeout(200ms - 1us)));
    CPPUNIT_ASSERT_EQUAL(std::string("."), call(1, Context().withTimeout(200ms + 1us)));
  }

  void aCallThatIsCancelledWaitsNoMore() {
    make(waiting());
    Context context;
    call(1);
    call(1, context);
    call(1);
    context.cancel();
    CPPUNIT_ASSERT_EQUAL(std::string("+-."), fates());
    CPPUNIT_ASSERT_EQUAL(499, calls_[1]->code());
    clock_->advance(*loop_, 101ms);
    CPPUNIT_ASSERT_EQUAL(std::string("+-+"), fates());
  }

  void oneThatGoesOnMayCancelTheNext() {
    make(waiting());
    call(1);
    Context second;
    int ran = 0;
    const auto start = [&](const Context& context, bool cancels) {
      (*limit_)(
          context, CallInfo{},
          [&ran, second, cancels](Context, CallDone) mutable {
            ++ran;
            if (cancels) second.cancel();
          },
          [](Status) {});
    };
    start(Context(), true);
    start(second, false);
    clock_->skip(1s);  // both may go on in one turn
    clock_->advance(*loop_, 1ms);
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }

  void copiesShareTheBucket() {
    make({10, 1});
    const RateLimit copy = *limit_;
    call(1);
    WrappedCall other(copy, CallInfo{});
    CPPUNIT_ASSERT(!other.reached);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), limit_->refused());
  }

  void itsNumbersAreMetrics() {
    RateLimitOptions options = waiting();
    options.maxWaiting = 1;
    make(options);
    call(3);
    detail::PrometheusText text;
    (*limit_)(text);
    for (const char* line : {"evmicro_rate_limit_refused_total{side=\"server\"} 1\n",
                             "evmicro_rate_limit_waiting{side=\"server\"} 1\n"}) {
      CPPUNIT_ASSERT_MESSAGE(text.text(), text.text().find(line) != std::string::npos);
    }
  }

  void numbersThatMakeNoSenseAreRefused() {
    for (const RateLimitOptions& options :
         {RateLimitOptions{0, 1}, RateLimitOptions{-1, 1}, RateLimitOptions{1, 0.9},
          RateLimitOptions{0.0 / 0.0, 1}}) {
      CPPUNIT_ASSERT_THROW(RateLimit(*loop_, options), std::invalid_argument);
    }
  }

 private:
  void make(RateLimitOptions options) {
    calls_.clear();
    limit_ = std::make_unique<RateLimit>(rateLimit(*loop_, options));
  }
  static RateLimitOptions waiting() {
    RateLimitOptions options{10, 1};
    options.excess = Excess::kWait;
    return options;
  }
  // What became of each: + goes on, - refused or ended, . waits.
  std::string fates(std::size_t from = 0) const {
    std::string text;
    for (std::size_t i = from; i < calls_.size(); ++i) {
      text += calls_[i]->reached ? '+' : calls_[i]->outcome ? '-' : '.';
    }
    return text;
  }
  std::string call(int times, const Context& context = Context()) {
    const std::size_t before = calls_.size();
    for (int i = 0; i < times; ++i) {
      calls_.push_back(std::make_unique<WrappedCall>(*limit_, CallInfo{}, context));
    }
    return fates(before);
  }

  std::unique_ptr<ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<RateLimit> limit_;
  std::vector<std::unique_ptr<WrappedCall>> calls_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RateLimitTest);

}  // namespace evmicro::test
