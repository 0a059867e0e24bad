// Handles that outlive their origin, and exceptions from user code that a peer can cause.
#include <csignal>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/rpc_fixture.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using test::text;

class HandlesTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(HandlesTest);
  CPPUNIT_TEST(everyHandleMayOutliveEverything);
  CPPUNIT_TEST(aClientStreamEndsSilentlyWithItsClient);
  CPPUNIT_TEST(whatAHandlerThrowsIs500);
  CPPUNIT_TEST(whatAStreamThrowsEndsTheStream);
  CPPUNIT_TEST(whatAClientsStreamThrowsEndsTheStream);
  CPPUNIT_TEST(allObserversOfAContextRun);
  CPPUNIT_TEST(aWrapperGoesOnOnce);
  CPPUNIT_TEST(aCollectorThatThrowsIsAPageWith500);
  CPPUNIT_TEST(emptyCallbacksAreSilence);
  CPPUNIT_TEST(aTimeoutForAnotherIsIgnored);
  CPPUNIT_TEST(hostDoesNotReachTheHandler);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The process keeps a descriptor for each loop that has watched signals at the same time.
  void setUp() override {
    {
      EventLoop loop;
      CPPUNIT_ASSERT(loop.onSignal(SIGUSR1, [] {}).ok());
    }
    RpcFixture::setUp();
  }
  void tearDown() override {
    replies_.clear();
    serverStreams_.clear();
    contexts_.clear();
    nexts_.clear();
    RpcFixture::tearDown();
  }

  void everyHandleMayOutliveEverything() {
    ServerOptions options;
    options.streamIdle = std::chrono::hours(1);
    makeServer(options);
    const auto keepNext = [this](Context context, const CallInfo&, CallNext next, CallDone done) {
      nexts_.push_back([next, done, context] { next(context, done); });
      next(std::move(context), std::move(done));
    };
    server_->wrap(keepNext);
    client_->wrap(keepNext);
    addHandlers();
    start();
    client_->call<Text>(Context().withTimeout(std::chrono::hours(1)), "echo", "Echo.Keep",
                        text("x"), [](Result<Text>) {});
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Talk");
    stream.onMessage([](const Text&) {});
    stream.onEnd([](Status) {});
    stream.send(text("x"));
    CPPUNIT_ASSERT(
        runUntil(*loop_, [this] { return replies_.size() == 1 && serverStreams_.size() == 1; }));
    Call deferred = loop_->defer([] {});
    Subscription observed = contexts_.front().onDone([] {});
    Timer running(*loop_, [] {});
    running.start(std::chrono::hours(1));
    auto signal = loop_->onSignal(SIGUSR1, [] {});
    Pending starting = server_->stop({});
    const Call looked = view_->get("echo", [](auto) {});
    const Subscription watching = registry_->follow("echo", [](const auto&) {});

    client_.reset();
    server_.reset();
    selector_.reset();
    view_.reset();
    registry_.reset();
    transport_.reset();
    loop_.reset();

    for (const auto& next : nexts_) next();
    CPPUNIT_ASSERT(contexts_.front().done());
    replies_.front().send(text("late"));
    CPPUNIT_ASSERT(!serverStreams_.front().send(text("late")));
    CPPUNIT_ASSERT(!serverStreams_.front().writable());
    serverStreams_.front().onMessage([](const Text&) {});
    serverStreams_.front().pause();
    serverStreams_.front().resume();
    serverStreams_.front().finish();
    CPPUNIT_ASSERT(!stream.send(text("late")));
    CPPUNIT_ASSERT(!stream.writable());
    stream.pause();
    stream.resume();
    stream.finishSending();
    running.start({});
    CPPUNIT_ASSERT(!running.running());
  }

  void aClientStreamEndsSilentlyWithItsClient() {
    addHandlers();
    start();
    int ends = 0;
    const auto open = [&](const char* method) {
      auto stream = client_->stream<Text, Text>(Context(), "echo", method);
      stream.onEnd([&ends](Status) { ++ends; });
      return stream;
    };
    const auto talking = open("Echo.Talk");
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return serverStreams_.size() == 1; }));
    const auto beginning = open("Echo.Talk");
    CallOptions options;
    options.contentType = "text/none";
    auto impossible = client_->stream<Text, Text>(Context(), "echo", "Echo.Talk", options);
    impossible.onEnd([&ends](Status) { ++ends; });
    client_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, ends);
  }

  void whatAHandlerThrowsIs500() {
    server_->handle<Text, Text>("Echo.Throw", [](Context&, const Text& in, Text&) -> Status {
      if (in.status() == "odd") throw 7;
      throw std::runtime_error("oh");
    });
    start();
    CPPUNIT_ASSERT_EQUAL(std::string("the handler threw: oh"),
                         call("Echo.Throw", "x").status().detail());
    CPPUNIT_ASSERT_EQUAL(500, call("Echo.Throw", "odd").status().code());
  }

  void whatAStreamThrowsEndsTheStream() {
    server_->handleStream<Text, Text>("Echo.Odd", [](Context, ServerStream<Text, Text> stream) {
      stream.onMessage([stream](const Text&) { throw 7; });
    });
    server_->handleStream<Text, Text>("Echo.End", [](Context, ServerStream<Text, Text> stream) {
      stream.onMessage([stream](const Text&) {});
      stream.onEnd([stream](Status) { throw std::runtime_error("oh"); });
    });
    server_->handleStream<Text, Text>("Echo.Open", [](Context, ServerStream<Text, Text> stream) {
      stream.onMessage([stream](const Text&) {});
      throw std::runtime_error("oh");
    });
    start();
    for (const char* method : {"Echo.Odd", "Echo.End", "Echo.Open"}) {
      auto stream = client_->stream<Text, Text>(Context(), "echo", method);
      std::optional<Status> end;
      stream.onEnd([&end](Status status) { end = std::move(status); });
      stream.send(text("x"));
      stream.finishSending();
      CPPUNIT_ASSERT_MESSAGE(method, runUntil(*loop_, [&end] { return end.has_value(); }));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 500, end->code());
      CPPUNIT_ASSERT_MESSAGE(end->detail(), end->detail().find("threw") != std::string::npos);
    }
  }

  void whatAClientsStreamThrowsEndsTheStream() {
    addHandlers();
    start();
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Talk");
    std::optional<Status> end;
    stream.onMessage([](const Text&) { throw 7; });
    stream.onEnd([&end](Status status) {
      end = std::move(status);
      throw 8;
    });
    stream.send(text("x"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&end] { return end.has_value(); }));
    CPPUNIT_ASSERT(end->kind() == ErrorKind::kInternal);
  }

  void allObserversOfAContextRun() {
    Context context;
    int ran = 0;
    const Subscription first = context.onDone([&ran] {
      ++ran;
      throw std::runtime_error("oh");
    });
    const Subscription second = context.onDone([&ran] { ++ran; });
    CPPUNIT_ASSERT_THROW(context.cancel(), std::runtime_error);
    CPPUNIT_ASSERT_EQUAL(2, ran);
    context.cancel(Status::timeout("later"));
    CPPUNIT_ASSERT(context.status().kind() == ErrorKind::kCancelled);
    const auto soon = EventLoop::now() + std::chrono::hours(1);
    const auto later = soon + std::chrono::hours(1);
    CPPUNIT_ASSERT(Context().withDeadline(soon).withDeadline(later).deadline() == soon);
    CPPUNIT_ASSERT(Context().withDeadline(later).withDeadline(soon).deadline() == soon);
    CPPUNIT_ASSERT(!Context().withTimeout(std::chrono::nanoseconds::max()).done());
  }

  void aWrapperGoesOnOnce() {
    int calls = 0;
    server_->handle<Text, Text>("Echo.Say", [&calls](Context&, const Text&, Text&) -> Status {
      ++calls;
      return {};
    });
    const auto twice = [](const Context& context, const CallInfo&, const CallNext& next,
                          const CallDone& done) {
      next(context, done);
      next(context, done);
    };
    client_->wrap(twice);
    client_->wrap(twice);
    server_->wrap(twice);
    start();
    CPPUNIT_ASSERT(call("Echo.Say", "x").ok());
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, calls);
  }

  void aCollectorThatThrowsIsAPageWith500() {
    server_->collect([](Metrics&) { throw 7; });
    start();
    RawPeer& peer = connect();
    peer.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 500 "));
  }

  void emptyCallbacksAreSilence() {
    addHandlers();
    server_->start({});
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return !server_->address().empty(); }));
    client_->call<Text>(Context(), "nobody", "No.Body", text("x"),
                        std::function<void(Result<Text>)>());
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Talk");
    stream.onMessage({});
    stream.onEnd({});
    stream.send(text("x"));
    test::turn(*loop_);
    server_->stop({});
    test::turn(*loop_);
  }

  void aTimeoutForAnotherIsIgnored() {
    addHandlers();
    start();
    for (const auto& [mark, counts] : std::vector<std::pair<std::string, bool>>{
             {"", true},
             {"Timeout-For: x 80000000\r\n", true},
             {"Timeout-For: y 70000000\r\n", true},  // a relay has set a time of its own
             {"Timeout-For: y 80000000\r\n", false}}) {
      contexts_.clear();
      connect().send(request(R"({"method":"Echo.Keep","params":[{}],"id":1})",
                             "Timeout: 80000000\r\n" + mark));
      CPPUNIT_ASSERT(runUntil(*loop_, [this] { return contexts_.size() == 1; }));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(mark, counts, contexts_.front().deadline().has_value());
    }
    contexts_.clear();
    connect().send(request(R"({"method":"Echo.Keep","params":[{}],"id":1})",
                           "Timeout: 9223372036854775807\r\n"));
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return contexts_.size() == 1; }));
    CPPUNIT_ASSERT(contexts_.front().remaining() > std::chrono::hours(24 * 364));
  }

  void hostDoesNotReachTheHandler() {
    addHandlers();
    start();
    connect().send(request(R"({"method":"Echo.Keep","params":[{}],"id":1})",
                           "Timeout-For: x 1\r\nX-Mine: 1\r\n"));
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return contexts_.size() == 1; }));
    const Metadata& metadata = contexts_.front().metadata();
    CPPUNIT_ASSERT(metadata.has("X-Mine"));
    for (const char* name : {"Host", "Timeout-For", "Content-Type"}) {
      CPPUNIT_ASSERT_MESSAGE(name, !metadata.has(name));
    }
  }

 private:
  void addHandlers() {
    server_->handle<Text, Text>("Echo.Keep", [this](Context context, Text, Reply<Text> reply) {
      contexts_.push_back(std::move(context));
      replies_.push_back(std::move(reply));
    });
    server_->handleStream<Text, Text>(
        "Echo.Talk", [this](Context context, ServerStream<Text, Text> stream) {
          contexts_.push_back(std::move(context));
          stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
          serverStreams_.push_back(std::move(stream));
        });
  }

  std::vector<Reply<Text>> replies_;
  std::vector<ServerStream<Text, Text>> serverStreams_;
  std::vector<Context> contexts_;
  std::vector<std::function<void()>> nexts_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HandlesTest);

}  // namespace evmicro
