#include <evmicro/breaker.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "metrics/prometheus_text.h"
#include "support/manual_clock.h"
#include "wrapper/wrapped_call.h"

namespace evmicro::test {

using namespace std::chrono_literals;
using State = Breaker::State;

class BreakerTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BreakerTest);
  CPPUNIT_TEST(sixFailuresInARowOpenIt);
  CPPUNIT_TEST(aSuccessBetweenStartsAnew);
  CPPUNIT_TEST(whatCountsAsAFailure);
  CPPUNIT_TEST(theProgramMaySayWhatCounts);
  CPPUNIT_TEST(anOpenOneRefusesInGoPluginsWords);
  CPPUNIT_TEST(afterItsTimeOneCallTries);
  CPPUNIT_TEST(aTrialThatSucceedsClosesIt);
  CPPUNIT_TEST(aTrialThatFailsOpensItAgain);
  CPPUNIT_TEST(aTrialThatIsDroppedMakesRoomForAnother);
  CPPUNIT_TEST(aTrialThatTakesLongMakesRoomForAnother);
  CPPUNIT_TEST(severalTrialsMustAllSucceed);
  CPPUNIT_TEST(callsFromBeforeDoNotCount);
  CPPUNIT_TEST(servicesAreSeparate);
  CPPUNIT_TEST(publicationsPass);
  CPPUNIT_TEST(itsStateIsAMetric);
  CPPUNIT_TEST(numbersThatMakeNoSenseAreRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<ManualClock>();
    breaker_ = std::make_unique<Breaker>(breaker());
  }
  void tearDown() override {
    breaker_.reset();
    clock_.reset();
  }

  void sixFailuresInARowOpenIt() {
    fail(5);
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kClosed);
    fail(1);
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kOpen);
  }

  void aSuccessBetweenStartsAnew() {
    fail(5);
    end({});
    fail(5);
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kClosed);
  }

  void whatCountsAsAFailure() {
    const std::vector<std::pair<Status, bool>> cases = {
        {Status::unavailable("not reached"), true},
        {Status::timeout("late"), true},
        {Status::internal("broke"), true},
        {Status::fromWire(R"({"id":"x","code":503,"detail":"away"})"), true},
        {Status::error(599, "", ""), true},
        {Status::error(600, "", ""), false},
        {Status::error(499, "", ""), false},
        {Status::notFound("no such thing"), false},
        {Status::overloaded("busy"), false},
        {Status::invalid("nonsense"), false}};
    for (const auto& [status, counts] : cases) {
      Breaker one(BreakerOptions{1, 60s, 1, {}});
      WrappedCall call(one, info());
      call.finish(status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), counts, one.state("shop") == State::kOpen);
    }
  }

  void theProgramMaySayWhatCounts() {
    BreakerOptions options;
    options.failures = 1;
    options.isFailure = [](const Status& status) { return status.code() == 404; };
    breaker_ = std::make_unique<Breaker>(options);
    fail(1);
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kClosed);
    end(Status::notFound("x"));
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kOpen);
  }

  void anOpenOneRefusesInGoPluginsWords() {
    fail(6);
    WrappedCall call(*breaker_, info());
    CPPUNIT_ASSERT(!call.reached && call.outcome);
    CPPUNIT_ASSERT_EQUAL(503, call.code());
    CPPUNIT_ASSERT_EQUAL(std::string("go.micro.client"), call.outcome->id());
    CPPUNIT_ASSERT_EQUAL(std::string("circuit breaker is open"), call.outcome->detail());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), breaker_->refused());
  }

  void afterItsTimeOneCallTries() {
    fail(6);
    clock_->skip(60s - 1ns);
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kOpen);
    clock_->skip(1ns);
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kHalfOpen);
    WrappedCall trial(*breaker_, info());
    CPPUNIT_ASSERT(trial.reached);
    WrappedCall second(*breaker_, info());
    CPPUNIT_ASSERT(!second.reached);
    CPPUNIT_ASSERT_EQUAL(503, second.code());
    CPPUNIT_ASSERT_EQUAL(std::string("too many requests"), second.outcome->detail());
  }

  void aTrialThatSucceedsClosesIt() {
    halfOpen();
    end({});
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kClosed);
    fail(5);
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kClosed);
  }

  void aTrialThatFailsOpensItAgain() {
    halfOpen();
    fail(1);
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kOpen);
    clock_->skip(60s);
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kHalfOpen);
  }

  void aTrialThatIsDroppedMakesRoomForAnother() {
    halfOpen();
    {
      WrappedCall dropped(*breaker_, info());
      CPPUNIT_ASSERT(dropped.reached);
    }
    end(Status::cancelled("given up"));
    WrappedCall another(*breaker_, info());
    CPPUNIT_ASSERT(another.reached);
  }

  // As a stream does: the service was refused for as long as it was open.
  void aTrialThatTakesLongMakesRoomForAnother() {
    halfOpen();
    WrappedCall stream(*breaker_, info());
    clock_->skip(60s - 1ns);
    CPPUNIT_ASSERT(!WrappedCall(*breaker_, info()).reached);
    clock_->skip(1ns);
    WrappedCall another(*breaker_, info());
    CPPUNIT_ASSERT(another.reached);
    stream.finish(Status::internal("late"));
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kHalfOpen);
    another.finish({});
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kClosed);
  }

  void severalTrialsMustAllSucceed() {
    breaker_ = std::make_unique<Breaker>(BreakerOptions{1, 60s, 2, {}});
    halfOpen();
    end({});
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kHalfOpen);
    end({});
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kClosed);
  }

  void callsFromBeforeDoNotCount() {
    WrappedCall before(*breaker_, info());
    halfOpen();
    before.finish({});
    CPPUNIT_ASSERT(breaker_->state("shop") == State::kHalfOpen);
  }

  void servicesAreSeparate() {
    fail(6);
    WrappedCall other(*breaker_, info("other"));
    CPPUNIT_ASSERT(other.reached);
    CPPUNIT_ASSERT(breaker_->state("other") == State::kClosed);
  }

  void publicationsPass() {
    CallInfo publication;
    publication.topic = "news";
    for (int i = 0; i < 10; ++i) {
      WrappedCall call(*breaker_, publication);
      CPPUNIT_ASSERT(call.reached);
      call.finish(Status::internal("broke"));
    }
  }

  void itsStateIsAMetric() {
    fail(6);
    WrappedCall refused(*breaker_, info());
    expectMetric("evmicro_client_breaker_open{service=\"shop\"} 1\n");
    expectMetric("evmicro_client_breaker_refused_total 1\n");
    expectMetric("evmicro_client_breaker_opened_total 1\n");
    clock_->skip(60s);
    expectMetric("evmicro_client_breaker_open{service=\"shop\"} 0.5\n");
  }

  void numbersThatMakeNoSenseAreRefused() {
    CPPUNIT_ASSERT_THROW(Breaker(BreakerOptions{0, 60s, 1, {}}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(Breaker(BreakerOptions{1, 60s, 0, {}}), std::invalid_argument);
  }

 private:
  static CallInfo info(std::string_view service = "shop") {
    CallInfo info;
    info.service = service;
    info.method = "Shop.Buy";
    return info;
  }
  void end(const Status& status) {
    WrappedCall call(*breaker_, info());
    CPPUNIT_ASSERT(call.reached);
    call.finish(status);
    CPPUNIT_ASSERT_EQUAL(status.code(), call.code());
  }
  void fail(int times) {
    for (int i = 0; i < times; ++i) end(Status::internal("broke"));
  }
  void halfOpen() {
    while (breaker_->state("shop") == State::kClosed) fail(1);
    clock_->skip(60s);
  }
  void expectMetric(const std::string& line) {
    detail::PrometheusText text;
    (*breaker_)(text);
    CPPUNIT_ASSERT_MESSAGE(text.text(), text.text().find(line) != std::string::npos);
  }

  std::unique_ptr<ManualClock> clock_;
  std::unique_ptr<Breaker> breaker_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(BreakerTest);

}  // namespace evmicro::test
