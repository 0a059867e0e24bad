// The results of the asynchronous functions, which may be owned. See Pending.
#include <evmicro/pending.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/memory_broker.h>

#include "server/rpc_fixture.h"
#include "support/turn_until.h"

namespace evmicro {

using test::Text;
using test::text;

class PendingTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(PendingTest);
  CPPUNIT_TEST(ignoredTheCallGoesOn);
  CPPUNIT_TEST(keptTheCallEnds);
  CPPUNIT_TEST(droppedAtOnceNothingIsSaid);
  CPPUNIT_TEST(droppedTheHandlersContextEnds);
  CPPUNIT_TEST(droppedBeforeItsErrorNothingIsSaid);
  CPPUNIT_TEST(droppedWithinItsOwnCallback);
  CPPUNIT_TEST(droppedWithinAnothersCallback);
  CPPUNIT_TEST(droppedAfterItsEndNothingHappens);
  CPPUNIT_TEST(outlivesItsClient);
  CPPUNIT_TEST(wrappersLearnWhatTheCallerDoesNot);
  CPPUNIT_TEST(aWrapperMayGoOnTooLate);
  CPPUNIT_TEST(publicationsGoOutAllTheSame);
  CPPUNIT_TEST(startAndStopGoOnAllTheSame);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    heard_.clear();
    held_.reset();
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
    server_->handle<Text, Text>("Echo.Hold", [this](Context context, Text, Reply<Text> reply) {
      ended_ = context.onDone([this] { ++endedContexts_; });
      held_.emplace(std::move(reply));
    });
    endedContexts_ = 0;
    start();
  }
  void tearDown() override {
    call_.cancel();
    ended_.cancel();
    held_.reset();
    RpcFixture::tearDown();
  }

  void ignoredTheCallGoesOn() {
    say("Echo.Say", "a");
    awaitHeard(1);
    CPPUNIT_ASSERT_EQUAL(std::string("a"), heard_[0]);
  }

  void keptTheCallEnds() {
    call_ = say("Echo.Say", "a");
    awaitHeard(1);
    CPPUNIT_ASSERT_EQUAL(std::string("a"), heard_[0]);
  }

  void droppedAtOnceNothingIsSaid() {
    { const Call dropped = say("Echo.Say", "a"); }
    say("Echo.Say", "b");
    awaitHeard(1);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, heard_.size());
    CPPUNIT_ASSERT_EQUAL(std::string("b"), heard_[0]);
  }

  void droppedTheHandlersContextEnds() {
    const auto captured = std::make_shared<int>(0);
    call_ = client_->call<Text>(Context(), "echo", "Echo.Hold", text("a"),
                                [captured](const Result<Text>&) { ++*captured; });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return held_.has_value(); }));
    call_.cancel();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("what it holds goes with it", 1L, captured.use_count());
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return endedContexts_ == 1; }));
    held_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, *captured);
  }

  void droppedBeforeItsErrorNothingIsSaid() {
    CallOptions unknown;
    unknown.contentType = "no/codec";
    for (const CallOptions& options : {unknown, CallOptions()}) {
      call_ = client_->call<Text>(Context(), "nobody", "Echo.Say", text("a"), hear(), options);
      call_.cancel();
    }
    test::turn(*loop_);
    CPPUNIT_ASSERT(!call("Echo.None", "").ok());
    CPPUNIT_ASSERT(heard_.empty());
  }

  void droppedWithinItsOwnCallback() {
    call_ = client_->call<Text>(Context(), "echo", "Echo.Say", text("a"),
                                [this, copy = std::string(64, 'x')](const Result<Text>&) {
                                  call_.cancel();
                                  heard_.push_back(copy);
                                });
    awaitHeard(1);
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), heard_[0]);
  }

  void droppedWithinAnothersCallback() {
    call_ = say("Echo.Hold", "never");
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return held_.has_value(); }));
    client_->call<Text>(Context(), "echo", "Echo.Say", text("b"), [this](const Result<Text>&) {
      call_.cancel();
      heard_.emplace_back("other");
    });
    awaitHeard(1);
    held_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, heard_.size());
  }

  void droppedAfterItsEndNothingHappens() {
    call_ = say("Echo.Say", "a");
    awaitHeard(1);
    say("Echo.Say", "b");
    call_.cancel();
    awaitHeard(2);
  }

  void outlivesItsClient() {
    call_ = say("Echo.Hold", "a");
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return held_.has_value(); }));
    client_.reset();
    call_.cancel();
    test::turn(*loop_);
    CPPUNIT_ASSERT(heard_.empty());
  }

  void wrappersLearnWhatTheCallerDoesNot() {
    std::optional<Status> seen;
    client_->wrap([&seen](Context context, const CallInfo&, const CallNext& next, CallDone done) {
      next(std::move(context), [&seen, done = std::move(done)](Status status) {
        seen = status;
        done(std::move(status));
      });
    });
    call_ = say("Echo.Hold", "a");
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return held_.has_value(); }));
    call_.cancel();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return seen.has_value(); }));
    test::turn(*loop_);
    CPPUNIT_ASSERT(seen->kind() == ErrorKind::kCancelled);
    CPPUNIT_ASSERT(heard_.empty());
  }

  void aWrapperMayGoOnTooLate() {
    std::function<void()> goOn;
    bool ended = false;
    client_->wrap([&](Context context, const CallInfo&, CallNext next, CallDone done) {
      goOn = [context, next, done, &ended] {
        next(context, [done, &ended](Status status) {
          ended = true;
          done(std::move(status));
        });
      };
    });
    call_ = say("Echo.Hold", "a");
    call_.cancel();
    goOn();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return ended; }));
    goOn = nullptr;
    CPPUNIT_ASSERT_MESSAGE("nothing was sent", !held_);
    CPPUNIT_ASSERT(heard_.empty());
  }

  void publicationsGoOutAllTheSame() {
    const auto broker = makeMemoryBroker(*loop_);
    int received = 0;
    const auto subscription =
        broker->subscribe("topic", [&](std::string_view, const BrokerMessage&) { ++received; });
    Client publisher(*loop_, *transport_, *selector_, *broker);
    const auto hear = [this](const Status&) { heard_.emplace_back("published"); };
    call_ = publisher.publish(Context(), "topic", text("a"), hear);
    call_.cancel();
    Context over;
    over.cancel();
    call_ = publisher.publish(over, "topic", text("b"), hear);
    call_.cancel();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return received == 1; }));
    test::turn(*loop_);
    CPPUNIT_ASSERT(heard_.empty());
    publisher.publish(Context(), "topic", text("c"), hear);
    awaitHeard(1);
    CPPUNIT_ASSERT_EQUAL(2, received);
  }

  void startAndStopGoOnAllTheSame() {
    ServerOptions options;
    options.grace = std::chrono::milliseconds(0);
    makeServer(options);
    const auto hear = [this](const Status&) { heard_.emplace_back("done"); };
    call_ = server_->start(hear);
    call_.cancel();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return server_->stats().registered; }));
    call_ = server_->stop(hear);
    call_.cancel();
    stop();
    CPPUNIT_ASSERT(heard_.empty());
  }

 private:
  std::function<void(Result<Text>)> hear() {
    return [this](const Result<Text>& reply) {
      heard_.push_back(reply.ok() ? reply->status() : reply.status().toString());
    };
  }
  Pending say(const std::string& method, const std::string& value) {
    return client_->call<Text>(Context(), "echo", method, text(value), hear());
  }
  void awaitHeard(std::size_t count) {
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return heard_.size() >= count; }));
  }

  std::vector<std::string> heard_;
  std::optional<Reply<Text>> held_;
  int endedContexts_ = 0;
  Subscription ended_;
  Call call_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(PendingTest);

}  // namespace evmicro
