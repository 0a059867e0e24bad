#include <evmicro/when.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/coroutine.h>

#include "coroutine/world.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::Noting;

class WhenTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WhenTest);
  CPPUNIT_TEST(allRunAtTheSameTime);
  CPPUNIT_TEST(allMayEndAtOnce);
  CPPUNIT_TEST(allOfNone);
  CPPUNIT_TEST(allOfAVectorInTheirOrder);
  CPPUNIT_TEST(allThrowWhenAllHaveEnded);
  CPPUNIT_TEST(allAreCancelledTogether);
  CPPUNIT_TEST(anyGivesTheFirstAndCancelsTheOthers);
  CPPUNIT_TEST(anyMayEndAtOnce);
  CPPUNIT_TEST(anyOfAVector);
  CPPUNIT_TEST(anyThrowsWhatTheFirstThrows);
  CPPUNIT_TEST(anyIsCancelled);
  CPPUNIT_TEST(callsAtTheSameTime);
  CPPUNIT_TEST(aCallWithALimit);
  CPPUNIT_TEST(oneOfThemMayDestroyTheScope);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    world_ = std::make_unique<test::World>();
    scope_ = std::make_unique<CoroutineScope>();
    log_.clear();
  }
  void tearDown() override {
    scope_.reset();
    world_.reset();
  }

  void allRunAtTheSameTime() {
    run([this]() -> Task<> {
      const auto [a, b, c] = co_await whenAll(slow("a", 2ms), nothing(), slow("c", 0ms));
      log_ += a + c + (b == std::monostate() ? "." : "");
    });
    CPPUNIT_ASSERT_EQUAL(std::string("begin a begin c end c end a ac."), log_);
  }

  void allMayEndAtOnce() {
    run([this]() -> Task<> {
      const auto [a, b] = co_await whenAll(quick("a"), quick("b"));
      log_ += a + b;
    });
    CPPUNIT_ASSERT_EQUAL(std::string("ab"), log_);
  }

  void allOfNone() {
    run([this]() -> Task<> {
      const auto none = co_await whenAll(std::vector<Task<std::string>>());
      log_ += none.empty() ? "none" : "some";
      co_await whenAll();
    });
    CPPUNIT_ASSERT_EQUAL(std::string("none"), log_);
  }

  void allOfAVectorInTheirOrder() {
    run([this]() -> Task<> {
      std::vector<Task<std::string>> tasks;
      tasks.push_back(slow("a", 2ms));
      tasks.push_back(quick("b"));
      tasks.push_back(slow("c", 0ms));
      log_.clear();
      std::string all;
      for (const std::string& name : co_await whenAll(std::move(tasks))) all += name;
      log_ = all;
    });
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), log_);
  }

  void allThrowWhenAllHaveEnded() {
    run([this]() -> Task<> {
      try {
        co_await whenAll(fail(), slow("a", 0ms));
      } catch (const std::runtime_error& error) {
        log_ += error.what();
      }
    });
    CPPUNIT_ASSERT_EQUAL(std::string("begin a end a thrown"), log_);
  }

  void allAreCancelledTogether() {
    const auto both = [this]() -> Task<> { co_await whenAll(forever("a "), forever("b ")); };
    scope_->spawn(both());
    test::turn(world_->loop);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    scope_.reset();
    CPPUNIT_ASSERT(log_ == "a b " || log_ == "b a ");
  }

  void anyGivesTheFirstAndCancelsTheOthers() {
    run([this]() -> Task<> {
      const auto first =
          co_await whenAny(forever("a cancelled "), slow("b", 0ms), forever("c too "));
      log_ += "first " + std::to_string(first.index()) + std::get<1>(first);
    });
    CPPUNIT_ASSERT_EQUAL(std::string("begin b end b a cancelled c too first 1b"), log_);
  }

  // Those that come behind it do not begin.
  void anyMayEndAtOnce() {
    run([this]() -> Task<> {
      const auto first = co_await whenAny(forever("a "), quick("b"), slow("c", 0ms));
      log_ += std::get<1>(first);
    });
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), log_);
  }

  void anyOfAVector() {
    run([this]() -> Task<> {
      std::vector<Task<std::string>> tasks;
      tasks.push_back(slow("a", 1h));
      tasks.push_back(slow("b", 1ms));
      const auto [which, name] = co_await whenAny(std::move(tasks));
      log_ = std::to_string(which) + name;
    });
    CPPUNIT_ASSERT_EQUAL(std::string("1b"), log_);
  }

  void anyThrowsWhatTheFirstThrows() {
    run([this]() -> Task<> {
      try {
        static_cast<void>(co_await whenAny(fail(), forever("")));
      } catch (const std::runtime_error& error) {
        log_ += error.what();
      }
    });
    CPPUNIT_ASSERT_EQUAL(std::string("thrown"), log_);
  }

  void anyIsCancelled() {
    const auto either = [this]() -> Task<> {
      static_cast<void>(co_await whenAny(forever("a "), forever("b ")));
    };
    scope_->spawn(either());
    scope_->cancel();
    CPPUNIT_ASSERT(log_ == "a b " || log_ == "b a ");
  }

  void callsAtTheSameTime() {
    world_->start();
    run([this]() -> Task<> {
      std::vector<Task<std::string>> calls;
      for (int i = 0; i < 50; ++i) calls.push_back(world_->greet(std::to_string(i)));
      const auto replies = co_await whenAll(std::move(calls));
      for (std::size_t i = 0; i < replies.size(); ++i) {
        if (replies[i] != "Hello " + std::to_string(i)) log_ += replies[i];
      }
      log_ += "done";
    });
    CPPUNIT_ASSERT_EQUAL(std::string("done"), log_);
  }

  void aCallWithALimit() {
    world_->start();
    run([this]() -> Task<> {
      const auto first = co_await whenAny(world_->wait(), slow("limit", 20ms));
      log_ = first.index() == 1 ? "limit" : "answer";
    });
    CPPUNIT_ASSERT_EQUAL(std::string("limit"), log_);
    CPPUNIT_ASSERT(world_->turnUntil([this] { return world_->waiting == 0; }));  // it is cancelled
  }

  void oneOfThemMayDestroyTheScope() {
    const auto end = [this]() -> Task<> {
      co_await sleepFor(world_->loop, 0ms);
      scope_.reset();
    };
    const auto all = [this, &end]() -> Task<> {
      co_await whenAll(end(), forever("a "));
      log_ += "never";
    };
    scope_->spawn(all());
    CPPUNIT_ASSERT(world_->turnUntil([this] { return !scope_; }));
    CPPUNIT_ASSERT_EQUAL(std::string("a "), log_);
  }

 private:
  // Runs a coroutine to its end.
  template <typename F>
  void run(const F& coroutine) {
    scope_->spawn(coroutine());
    CPPUNIT_ASSERT(world_->turnUntil([this] { return scope_->empty(); }));
  }
  Task<std::string> slow(std::string name, std::chrono::milliseconds time) {
    log_ += "begin " + name + " ";
    co_await sleepFor(world_->loop, time);
    log_ += "end " + name + " ";
    co_return name;
  }
  Task<std::string> quick(std::string name) { co_return name; }
  Task<> nothing() { co_return; }
  Task<> fail() {
    throw std::runtime_error("thrown");
    co_return;
  }
  Task<> forever(std::string whenDestroyed) {
    const Noting noting(log_, whenDestroyed);
    co_await sleepFor(world_->loop, 1h);
  }

  std::unique_ptr<test::World> world_;
  std::unique_ptr<CoroutineScope> scope_;
  std::string log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WhenTest);

}  // namespace evmicro
