#include "call/call_deadlines.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "support/turn_until.h"

namespace evmicro::detail {

namespace {

using std::chrono::hours;

class Deadline final : public CallDeadlines::Entry {
 public:
  Deadline(CallDeadlines& all, std::function<void()> passed)
      : Entry(all), passed_(std::move(passed)) {}

 private:
  void onDeadline() override {
    const auto passed = passed_;
    passed();
  }

  std::function<void()> passed_;
};

}  // namespace

class CallDeadlinesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CallDeadlinesTest);
  CPPUNIT_TEST(runsWhatIsOverdueAndNothingElse);
  CPPUNIT_TEST(stoppedOnesAreSilent);
  CPPUNIT_TEST(earlierOneIsNotHeldUpByALaterOne);
  CPPUNIT_TEST(nothingRunsInsideTheStart);
  CPPUNIT_TEST(callbackMayDestroyItselfAndOthers);
  CPPUNIT_TEST(callbackMayStartAgain);
  CPPUNIT_TEST(callbackMayDestroyAll);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    all_ = std::make_unique<CallDeadlines>(*loop_);
    passed_.clear();
  }
  void tearDown() override {
    all_.reset();
    loop_.reset();
  }

  void runsWhatIsOverdueAndNothingElse() {
    const auto later = add('l');
    const auto first = add('1');
    const auto second = add('2');
    later->startDeadline(now() + hours(1));
    first->startDeadline(now());
    second->startDeadline(now());
    turnUntilPassed(2);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), passed_.size());
    CPPUNIT_ASSERT(passed_.find('l') == std::string::npos);
  }

  void stoppedOnesAreSilent() {
    const auto stopped = add('s');
    auto destroyed = add('d');
    const auto last = add('l');
    stopped->startDeadline(now());
    destroyed->startDeadline(now());
    last->startDeadline(now());
    stopped->stopDeadline();
    stopped->stopDeadline();
    destroyed.reset();
    turnUntilPassed(1);
    CPPUNIT_ASSERT_EQUAL(std::string("l"), passed_);
  }

  void earlierOneIsNotHeldUpByALaterOne() {
    const auto later = add('l');
    const auto earlier = add('e');
    later->startDeadline(now() + hours(1));
    earlier->startDeadline(now() + std::chrono::milliseconds(1));
    turnUntilPassed(1);
    CPPUNIT_ASSERT_EQUAL(std::string("e"), passed_);
  }

  void nothingRunsInsideTheStart() {
    const auto overdue = add('o');
    overdue->startDeadline(now() - hours(1));
    CPPUNIT_ASSERT_EQUAL(std::string(), passed_);
    turnUntilPassed(1);
    CPPUNIT_ASSERT_EQUAL(std::string("o"), passed_);
  }

  void callbackMayDestroyItselfAndOthers() {
    std::vector<std::unique_ptr<Deadline>> deadlines;
    for (int i = 0; i < 3; ++i) {
      deadlines.push_back(std::make_unique<Deadline>(*all_, [this, &deadlines] {
        passed_ += 'x';
        deadlines.clear();
      }));
    }
    for (const auto& deadline : deadlines) deadline->startDeadline(now());
    const auto after = add('a');
    after->startDeadline(now() + std::chrono::milliseconds(1));
    turnUntilPassed(2);
    CPPUNIT_ASSERT_EQUAL(std::string("xa"), passed_);
  }

  void callbackMayStartAgain() {
    std::optional<Deadline> again;
    again.emplace(*all_, [this, &again] {
      passed_ += 'x';
      if (passed_.size() < 3) again->startDeadline(now());
    });
    again->startDeadline(now());
    turnUntilPassed(3);
    CPPUNIT_ASSERT_EQUAL(std::string("xxx"), passed_);
  }

  void callbackMayDestroyAll() {
    std::optional<Deadline> last;
    last.emplace(*all_, [this, &last] {
      passed_ += 'x';
      last.reset();
      all_.reset();
    });
    last->startDeadline(now());
    turnUntilPassed(1);
    CPPUNIT_ASSERT(!all_);
  }

 private:
  static EventLoop::Clock::time_point now() { return EventLoop::now(); }
  std::unique_ptr<Deadline> add(char name) {
    return std::make_unique<Deadline>(*all_, [this, name] { passed_ += name; });
  }
  void turnUntilPassed(std::size_t count) {
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this, count] { return passed_.size() >= count; }));
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<CallDeadlines> all_;
  std::string passed_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(CallDeadlinesTest);

}  // namespace evmicro::detail
