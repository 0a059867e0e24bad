#include <evmicro/task.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/coroutine.h>

#include "coroutine/world.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::Noting;

namespace {

Task<int> give(int number) { co_return number; }
Task<std::unique_ptr<int>> giveMoveOnly() { co_return std::make_unique<int>(7); }
Task<int> addTo(Task<int> task, int number) { co_return co_await std::move(task) + number; }
Task<int> fail() {
  throw std::runtime_error("thrown");
  co_return 0;
}

}  // namespace

class TaskTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TaskTest);
  CPPUNIT_TEST(beginsWhenItIsAwaited);
  CPPUNIT_TEST(givesItsResult);
  CPPUNIT_TEST(waitsForTheLoop);
  CPPUNIT_TEST(manyInARow);
  CPPUNIT_TEST(exceptionsAreThrownWhereItIsAwaited);
  CPPUNIT_TEST(anUnstartedTaskIsDestroyed);
  CPPUNIT_TEST(destroyingTheScopeDestroysTheWholeChain);
  CPPUNIT_TEST(destroyingTheScopeSilences);
  CPPUNIT_TEST(aCoroutineMayDestroyItsScope);
  CPPUNIT_TEST(aCoroutineMayDestroyItsScopeAndEnd);
  CPPUNIT_TEST(aDeepCoroutineMayDestroyItsScope);
  CPPUNIT_TEST(doneMayDestroyTheScope);
  CPPUNIT_TEST(doneMaySpawnAgain);
  CPPUNIT_TEST(scopesKnowWhetherTheyAreEmpty);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    scope_ = std::make_unique<CoroutineScope>();
    log_.clear();
  }
  void tearDown() override {
    scope_.reset();
    loop_.reset();
  }

  void beginsWhenItIsAwaited() {
    auto task = note("ran");
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    scope_->spawn(std::move(task));
    CPPUNIT_ASSERT_EQUAL(std::string("ran"), log_);
  }

  void givesItsResult() {
    int result = 0;
    scope_->spawn(addTo(addTo(give(1), 2), 4), [&result](int sum) { result = sum; });
    CPPUNIT_ASSERT_EQUAL(7, result);
    std::unique_ptr<int> moved;
    scope_->spawn(giveMoveOnly(),
                  [&moved](std::unique_ptr<int> given) { moved = std::move(given); });
    CPPUNIT_ASSERT_EQUAL(7, *moved);
  }

  void waitsForTheLoop() {
    scope_->spawn(pauseAndNote("1 ", 200ms));
    scope_->spawn(pauseAndNote("2 ", 0ms));
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    CPPUNIT_ASSERT(turnUntil([this] { return scope_->empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("2 1 "), log_);
  }

  void manyInARow() {
    int sum = 0;
    const auto count = [this, &sum]() -> Task<> {
      for (int i = 0; i < 1'000; ++i) {
        if (i % 100 == 0) co_await sleepFor(*loop_, 0ms);
        sum += co_await give(1);
      }
    };
    scope_->spawn(count());
    CPPUNIT_ASSERT(turnUntil([&] { return sum == 1'000; }));
  }

  void exceptionsAreThrownWhereItIsAwaited() {
    const auto outer = [this]() -> Task<> {
      try {
        log_ += std::to_string(co_await addTo(fail(), 1));
      } catch (const std::runtime_error& error) {
        log_ += error.what();
      }
    };
    scope_->spawn(outer());
    CPPUNIT_ASSERT_EQUAL(std::string("thrown"), log_);
  }

  void anUnstartedTaskIsDestroyed() {
    const auto held = std::make_shared<int>(1);
    const auto hold = [](std::shared_ptr<int>) -> Task<> { co_return; };
    {
      Task<> task = hold(held);
      CPPUNIT_ASSERT_EQUAL(2L, held.use_count());
      task = hold(nullptr);
      CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
      task = hold(held);
    }
    CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
  }

  void destroyingTheScopeDestroysTheWholeChain() {
    const auto inner = [this]() -> Task<> {
      const Noting noting(log_, "inner ");
      co_await sleepFor(*loop_, 1h);
    };
    const auto outer = [this, &inner]() -> Task<> {
      const Noting noting(log_, "outer ");
      co_await inner();
    };
    scope_->spawn(outer(), [this] { log_ += "done "; });
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    scope_.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("inner outer "), log_);
  }

  void destroyingTheScopeSilences() {
    scope_->spawn(pauseAndNote("ran", 0ms), [this] { log_ += "done"; });
    scope_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
  }

  // It runs on to where it would wait, and is destroyed there.
  void aCoroutineMayDestroyItsScope() {
    const auto end = [this]() -> Task<> {
      const Noting noting(log_, "destroyed");
      co_await sleepFor(*loop_, 0ms);
      scope_.reset();
      log_ += "goes on, ";
      co_await sleepFor(*loop_, 0ms);
      log_ += "never";
    };
    scope_->spawn(end(), [this] { log_ += "done"; });
    CPPUNIT_ASSERT(turnUntil([this] { return !scope_; }));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("goes on, destroyed"), log_);
  }

  void aCoroutineMayDestroyItsScopeAndEnd() {
    const auto end = [this]() -> Task<> {
      const Noting noting(log_, "destroyed");
      scope_.reset();
      co_return;
    };
    scope_->spawn(end(), [this] { log_ += "done"; });
    CPPUNIT_ASSERT_EQUAL(std::string("destroyed"), log_);
  }

  void aDeepCoroutineMayDestroyItsScope() {
    const auto inner = [this]() -> Task<> {
      const Noting noting(log_, "inner ");
      co_await sleepFor(*loop_, 0ms);
      scope_.reset();
    };
    const auto outer = [this, &inner]() -> Task<> {
      const Noting noting(log_, "outer ");
      co_await inner();
      log_ += "goes on ";
      co_await sleepFor(*loop_, 0ms);
      log_ += "never ";
    };
    scope_->spawn(outer());
    CPPUNIT_ASSERT(turnUntil([this] { return !scope_; }));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("inner goes on outer "), log_);
  }

  void doneMayDestroyTheScope() {
    scope_->spawn(pauseAndNote("ran ", 0ms), [this, captured = std::string(64, 'x')] {
      scope_.reset();
      log_ += captured;
    });
    CPPUNIT_ASSERT(turnUntil([this] { return !scope_; }));
    CPPUNIT_ASSERT_EQUAL("ran " + std::string(64, 'x'), log_);
  }

  void doneMaySpawnAgain() {
    scope_->spawn(give(1), [this](int) { scope_->spawn(pauseAndNote("again", 0ms)); });
    CPPUNIT_ASSERT(turnUntil([this] { return scope_->empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("again"), log_);
  }

  void scopesKnowWhetherTheyAreEmpty() {
    CPPUNIT_ASSERT(scope_->empty());
    scope_->spawn(give(1), [](int) {});
    CPPUNIT_ASSERT(scope_->empty());
    scope_->spawn(pauseAndNote("", 1h));
    scope_->spawn(pauseAndNote("", 1h));
    CPPUNIT_ASSERT(!scope_->empty());
    scope_->cancel();
    CPPUNIT_ASSERT(scope_->empty());
  }

 private:
  Task<> note(std::string what) {
    log_ += what;
    co_return;
  }
  Task<> pauseAndNote(std::string what, std::chrono::milliseconds time) {
    co_await sleepFor(*loop_, time);
    log_ += what;
  }
  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<CoroutineScope> scope_;
  std::string log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TaskTest);

}  // namespace evmicro
