// What can be awaited: calls, publications, pauses.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/coroutine.h>

#include "coroutine/world.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::text;
using test::Text;

class AwaitTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AwaitTest);
  CPPUNIT_TEST(callsGiveTheirReply);
  CPPUNIT_TEST(callsGiveErrors);
  CPPUNIT_TEST(aCallBeginsBeforeItIsAwaited);
  CPPUNIT_TEST(anAnswerMayComeBeforeItIsAwaited);
  CPPUNIT_TEST(aCallThatIsNotAwaitedIsCancelled);
  CPPUNIT_TEST(destroyingTheCoroutineCancelsTheCall);
  CPPUNIT_TEST(theContextCancelsTheCall);
  CPPUNIT_TEST(theContextsDeadlineCounts);
  CPPUNIT_TEST(aDestroyedClientResumesNobody);
  CPPUNIT_TEST(anAnswerMayDestroyTheClient);
  CPPUNIT_TEST(manyCallsInARow);
  CPPUNIT_TEST(publicationsGiveAStatus);
  CPPUNIT_TEST(pausesTakeTheirTime);
  CPPUNIT_TEST(aPauseMayEndBeforeItIsAwaited);
  CPPUNIT_TEST(aDestroyedLoopResumesNobody);
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

  void callsGiveTheirReply() {
    world_->start();
    run([this]() -> Task<> { log_ = co_await world_->greet("John"); });
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), log_);
  }

  void callsGiveErrors() {
    world_->start();
    run([this]() -> Task<> {
      const auto refused = co_await world_->hello("");
      const auto unknown =
          co_await awaitCall<Text>(world_->client(), {}, "nobody", "A.B", text(""));
      log_ = refused.status().detail() + " " + std::to_string(unknown.status().code());
    });
    CPPUNIT_ASSERT_EQUAL(std::string("no name 404"), log_);
  }

  void aCallBeginsBeforeItIsAwaited() {
    world_->start();
    run([this]() -> Task<> {
      auto call = world_->never();
      while (world_->waiting == 0) co_await sleepFor(world_->loop, 0ms);
      world_->owed->send(text("late"));
      log_ = (co_await call)->value();
    });
    CPPUNIT_ASSERT_EQUAL(std::string("late"), log_);
  }

  void anAnswerMayComeBeforeItIsAwaited() {
    world_->start();
    run([this]() -> Task<> {
      auto john = world_->hello("John");
      auto jane = world_->hello("Jane");
      log_ = (co_await jane)->value();
      co_await sleepFor(world_->loop, 2ms);
      log_ += ", " + (co_await john)->value();
    });
    CPPUNIT_ASSERT_EQUAL(std::string("Hello Jane, Hello John"), log_);
  }

  void aCallThatIsNotAwaitedIsCancelled() {
    world_->start();
    run([this]() -> Task<> {
      const auto call = world_->never();
      while (world_->waiting == 0) co_await sleepFor(world_->loop, 0ms);
    });
    CPPUNIT_ASSERT(world_->turnUntil([this] { return world_->waiting == 0; }));
  }

  void destroyingTheCoroutineCancelsTheCall() {
    world_->start();
    scope_->spawn(world_->wait(), [this] { log_ += "resumed"; });
    CPPUNIT_ASSERT(world_->turnUntil([this] { return world_->waiting == 1; }));
    scope_.reset();
    CPPUNIT_ASSERT(world_->turnUntil([this] { return world_->waiting == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
  }

  void theContextCancelsTheCall() {
    world_->start();
    Context context;
    std::optional<Status> outcome;
    const auto wait = [&]() -> Task<> { outcome = (co_await world_->never(context)).status(); };
    scope_->spawn(wait());
    CPPUNIT_ASSERT(world_->turnUntil([this] { return world_->waiting == 1; }));
    context.cancel();
    CPPUNIT_ASSERT_MESSAGE("not within cancel()", !outcome);
    CPPUNIT_ASSERT(world_->turnUntil([&] { return outcome.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kCancelled, outcome->kind());
  }

  void theContextsDeadlineCounts() {
    world_->start();
    run([this]() -> Task<> {
      const auto reply = co_await world_->never(Context().withTimeout(10ms));
      log_ = std::to_string(reply.status().code());
    });
    CPPUNIT_ASSERT_EQUAL(std::string("408"), log_);
  }

  void aDestroyedClientResumesNobody() {
    world_->start();
    scope_->spawn(world_->wait(), [this] { log_ += "resumed"; });
    world_->owed.reset();
    world_->service.reset();
    test::turn(world_->loop);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    scope_.reset();
  }

  void anAnswerMayDestroyTheClient() {
    world_->start();
    run([this]() -> Task<> {
      log_ = (co_await world_->hello("John"))->value();
      world_->service.reset();
    });
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), log_);
  }

  void manyCallsInARow() {
    world_->start();
    int right = 0;
    run([this, &right]() -> Task<> {
      for (int i = 0; i < 500; ++i) {
        const auto reply = co_await world_->hello("John");
        if (reply.ok() && reply->value() == "Hello John") ++right;
      }
    });
    CPPUNIT_ASSERT_EQUAL(500, right);
  }

  void publicationsGiveAStatus() {
    std::string heard;
    world_->service->server().subscribe<Text>("topic", [&heard](Context&, const Text& event) {
      heard = event.value();
      return Status();
    });
    world_->start();
    run([this]() -> Task<> {
      const Status status = co_await awaitPublish(world_->client(), {}, "topic", text("news"));
      log_ = status.ok() ? "published" : status.toString();
    });
    CPPUNIT_ASSERT_EQUAL(std::string("published"), log_);
    CPPUNIT_ASSERT_EQUAL(std::string("news"), heard);
  }

  void pausesTakeTheirTime() {
    const auto before = EventLoop::now();
    run([this]() -> Task<> { co_await sleepFor(world_->loop, 5ms); });
    CPPUNIT_ASSERT(EventLoop::now() - before >= 5ms);
  }

  void aPauseMayEndBeforeItIsAwaited() {
    run([this]() -> Task<> {
      Sleep first(world_->loop, 0ms);
      co_await sleepFor(world_->loop, 2ms);
      co_await first;
      log_ = "both";
    });
    CPPUNIT_ASSERT_EQUAL(std::string("both"), log_);
  }

  void aDestroyedLoopResumesNobody() {
    auto loop = std::make_unique<EventLoop>();
    const auto pause = [&loop]() -> Task<> { co_await sleepFor(*loop, 0ms); };
    scope_->spawn(pause(), [this] { log_ += "resumed"; });
    loop.reset();
    scope_.reset();
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
  }

 private:
  template <typename F>
  void run(const F& coroutine) {
    scope_->spawn(coroutine());
    CPPUNIT_ASSERT(world_->turnUntil([this] { return scope_->empty(); }));
  }

  std::unique_ptr<test::World> world_;
  std::unique_ptr<CoroutineScope> scope_;
  std::string log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AwaitTest);

}  // namespace evmicro
