#include "registry/request_sequence.h"

#include <memory>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "support/turn_until.h"

namespace evmicro {

using detail::RequestSequence;
using Step = RequestSequence::Step;
using OnError = RequestSequence::OnError;

class RequestSequenceTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestSequenceTest);
  CPPUNIT_TEST(stepsRunOneAfterTheOther);
  CPPUNIT_TEST(errorStops);
  CPPUNIT_TEST(errorIsToldAfterAllStepsWhenTheyGoOn);
  CPPUNIT_TEST(insertedStepsRunNext);
  CPPUNIT_TEST(lastStepMayInsert);
  CPPUNIT_TEST(droppingTheCallCancelsTheRequestInFlight);
  CPPUNIT_TEST(doneMayDestroyTheCall);
  CPPUNIT_TEST(doneMayDestroyWhatTheStepsUse);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    log_.clear();
    outcome_.reset();
  }
  void tearDown() override {
    call_.cancel();
    loop_.reset();
  }

  void stepsRunOneAfterTheOther() {
    run({step("a"), step("b"), step("c")}, OnError::kStop);
    CPPUNIT_ASSERT_EQUAL(std::string("<a"), log_);
    CPPUNIT_ASSERT_MESSAGE("in a later turn", !outcome_);
    finish();
    CPPUNIT_ASSERT_EQUAL(std::string("<a a> <b b> <c c> "), log_);
    CPPUNIT_ASSERT(outcome_->ok());
  }

  void errorStops() {
    run({step("a"), step("b", Status::notFound("b's")), step("c", Status::internal("c's"))},
        OnError::kStop);
    finish();
    CPPUNIT_ASSERT_EQUAL(std::string("<a a> <b b> "), log_);
    CPPUNIT_ASSERT_EQUAL(std::string("b's"), outcome_->detail());
    CPPUNIT_ASSERT(outcome_->kind() == ErrorKind::kNotFound);
  }

  void errorIsToldAfterAllStepsWhenTheyGoOn() {
    run({step("a", Status::notFound("a's")), step("b", Status::internal("b's")), step("c")},
        OnError::kContinue);
    finish();
    CPPUNIT_ASSERT_EQUAL(std::string("<a a> <b b> <c c> "), log_);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the first", std::string("a's"), outcome_->detail());
  }

  void insertedStepsRunNext() {
    run({step("a", {}, {"x", "y"}), step("b")}, OnError::kStop);
    finish();
    CPPUNIT_ASSERT_EQUAL(std::string("<a a> <x x> <y y> <b b> "), log_);
  }

  void lastStepMayInsert() {
    run({step("a", {}, {"x"})}, OnError::kStop);
    finish();
    CPPUNIT_ASSERT_EQUAL(std::string("<a a> <x x> "), log_);
  }

  void droppingTheCallCancelsTheRequestInFlight() {
    run({step("a"), step("b")}, OnError::kStop);
    call_.cancel();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("<a"), log_);
    CPPUNIT_ASSERT(!outcome_);
  }

  void doneMayDestroyTheCall() {
    bool ran = false;
    call_ = RequestSequence::run({step("a")}, OnError::kStop, [&](const Status&) {
      call_.cancel();
      ran = true;
    });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return ran; }));
  }

  void doneMayDestroyWhatTheStepsUse() {
    auto owner = std::make_shared<std::string>("alive");
    const std::weak_ptr<std::string> watch = owner;
    bool ran = false;
    call_ = RequestSequence::run({[this, owner](RequestSequence& sequence) {
                                   return loop_->defer([&sequence, owner] { sequence.ended({}); });
                                 }},
                                 OnError::kStop, [&](const Status&) {
                                   owner.reset();
                                   call_.cancel();
                                   ran = true;
                                 });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return ran; }));
    test::turn(*loop_);
    CPPUNIT_ASSERT(watch.expired());
  }

 private:
  // A request that ends in a later turn with `outcome`, after it has inserted `others`.
  Step step(const std::string& name, const Status& outcome = {},
            const std::vector<std::string>& others = {}) {
    return [this, name, outcome, others](RequestSequence& sequence) {
      log_ += "<" + name;
      return loop_->defer([this, &sequence, name, outcome, others] {
        log_ += " " + name + "> ";
        std::vector<Step> more;
        for (const std::string& other : others) more.push_back(step(other));
        sequence.insert(std::move(more));
        sequence.ended(outcome);
      });
    };
  }
  void run(std::vector<Step> steps, OnError onError) {
    call_ = RequestSequence::run(std::move(steps), onError,
                                 [this](Status status) { outcome_.emplace(std::move(status)); });
  }
  void finish() {
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return outcome_.has_value(); }));
  }

  std::unique_ptr<EventLoop> loop_;
  std::string log_;  // `<a` a step was started, `a>` its request has ended
  std::optional<Status> outcome_;
  Call call_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestSequenceTest);

}  // namespace evmicro
