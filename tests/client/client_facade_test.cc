#include <evmicro/client_facade.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <google/protobuf/wrappers.pb.h>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>

#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

// Threads that call through the client of a loop.
class ClientFacadeTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientFacadeTest);
  CPPUNIT_TEST(futuresGetReplies);
  CPPUNIT_TEST(futuresGetErrors);
  CPPUNIT_TEST(callbacksRunOnTheLoop);
  CPPUNIT_TEST(callbacksMayBeEmpty);
  CPPUNIT_TEST(publishes);
  CPPUNIT_TEST(carriesMetadata);
  CPPUNIT_TEST(theTimeoutIncludesTheWaitForTheLoop);
  CPPUNIT_TEST(aTimeoutOfZeroIsNone);
  CPPUNIT_TEST(nothingAboveTheLimit);
  CPPUNIT_TEST(closingEndsWhatWaits);
  CPPUNIT_TEST(closingEndsWhatIsInProgress);
  CPPUNIT_TEST(closedItRefuses);
  CPPUNIT_TEST(mayOutliveTheLoopOnceClosed);
  CPPUNIT_TEST(aCallbackMayCloseAndDestroy);
  CPPUNIT_TEST(manyThreads);
  CPPUNIT_TEST(threadsCallWhileItCloses);
  CPPUNIT_TEST_SUITE_END();

 public:
  using Text = google::protobuf::StringValue;

  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    ServiceOptions options;
    options.name = "greeter";
    options.registry = "memory";
    options.server.address = "127.0.0.1:0";
    service_ = std::make_unique<Service>(*loop_, options);
    service_->server().handle<Text, Text>(
        "Greeter.Hello", [](const Context& context, const Text& request, Text& response) {
          if (request.value().empty()) return Status::invalid("no name");
          const auto title = context.metadata().get("X-Title");
          response.set_value("Hello " + std::string(title.value_or("")) + request.value());
          return Status();
        });
    service_->server().handle<Text, Text>(
        "Greeter.Never", [this](Context, const Text&, Reply<Text> reply) {
          owed_.push_back(std::make_unique<Reply<Text>>(std::move(reply)));
        });
    service_->server().subscribe<Text>("topic", [this](Context&, const Text& event) {
      heard_ += event.value();
      return Status();
    });
    bool started = false;
    service_->start([&started](const Status& status) { started = status.ok(); });
    CPPUNIT_ASSERT(turnUntil([&started] { return started; }));
    facade_ = std::make_unique<ClientFacade>(*loop_, service_->client());
  }
  void tearDown() override {
    facade_.reset();
    owed_.clear();
    service_.reset();
    loop_.reset();
    heard_.clear();
  }

  void futuresGetReplies() {
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), inThread([this] { return greet("John"); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), facade_->pending());
  }

  void futuresGetErrors() {
    CPPUNIT_ASSERT_EQUAL(std::string("no name"), inThread([this] { return greet(""); }));
  }

  void callbacksRunOnTheLoop() {
    std::optional<std::thread::id> where;
    std::string greeting;
    Status accepted;
    std::thread caller([&] {
      accepted = facade_->call<Text>("greeter", "Greeter.Hello", text("John"),
                                     [&](const Result<Text>& reply) {
                                       where = std::this_thread::get_id();
                                       greeting = reply->value();
                                     });
    });
    CPPUNIT_ASSERT(turnUntil([&] { return where.has_value(); }));
    caller.join();
    CPPUNIT_ASSERT(accepted.ok());
    CPPUNIT_ASSERT(*where == std::this_thread::get_id());
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), greeting);
  }

  void callbacksMayBeEmpty() {
    const Status called = facade_->call<Text>("greeter", "Greeter.Hello", text("John"), nullptr);
    const Status published = facade_->publish("topic", text("news"), nullptr);
    CPPUNIT_ASSERT(called.ok() && published.ok());
    CPPUNIT_ASSERT(turnUntil([this] { return facade_->pending() == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::string("news"), heard_);
    CPPUNIT_ASSERT(facade_->call<Text>("greeter", "Greeter.Hello", text("John"), nullptr).ok());
    facade_->close();
  }

  void publishes() {
    const std::string outcome =
        inThread([this] { return facade_->publish("topic", text("news")).get().toString(); });
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), outcome);
    CPPUNIT_ASSERT_EQUAL(std::string("news"), heard_);
  }

  void carriesMetadata() {
    FacadeCall call;
    call.metadata.set("X-Title", "Mr.");
    CPPUNIT_ASSERT_EQUAL(std::string("Hello Mr.John"),
                         inThread([&] { return greet("John", call); }));
  }

  void theTimeoutIncludesTheWaitForTheLoop() {
    FacadeCall call;
    call.options.timeout = 1ms;
    auto late = facade_->call<Text>("greeter", "Greeter.Hello", text("John"), call);
    const auto until = EventLoop::now() + 3ms;
    while (EventLoop::now() < until) {  // the loop is busy elsewhere
    }
    CPPUNIT_ASSERT(turnUntil([&late] { return late.wait_for(0s) == std::future_status::ready; }));
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kTimeout, late.get().status().kind());
  }

  void aTimeoutOfZeroIsNone() {
    FacadeCall call;
    call.options.timeout = 0ms;
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), inThread([&] { return greet("John", call); }));
  }

  void nothingAboveTheLimit() {
    ClientFacade small(*loop_, service_->client(), {2});
    auto first = small.call<Text>("greeter", "Greeter.Hello", text("1"));
    auto second = small.publish("topic", text("2"));
    auto third = small.call<Text>("greeter", "Greeter.Hello", text("3"));
    CPPUNIT_ASSERT(third.wait_for(0s) == std::future_status::ready);
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kOverloaded, third.get().status().kind());
    bool ran = false;
    const Status refused = small.call<Text>("greeter", "Greeter.Hello", text("4"),
                                            [&ran](const Result<Text>&) { ran = true; });
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kOverloaded, refused.kind());
    CPPUNIT_ASSERT_EQUAL(std::string("client facade: 2 calls waiting or in progress"),
                         refused.detail());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), small.pending());
    CPPUNIT_ASSERT(turnUntil([&small] { return small.pending() == 0; }));
    CPPUNIT_ASSERT(first.get().ok() && second.get().ok() && !ran);
    auto fifth = small.call<Text>("greeter", "Greeter.Hello", text("5"));
    CPPUNIT_ASSERT(turnUntil([&small] { return small.pending() == 0; }));
    CPPUNIT_ASSERT(fifth.get().ok());
  }

  void closingEndsWhatWaits() {
    auto waiting = facade_->call<Text>("greeter", "Greeter.Hello", text("John"));
    auto publication = facade_->publish("topic", text("x"));
    facade_->close();
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kCancelled, waiting.get().status().kind());
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kCancelled, publication.get().kind());
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string(), heard_);
  }

  void closingEndsWhatIsInProgress() {
    int ran = 0;
    CPPUNIT_ASSERT(facade_
                       ->call<Text>("greeter", "Greeter.Never", text("x"),
                                    [&ran](const Result<Text>& reply) {
                                      if (reply.status().kind() == ErrorKind::kCancelled) ++ran;
                                    })
                       .ok());
    CPPUNIT_ASSERT(turnUntil([this] { return owed_.size() == 1; }));
    facade_->close();
    CPPUNIT_ASSERT_EQUAL(1, ran);
    owed_.front()->send(text("late"));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }

  void closedItRefuses() {
    facade_->close();
    facade_->close();
    auto refused = facade_->call<Text>("greeter", "Greeter.Hello", text("John"));
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kCancelled, refused.get().status().kind());
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kCancelled, facade_->publish("topic", text("x")).get().kind());
  }

  void mayOutliveTheLoopOnceClosed() {
    auto waiting = facade_->call<Text>("greeter", "Greeter.Hello", text("John"));
    facade_->close();
    service_.reset();
    loop_.reset();
    bool refused = false;
    std::thread last([&] {
      refused = !facade_->call<Text>("greeter", "Greeter.Hello", text("John")).get().ok();
      facade_.reset();
    });
    last.join();
    CPPUNIT_ASSERT(refused);
    CPPUNIT_ASSERT(!waiting.get().ok());
  }

  void aCallbackMayCloseAndDestroy() {
    int others = 0;
    CPPUNIT_ASSERT(facade_
                       ->call<Text>("greeter", "Greeter.Hello", text("John"),
                                    [this](const Result<Text>&) { facade_.reset(); })
                       .ok());
    CPPUNIT_ASSERT(facade_
                       ->call<Text>("greeter", "Greeter.Never", text("x"),
                                    [&others](const Result<Text>&) { ++others; })
                       .ok());
    CPPUNIT_ASSERT(turnUntil([this] { return !facade_; }));
    CPPUNIT_ASSERT_EQUAL(1, others);
  }

  void manyThreads() {
    constexpr int kThreads = 4;
    constexpr int kCalls = 250;
    std::atomic<int> right{0};
    std::atomic<int> ended{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < kCalls; ++k) {
          const std::string name = std::to_string(i) + "/" + std::to_string(k);
          if (greet(name) == "Hello " + name) ++right;
        }
        ++ended;
      });
    }
    CPPUNIT_ASSERT(turnUntil([&] { return ended == kThreads; }));
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(kThreads * kCalls, right.load());
  }

  // Each gets an end, whatever the moment.
  void threadsCallWhileItCloses() {
    std::atomic<int> ended{0};
    std::atomic<bool> refused{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        while (!refused) {
          const auto reply = facade_->call<Text>("greeter", "Greeter.Hello", text("John")).get();
          if (reply.status().kind() == ErrorKind::kCancelled) refused = true;
        }
        ++ended;
      });
    }
    test::runFor(*loop_, 20ms);
    facade_->close();
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(3, ended.load());
  }

 private:
  static Text text(const std::string& value) {
    Text made;
    made.set_value(value);
    return made;
  }
  // On any thread but the loop's.
  std::string greet(const std::string& name, FacadeCall call = {}) {
    const auto reply =
        facade_->call<Text>("greeter", "Greeter.Hello", text(name), std::move(call)).get();
    return reply.ok() ? reply->value() : reply.status().detail();
  }
  std::string inThread(const std::function<std::string()>& work) {
    std::promise<std::string> outcome;
    auto future = outcome.get_future();
    std::thread thread([&] { outcome.set_value(work()); });
    const bool ended =
        turnUntil([&future] { return future.wait_for(0s) == std::future_status::ready; });
    if (!ended) facade_->close();
    thread.join();
    return ended ? future.get() : "stuck";
  }
  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<ClientFacade> facade_;
  std::vector<std::unique_ptr<Reply<Text>>> owed_;
  std::string heard_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientFacadeTest);

}  // namespace evmicro
