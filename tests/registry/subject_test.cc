#include <evmicro/subject.h>

#include <memory>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include "support/turn_until.h"

namespace evmicro {

class SubjectTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SubjectTest);
  CPPUNIT_TEST(onlyTrueChangesAreTold);
  CPPUNIT_TEST(outageIsToldOnceAndItsEnd);
  CPPUNIT_TEST(confirmingNeedsSomethingKnown);
  CPPUNIT_TEST(lateObserverLearnsWhatIsKnown);
  CPPUNIT_TEST(nothingIsToldInTheCall);
  CPPUNIT_TEST(changesKeepTheirOrder);
  CPPUNIT_TEST(leavingObserverIsTakenOff);
  CPPUNIT_TEST(lastObserverEndsTheSubject);
  CPPUNIT_TEST(observerMayDestroyTheSubject);
  CPPUNIT_TEST(observerMayDestroyOthersAndAddOthers);
  CPPUNIT_TEST(tokenMayOutliveTheSubject);
  CPPUNIT_TEST_SUITE_END();

  using Numbers = Subject<int>;

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    unused_ = 0;
    subject_ = std::make_unique<Numbers>(*loop_, [this] { ++unused_; });
    told_.clear();
  }
  void tearDown() override {
    subject_.reset();
    loop_.reset();
  }

  void onlyTrueChangesAreTold() {
    const Subscription token = observe();
    for (const int value : {1, 1, 2, 2, 1}) publish(value);
    expectTold("1 2 1 ");
  }

  void outageIsToldOnceAndItsEnd() {
    const Subscription token = observe();
    publish(1);
    for (int i = 0; i < 3; ++i) subject_->fail(Status::unavailable("down"));
    expectTold("1 down ");
    subject_->confirm();
    subject_->confirm();
    expectTold("1 down 1 ");
    subject_->fail(Status::unavailable("again"));
    publish(1);
    expectTold("1 down 1 again 1 ");
    subject_->fail(Status::unavailable("third"));
    publish(2);
    expectTold("1 down 1 again 1 third 2 ");
  }

  void confirmingNeedsSomethingKnown() {
    const Subscription token = observe();
    subject_->confirm();
    expectTold("");
    subject_->fail(Status::unavailable("down"));
    subject_->confirm();
    expectTold("down ");
  }

  void lateObserverLearnsWhatIsKnown() {
    Subscription early = observe();
    publish(1);
    expectTold("1 ");
    const Subscription late = observe("late:");
    expectTold("1 late:1 ");
    early.cancel();
    subject_->fail(Status::unavailable("down"));
    expectTold("1 late:1 late:down ");
    const Subscription last = observe("last:");
    expectTold("1 late:1 late:down last:down ");
  }

  void nothingIsToldInTheCall() {
    subject_->publish(1);
    const Subscription token = observe();
    CPPUNIT_ASSERT_EQUAL(std::string(), told_);
    subject_->publish(2);
    CPPUNIT_ASSERT_EQUAL(std::string(), told_);
    expectTold("1 2 ");
  }

  void changesKeepTheirOrder() {
    const Subscription token = observe();
    for (int value = 0; value < 5; ++value) subject_->publish(value);
    subject_->fail(Status::unavailable("down"));
    expectTold("0 1 2 3 4 down ");
  }

  void leavingObserverIsTakenOff() {
    Subscription leaving = observe();
    const Subscription staying = observe("b:");
    subject_->publish(1);
    leaving.cancel();  // with a change on its way
    expectTold("b:1 ");
    CPPUNIT_ASSERT_EQUAL(0, unused_);
  }

  void lastObserverEndsTheSubject() {
    subject_ = std::make_unique<Numbers>(*loop_, [this] {
      ++unused_;
      subject_.reset();
    });
    Subscription first = observe();
    Subscription second = observe();
    first.cancel();
    CPPUNIT_ASSERT_EQUAL(0, unused_);
    second.cancel();
    CPPUNIT_ASSERT_EQUAL(1, unused_);
    CPPUNIT_ASSERT(!subject_);
  }

  void observerMayDestroyTheSubject() {
    int calls = 0;
    const auto destroy = [&](const Result<int>&) {
      ++calls;
      subject_.reset();
    };
    const Subscription first = subject_->add(destroy);
    const Subscription second = subject_->add(destroy);
    subject_->publish(1);
    subject_->publish(2);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, calls);
  }

  void observerMayDestroyOthersAndAddOthers() {
    int calls = 0;
    Subscription added;
    std::vector<Subscription> others;
    const Subscription token = subject_->add([&](const Result<int>&) {
      ++calls;
      others.clear();
      added = observe("added:");
    });
    for (int i = 0; i < 3; ++i) others.push_back(subject_->add([](const Result<int>&) {}));
    subject_->publish(1);
    expectTold("added:1 ");
    CPPUNIT_ASSERT_EQUAL(1, calls);
  }

  void tokenMayOutliveTheSubject() {
    Subscription token = observe();
    subject_->publish(1);
    subject_.reset();
    test::turn(*loop_);
    token.cancel();
    CPPUNIT_ASSERT_EQUAL(std::string(), told_);
    CPPUNIT_ASSERT_EQUAL(0, unused_);
  }

 private:
  Subscription observe(const std::string& name = {}) {
    return subject_->add([this, name](const Result<int>& change) {
      told_ += name + (change.ok() ? std::to_string(*change) : change.status().detail()) + " ";
    });
  }
  void publish(int value) {
    subject_->publish(value);
    test::turn(*loop_);
  }
  void expectTold(const std::string& expected) {
    test::turn(*loop_, 10);
    CPPUNIT_ASSERT_EQUAL(expected, told_);
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Numbers> subject_;
  std::string told_;
  int unused_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SubjectTest);

}  // namespace evmicro
