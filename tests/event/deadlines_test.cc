#include "event/deadlines.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro::detail {

namespace {

using namespace std::chrono_literals;
using std::chrono::hours;

class Deadline final : public Deadlines::Entry {
 public:
  Deadline(Deadlines& all, std::function<void()> passed) : Entry(all), passed_(std::move(passed)) {}

 private:
  void onDeadline() override {
    const auto passed = passed_;
    passed();
  }

  std::function<void()> passed_;
};

}  // namespace

class DeadlinesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DeadlinesTest);
  CPPUNIT_TEST(runsWhatIsOverdueAndNothingElse);
  CPPUNIT_TEST(stoppedOnesAreSilent);
  CPPUNIT_TEST(earlierOneIsNotHeldUpByALaterOne);
  CPPUNIT_TEST(nothingRunsInsideTheStart);
  CPPUNIT_TEST(callbackMayDestroyItselfAndOthers);
  CPPUNIT_TEST(stoppingOneKeepsThePlacesOfTheOthers);
  CPPUNIT_TEST(runningOneIsReplaced);
  CPPUNIT_TEST(callbackMayStartAgain);
  CPPUNIT_TEST(callbackMayDestroyAll);
  CPPUNIT_TEST(runsNeitherBeforeItsTimeNorAfter);
  CPPUNIT_TEST(overdueOnesRunInATurnOfTheirOwn);
  CPPUNIT_TEST(looksForThemAtMostOnceAMillisecond);
  CPPUNIT_TEST(theMoreThereAreTheLessOftenItLooks);
  CPPUNIT_TEST(anEarlierOneStoppedCostsOneLook);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    all_ = std::make_unique<Deadlines>(*loop_);
    passed_.clear();
  }
  void tearDown() override {
    all_.reset();
    loop_.reset();
    clock_.reset();
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

  // The last takes the place of the one that stops, and must know it: it is stopped by its place.
  void stoppingOneKeepsThePlacesOfTheOthers() {
    std::vector<std::unique_ptr<Deadline>> all;
    for (const char name : std::string("abcde")) all.push_back(add(name));
    for (const auto& deadline : all) deadline->startDeadline(now());
    all[1]->stopDeadline();  // e moves to the place of b
    all[4]->stopDeadline();  // from there
    all[0]->stopDeadline();
    turnUntilPassed(2);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), passed_.size());
    CPPUNIT_ASSERT(passed_.find('c') != std::string::npos);
    CPPUNIT_ASSERT(passed_.find('d') != std::string::npos);
  }

  void runningOneIsReplaced() {
    const auto moved = add('m');
    const auto other = add('o');
    CPPUNIT_ASSERT(!moved->deadlineRunning());
    moved->startDeadline(now());
    const auto when = now() + hours(1);
    moved->startDeadline(when);
    CPPUNIT_ASSERT(moved->deadlineRunning());
    CPPUNIT_ASSERT(moved->deadline() == when);
    other->startDeadline(now());
    turnUntilPassed(1);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("o"), passed_);
    other->startDeadline(now() + hours(1));
    moved->startDeadline(now());
    turnUntilPassed(2);
    CPPUNIT_ASSERT_EQUAL(std::string("om"), passed_);
    CPPUNIT_ASSERT(!moved->deadlineRunning());
  }

  void callbackMayStartAgain() {
    std::optional<Deadline> again;
    again.emplace(*all_, [this, &again] {
      passed_ += 'x';
      if (passed_.size() < 4) again->startDeadline(now() - hours(1));  // in a turn of its own
    });
    const auto other = add('o');
    again->startDeadline(now() - hours(1));
    other->startDeadline(now() - hours(1));
    turnUntilPassed(2);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), passed_.size());
    CPPUNIT_ASSERT(passed_.find('o') != std::string::npos);
    turnUntilPassed(4);
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

  void runsNeitherBeforeItsTimeNorAfter() {
    const auto deadline = add('d');
    deadline->startDeadline(now() + 5ms);
    clock_->advance(*loop_, 5ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::string(), passed_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(std::string("d"), passed_);
    CPPUNIT_ASSERT(!deadline->deadlineRunning());
  }

  void overdueOnesRunInATurnOfTheirOwn() {
    const auto second = add('2');
    Deadline first(*all_, [&] {
      passed_ += '1';
      second->startDeadline(now() - hours(1));
    });
    first.startDeadline(now());
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), passed_);
    clock_->advance(*loop_, 1us);  // which is as soon as a timer can
    CPPUNIT_ASSERT_EQUAL(std::string("12"), passed_);
  }

  void looksForThemAtMostOnceAMillisecond() {
    const auto first = add('1');
    const auto second = add('2');
    const auto third = add('3');
    first->startDeadline(now() + 1ms);
    second->startDeadline(now() + 1ms + 10us);
    third->startDeadline(now() + 2ms + 20us);  // later than the pause: at its own time
    clock_->advance(*loop_, 1ms);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), passed_);
    clock_->advance(*loop_, 1ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), passed_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(std::string("12"), passed_);
    clock_->advance(*loop_, 1ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::string("12"), passed_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(std::string("123"), passed_);
  }

  void theMoreThereAreTheLessOftenItLooks() {
    for (const auto& [count, pause] :
         {std::pair(999U, 1ms), std::pair(1'000U, 2ms), std::pair(2'000U, 3ms)}) {
      passed_.clear();
      clock_->advance(*loop_, 1s);
      std::vector<std::unique_ptr<Deadline>> many;
      for (unsigned i = 0; i < count; ++i) many.push_back(add('m'));
      const auto first = add('1');
      first->startDeadline(now());
      for (const auto& deadline : many) deadline->startDeadline(now() + 10us);
      test::turn(*loop_);
      CPPUNIT_ASSERT_EQUAL(std::string("1"), passed_);
      clock_->advance(*loop_, pause - 1us);
      CPPUNIT_ASSERT_EQUAL(std::string("1"), passed_);
      clock_->advance(*loop_, 1us);
      CPPUNIT_ASSERT_EQUAL(std::size_t(1 + count), passed_.size());
    }
  }

  // The timer of the one that has stopped fires once, and is then set for the next.
  void anEarlierOneStoppedCostsOneLook() {
    const auto stopped = add('s');
    const auto later = add('l');
    stopped->startDeadline(now() + 1ms);
    later->startDeadline(now() + 10ms);
    stopped->stopDeadline();
    clock_->advance(*loop_, 10ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::string(), passed_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(std::string("l"), passed_);
  }

 private:
  static EventLoop::Clock::time_point now() { return EventLoop::now(); }
  std::unique_ptr<Deadline> add(char name) {
    return std::make_unique<Deadline>(*all_, [this, name] { passed_ += name; });
  }
  void turnUntilPassed(std::size_t count) {
    CPPUNIT_ASSERT(clock_->advanceUntil(*loop_, [this, count] { return passed_.size() >= count; }));
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Deadlines> all_;
  std::string passed_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(DeadlinesTest);

}  // namespace evmicro::detail
