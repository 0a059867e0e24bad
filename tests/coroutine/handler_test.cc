// Handlers that are coroutines.
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/coroutine.h>

#include "coroutine/world.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::Noting;
using test::text;
using test::Text;

class CoroutineHandlerTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CoroutineHandlerTest);
  CPPUNIT_TEST(answersAtOnce);
  CPPUNIT_TEST(answersLater);
  CPPUNIT_TEST(answersWithErrors);
  CPPUNIT_TEST(answersForAnException);
  CPPUNIT_TEST(callsAnotherService);
  CPPUNIT_TEST(aCallerWhoLeavesCancelsIt);
  CPPUNIT_TEST(aDeadlineCancelsIt);
  CPPUNIT_TEST(aDestroyedServerCancelsIt);
  CPPUNIT_TEST(aDestroyedScopeAnswersWithAnError);
  CPPUNIT_TEST(aHandlerMayDestroyItsServer);
  CPPUNIT_TEST(anEndedContextStartsNothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    world_ = std::make_unique<test::World>();
    log_.clear();
    reply_.reset();
  }
  void tearDown() override { world_.reset(); }

  void answersAtOnce() {
    handle([](Context, Text request) -> Task<Result<Text>> { co_return request; });
    CPPUNIT_ASSERT_EQUAL(std::string("x"), call());
  }

  void answersLater() {
    handle([this](Context, Text request) -> Task<Result<Text>> {
      co_await sleepFor(world_->loop, 1ms);
      co_return request;
    });
    CPPUNIT_ASSERT_EQUAL(std::string("x"), call());
  }

  void answersWithErrors() {
    handle([](Context, Text) -> Task<Result<Text>> { co_return Status::error(422, "me", "no"); });
    CPPUNIT_ASSERT_EQUAL(std::string("422 no"), call());
  }

  void answersForAnException() {
    handle([this](Context, Text) -> Task<Result<Text>> {
      co_await sleepFor(world_->loop, 0ms);
      throw std::runtime_error("thrown");
    });
    CPPUNIT_ASSERT_EQUAL(std::string("500 a handler threw: thrown"), call());
  }

  void callsAnotherService() {
    handle([this](Context context, Text request) -> Task<Result<Text>> {
      co_return co_await world_->hello(request.value(), context);
    });
    CPPUNIT_ASSERT_EQUAL(std::string("Hello x"), call());
  }

  void aCallerWhoLeavesCancelsIt() {
    handle(waiting());
    Call call = begin();
    CPPUNIT_ASSERT(world_->turnUntil([this] { return log_ == "waits "; }));
    call.cancel();
    CPPUNIT_ASSERT(world_->turnUntil([this] { return log_ == "waits cancelled"; }));
    CPPUNIT_ASSERT(!reply_);
  }

  void aDeadlineCancelsIt() {
    handle(waiting());
    const Call call = begin(Context().withTimeout(20ms));
    CPPUNIT_ASSERT(world_->turnUntil([this] { return reply_ && log_ == "waits cancelled"; }));
    CPPUNIT_ASSERT_EQUAL(408, reply_->status().code());
  }

  void aDestroyedServerCancelsIt() {
    handle(waiting());
    const Call call = begin(Context().withTimeout(20s));
    CPPUNIT_ASSERT(world_->turnUntil([this] { return log_ == "waits "; }));
    world_->service.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("waits cancelled"), log_);
  }

  // Its owner may be another than the server.
  void aDestroyedScopeAnswersWithAnError() {
    auto scope = std::make_unique<CoroutineScope>();
    const auto never = [this]() -> Task<Result<Text>> {
      const Noting noting(log_, "cancelled");
      co_await sleepFor(world_->loop, 1h);
      co_return text("never");
    };
    world_->service->server().handle<Text, Text>(
        "Greeter.Wait", [&](const Context& context, const Text&, Reply<Text> reply) {
          answer(*scope, context, never(), std::move(reply));
        });
    world_->start();
    const Call call = begin();
    CPPUNIT_ASSERT(world_->turnUntil([&] { return !scope->empty(); }));
    scope.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("cancelled"), log_);
    CPPUNIT_ASSERT(world_->turnUntil([this] { return reply_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(500, reply_->status().code());
  }

  void aHandlerMayDestroyItsServer() {
    handle([this](Context, Text request) -> Task<Result<Text>> {
      const Noting noting(log_, "destroyed");
      co_await sleepFor(world_->loop, 0ms);
      world_->service.reset();
      log_ += "goes on, ";
      co_return request;
    });
    const Call call = begin();
    CPPUNIT_ASSERT(world_->turnUntil([this] { return !world_->service; }));
    CPPUNIT_ASSERT_EQUAL(std::string("goes on, destroyed"), log_);
    CPPUNIT_ASSERT(!reply_);
  }

  void anEndedContextStartsNothing() {
    CoroutineScope scope;
    Context context;
    context.cancel();
    const auto never = [this]() -> Task<Result<Text>> {
      log_ += "begun";
      co_return text("never");
    };
    world_->service->server().handle<Text, Text>(
        "Greeter.Wait", [&](const Context&, const Text&, Reply<Text> reply) {
          answer(scope, context, never(), std::move(reply));
        });
    CPPUNIT_ASSERT_EQUAL(std::string("500"), call().substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
  }

 private:
  template <typename F>
  void handle(F f) {
    world_->service->server().handle<Text, Text>("Greeter.Wait",
                                                 coroutineHandler<Text, Text>(std::move(f)));
  }
  std::function<Task<Result<Text>>(Context, Text)> waiting() {
    return [this](Context, Text) -> Task<Result<Text>> {
      const Noting noting(log_, "cancelled");
      log_ += "waits ";
      co_await sleepFor(world_->loop, 1h);
      log_ += "never";
      co_return text("never");
    };
  }
  Call begin(const Context& context = {}) {
    if (world_->service->server().address().empty()) world_->start();
    return world_->client().call<Text>(context, "greeter", "Greeter.Wait", text("x"),
                                       [this](Result<Text> reply) { reply_ = std::move(reply); });
  }
  std::string call() {
    const Call call = begin();
    CPPUNIT_ASSERT(world_->turnUntil([this] { return reply_.has_value(); }));
    if (reply_->ok()) return (*reply_)->value();
    return std::to_string(reply_->status().code()) + " " + reply_->status().detail();
  }

  std::unique_ptr<test::World> world_;
  std::string log_;
  std::optional<Result<Text>> reply_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(CoroutineHandlerTest);

}  // namespace evmicro
