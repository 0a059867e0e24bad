#include <evmicro/async_stream.h>

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
using test::text;
using test::Text;

class AsyncStreamTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AsyncStreamTest);
  CPPUNIT_TEST(messagesComeInOrderToTheEnd);
  CPPUNIT_TEST(messagesGoBothWays);
  CPPUNIT_TEST(oneRequestManyResponses);
  CPPUNIT_TEST(theHandlersErrorIsTheStatus);
  CPPUNIT_TEST(whoReadsSlowlySlowsThePeerDown);
  CPPUNIT_TEST(sendingWaitsForASlowPeer);
  CPPUNIT_TEST(aCallerWhoLeavesEndsTheHandler);
  CPPUNIT_TEST(aHandlerThatThrowsEndsTheStream);
  CPPUNIT_TEST(aStreamThatNobodyServesHasAnEnd);
  CPPUNIT_TEST(readingMayDestroyTheStream);
  CPPUNIT_TEST(mayBeDestroyedWhileItIsAwaited);
  CPPUNIT_TEST(oneReadsWhileAnotherSends);
  CPPUNIT_TEST(theServersEndEndsWaitingSenders);
  CPPUNIT_TEST_SUITE_END();

 public:
  using Served = AsyncServerStream<Text, Text>;

  void setUp() override {
    world_ = std::make_unique<test::World>();
    scope_ = std::make_unique<CoroutineScope>();
    log_.clear();
    sent_ = 0;
  }
  void tearDown() override {
    scope_.reset();
    world_.reset();
  }

  void messagesComeInOrderToTheEnd() {
    serve([](Context, Served stream) -> Task<Status> {
      for (int i = 0; i < 100; ++i) co_await stream.send(text(std::to_string(i)));
      co_return Status();
    });
    run([this]() -> Task<> {
      auto stream = open();
      int expected = 0;
      while (const auto message = co_await stream.next()) {
        if (message->value() != std::to_string(expected++)) log_ += "wrong ";
      }
      log_ += std::to_string(expected) + stream.status().toString();
      if (co_await stream.next()) log_ += "more";
    });
    CPPUNIT_ASSERT_EQUAL(std::string("100ok"), log_);
  }

  void messagesGoBothWays() {
    serve([](Context, Served stream) -> Task<Status> {
      while (const auto message = co_await stream.next()) {
        if (!co_await stream.send(text(message->value() + "!"))) co_return Status::internal("over");
      }
      co_return stream.status();
    });
    run([this]() -> Task<> {
      auto stream = open();
      for (const char* word : {"one", "two"}) {
        co_await stream.send(text(word));
        log_ += (co_await stream.next())->value() + " ";
      }
      stream.finishSending();
      if (co_await stream.next()) log_ += "more";
      log_ += stream.status().toString();
    });
    CPPUNIT_ASSERT_EQUAL(std::string("one! two! ok"), log_);
  }

  void oneRequestManyResponses() {
    world_->service->server().handleStream<Text, Text>(
        "Greeter.Stream",
        coroutineStream<Text, Text>([](Context, Text request, Served stream) -> Task<Status> {
          for (int i = 0; i < 3; ++i) co_await stream.send(request);
          co_return Status();
        }));
    world_->start();
    run([this]() -> Task<> {
      auto stream = open();
      co_await stream.send(text("x"));
      while (const auto message = co_await stream.next()) log_ += message->value();
    });
    CPPUNIT_ASSERT_EQUAL(std::string("xxx"), log_);
  }

  void theHandlersErrorIsTheStatus() {
    serve([](Context, Served stream) -> Task<Status> {
      co_await stream.send(text("one"));
      co_return Status::error(422, "greeter", "enough");
    });
    run([this]() -> Task<> {
      auto stream = open();
      while (const auto message = co_await stream.next()) log_ += message->value() + " ";
      log_ += stream.status().detail();
    });
    CPPUNIT_ASSERT_EQUAL(std::string("one enough"), log_);
  }

  void whoReadsSlowlySlowsThePeerDown() {
    serve(flood());
    std::optional<AsyncClientStream<Text, Text>> stream;
    const auto read = [&]() -> Task<> {
      stream.emplace(open());
      static_cast<void>(co_await stream->next());
    };
    run(read);
    int before = -1;  // what is in between fills up, and no more
    while (before != sent_) {
      before = sent_;
      test::runFor(world_->loop, 50ms);
    }
    CPPUNIT_ASSERT_MESSAGE(std::to_string(sent_), sent_ < 1'000);
    const auto readOn = [&]() -> Task<> {
      for (int i = 0; i < 200; ++i) static_cast<void>(co_await stream->next());
    };
    run(readOn);
    CPPUNIT_ASSERT(world_->turnUntil([&] { return sent_ > before; }));
  }

  void sendingWaitsForASlowPeer() {
    serve([](Context, Served stream) -> Task<Status> {
      static_cast<void>(co_await stream.next());
      co_await std::suspend_always();
      co_return Status();
    });
    const auto send = [this]() -> Task<> {
      auto stream = open();
      while (sent_ < 1'000 && co_await stream.send(text(std::string(64U << 10, 'x')))) ++sent_;
    };
    scope_->spawn(send());
    int before = -1;
    while (before != sent_) {
      before = sent_;
      test::runFor(world_->loop, 50ms);
    }
    CPPUNIT_ASSERT_MESSAGE(std::to_string(sent_), sent_ < 1'000 && !scope_->empty());
  }

  void aCallerWhoLeavesEndsTheHandler() {
    serve([this](Context, Served stream) -> Task<Status> {
      const test::Noting noting(log_, "cancelled");
      ++sent_;
      static_cast<void>(co_await stream.next());
      log_ += "resumed ";
      co_return Status();
    });
    const auto wait = [this]() -> Task<> {
      auto stream = open();
      static_cast<void>(co_await stream.next());
    };
    scope_->spawn(wait());
    CPPUNIT_ASSERT(world_->turnUntil([this] { return sent_ == 1; }));
    scope_.reset();
    CPPUNIT_ASSERT(world_->turnUntil([this] { return !log_.empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("cancelled"), log_);
  }

  void aHandlerThatThrowsEndsTheStream() {
    serve([](Context, Served stream) -> Task<Status> {
      co_await stream.send(text("one"));
      throw std::runtime_error("thrown");
    });
    run([this]() -> Task<> {
      auto stream = open();
      while (co_await stream.next()) log_ += "one ";
      log_ += std::to_string(stream.status().code()) + stream.status().detail();
    });
    CPPUNIT_ASSERT_EQUAL(std::string("one 500a handler threw: thrown"), log_);
  }

  void aStreamThatNobodyServesHasAnEnd() {
    run([this]() -> Task<> {
      auto stream = open();
      if (co_await stream.next()) log_ += "some ";
      log_ += std::to_string(stream.status().code());
      if (!co_await stream.send(text("x"))) log_ += " over";
    });
    CPPUNIT_ASSERT_EQUAL(std::string("404 over"), log_);
  }

  void readingMayDestroyTheStream() {
    serve(flood());
    run([this]() -> Task<> {
      std::optional<AsyncClientStream<Text, Text>> stream(open());
      for (int i = 0; i < 5; ++i) static_cast<void>(co_await stream->next());
      stream.reset();
      log_ += "destroyed";
    });
    CPPUNIT_ASSERT_EQUAL(std::string("destroyed"), log_);
  }

  // The coroutines that wait for it do not go on.
  void mayBeDestroyedWhileItIsAwaited() {
    serve([](Context, Served stream) -> Task<Status> {
      static_cast<void>(co_await stream.next());
      co_return Status();
    });
    std::optional<AsyncClientStream<Text, Text>> stream(open());
    const auto read = [&]() -> Task<> {
      const test::Noting noting(log_, "destroyed");
      static_cast<void>(co_await stream->next());
      log_ += "resumed ";
    };
    scope_->spawn(read());
    test::turn(world_->loop);
    stream.reset();
    test::turn(world_->loop);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    scope_.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("destroyed"), log_);
  }

  void oneReadsWhileAnotherSends() {
    serve([](Context, Served stream) -> Task<Status> {
      while (const auto message = co_await stream.next()) co_await stream.send(*message);
      co_return Status();
    });
    run([this]() -> Task<> {
      auto stream = open();
      const auto send = [&stream]() -> Task<> {
        for (int i = 0; i < 100; ++i) co_await stream.send(text("x"));
        stream.finishSending();
      };
      const auto read = [&stream, this]() -> Task<> {
        while (co_await stream.next()) ++sent_;
      };
      co_await whenAll(send(), read());
    });
    CPPUNIT_ASSERT_EQUAL(100, sent_);
  }

  // The caller has sent everything, and leaves while the handler waits for it to read.
  void theServersEndEndsWaitingSenders() {
    serve([this](Context, Served stream) -> Task<Status> {
      const test::Noting noting(log_, "ended");
      while (co_await stream.next()) {
      }
      while (co_await stream.send(text(std::string(64U << 10, 'x')))) ++sent_;
      co_return Status();
    });
    std::optional<AsyncClientStream<Text, Text>> stream(open());
    stream->finishSending();
    test::runFor(world_->loop, 50ms);
    CPPUNIT_ASSERT(sent_ > 0 && log_.empty());
    stream.reset();
    CPPUNIT_ASSERT(world_->turnUntil([this] { return log_ == "ended"; }));
  }

 private:
  template <typename F>
  void serve(F f) {
    world_->service->server().handleStream<Text, Text>("Greeter.Stream",
                                                       coroutineStream<Text, Text>(std::move(f)));
    world_->start();
  }
  std::function<Task<Status>(Context, Served)> flood() {
    return [this](Context, Served stream) -> Task<Status> {
      while (co_await stream.send(text(std::string(64U << 10, 'x')))) ++sent_;
      co_return Status();
    };
  }
  AsyncClientStream<Text, Text> open() {
    return AsyncClientStream(world_->client().stream<Text, Text>({}, "greeter", "Greeter.Stream"));
  }
  template <typename F>
  void run(const F& coroutine) {
    scope_->spawn(coroutine());
    CPPUNIT_ASSERT(world_->turnUntil([this] { return scope_->empty(); }));
  }

  std::unique_ptr<test::World> world_;
  std::unique_ptr<CoroutineScope> scope_;
  std::string log_;
  int sent_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AsyncStreamTest);

}  // namespace evmicro
