// Middleware around a client's streams, and streams without messages.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/rpc_fixture.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::runUntil;
using test::Text;
using test::text;

class StreamWrapperTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(StreamWrapperTest);
  CPPUNIT_TEST(wrapperSeesBeginAndEnd);
  CPPUNIT_TEST(wrapperMayChangeTheContext);
  CPPUNIT_TEST(wrapperMayBeginLater);
  CPPUNIT_TEST(wrapperMayRefuse);
  CPPUNIT_TEST(wrapperMayChangeTheOutcome);
  CPPUNIT_TEST(droppedCallEndsTheStream);
  CPPUNIT_TEST(wrapperLearnsOfADestroyedStream);
  CPPUNIT_TEST(streamDestroyedBeforeItBeginsSendsNothing);
  CPPUNIT_TEST(contextMayEndBeforeItBegins);
  CPPUNIT_TEST(silentStreamIsEndedByTheClient);
  CPPUNIT_TEST(silentStreamIsEndedByTheServer);
  CPPUNIT_TEST(messagesEitherWayKeepAStreamAlive);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    seen_.clear();
    colour_.clear();
    messages_.clear();
    end_.reset();
    serverEnd_.reset();
    calls_ = 0;
  }

  void wrapperSeesBeginAndEnd() {
    note("outer");
    note("inner");
    startEcho();
    converse();
    CPPUNIT_ASSERT_EQUAL(std::string("+outer:echo Echo.Talk +inner:echo Echo.Talk -inner:ok "
                                     "-outer:ok "),
                         seen_);
  }

  void wrapperMayChangeTheContext() {
    client_->wrap([](Context context, const CallInfo&, const CallNext& next, CallDone done) {
      context = context.child();
      context.metadata().set("X-Colour", "red");
      next(std::move(context), std::move(done));
    });
    startEcho();
    converse();
    CPPUNIT_ASSERT_EQUAL(std::string("red"), colour_);
  }

  void wrapperMayBeginLater() {
    Call later;
    client_->wrap([&](Context context, const CallInfo&, CallNext next, CallDone done) {
      later = loop_->defer([=] { next(context, done); });
    });
    startEcho();
    converse();
  }

  void wrapperMayRefuse() {
    client_->wrap([](Context, const CallInfo&, const CallNext&, const CallDone& done) {
      done(Status::invalid("not today"));
    });
    startEcho();
    auto stream = open();
    waitForEnd();
    CPPUNIT_ASSERT_EQUAL(std::string("not today"), end_->detail());
    CPPUNIT_ASSERT_EQUAL(0, calls_);
    CPPUNIT_ASSERT(!stream.send(text("late")));
  }

  void wrapperMayChangeTheOutcome() {
    client_->wrap([](Context context, const CallInfo&, const CallNext& next, CallDone done) {
      next(std::move(context), [done](Status) { done(Status::internal("changed")); });
    });
    startEcho();
    auto stream = open();
    stream.finishSending();
    waitForEnd();
    CPPUNIT_ASSERT_EQUAL(std::string("changed"), end_->detail());
  }

  void droppedCallEndsTheStream() {
    client_->wrap([](Context, const CallInfo&, const CallNext&, const CallDone&) {});
    startEcho();
    const auto stream = open();
    waitForEnd();
    CPPUNIT_ASSERT_MESSAGE(end_->detail(), end_->detail().find("dropped") != std::string::npos);
  }

  void wrapperLearnsOfADestroyedStream() {
    note("it");
    startEcho();
    {
      auto stream = open();
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return calls_ == 1; }));
    }
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return seen_.find("-it:") != std::string::npos; }));
    CPPUNIT_ASSERT_MESSAGE(seen_, seen_.find("destroyed") != std::string::npos);
    CPPUNIT_ASSERT(!end_);
  }

  void streamDestroyedBeforeItBeginsSendsNothing() {
    Call later;
    std::optional<Status> told;
    client_->wrap([&](Context context, const CallInfo&, CallNext next, const CallDone&) {
      later = loop_->defer(
          [=, &told] { next(context, [&told](Status status) { told = std::move(status); }); });
    });
    startEcho();
    open();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return told.has_value(); }));
    CPPUNIT_ASSERT(told->kind() == ErrorKind::kCancelled);
    CPPUNIT_ASSERT_EQUAL(0, calls_);
    CPPUNIT_ASSERT(!end_);
  }

  void contextMayEndBeforeItBegins() {
    std::optional<CallNext> kept;
    client_->wrap([&](Context, const CallInfo&, CallNext next, const CallDone& done) {
      kept = [next = std::move(next), done](Context context, const CallDone&) {
        next(std::move(context), done);
      };
    });
    startEcho();
    Context context;
    auto stream = open(context);
    context.cancel();
    waitForEnd();
    CPPUNIT_ASSERT(end_->kind() == ErrorKind::kCancelled);
    (*kept)(Context(), nullptr);  // too late
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, calls_);
  }

  void silentStreamIsEndedByTheClient() {
    test::ManualClock clock;
    startEcho();
    CallOptions options;
    options.streamIdle = 50ms;
    const auto stream = open(Context(), options);
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return calls_ == 1; }));
    clock.advance(*loop_, 50ms - 1us);
    CPPUNIT_ASSERT(!end_);
    clock.advance(*loop_, 1us);
    waitForEnd();
    CPPUNIT_ASSERT(end_->kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT_MESSAGE(end_->detail(),
                           end_->detail().find("no message for 50ms") != std::string::npos);
  }

  void silentStreamIsEndedByTheServer() {
    test::ManualClock clock;
    ServerOptions options;
    options.streamIdle = 50ms;
    makeServer(options);
    startEcho();
    const auto stream = open();
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return calls_ == 1; }));
    clock.advance(*loop_, 50ms - 1us);
    CPPUNIT_ASSERT(!serverEnd_);
    clock.advance(*loop_, 1us);
    waitForEnd();
    CPPUNIT_ASSERT_EQUAL(408, end_->code());
    CPPUNIT_ASSERT_MESSAGE(end_->detail(),
                           end_->detail().find("no message for 50ms") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(408, serverEnd_.value().code());
  }

  // Each message comes before the time has passed since the one before, the last one long after
  // it has passed since the opening.
  void messagesEitherWayKeepAStreamAlive() {
    test::ManualClock clock;
    ServerOptions options;
    options.streamIdle = 1s;
    makeServer(options);
    startEcho();
    CallOptions callOptions;
    callOptions.streamIdle = 1s;
    auto stream = open(Context(), callOptions);
    for (std::size_t sent = 1; sent <= 8; ++sent) {
      CPPUNIT_ASSERT(stream.send(text("tick")));
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return messages_.size() == sent; }));
      clock.advance(*loop_, 1s - 1us);
    }
    stream.finishSending();
    waitForEnd();
    CPPUNIT_ASSERT_MESSAGE(end_->toString(), end_->ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{8}, messages_.size());
  }

 private:
  using Stream = ClientStream<Text, Text>;

  void note(const std::string& name) {
    client_->wrap([this, name](Context context, const CallInfo& call, const CallNext& next,
                               const CallDone& done) {
      seen_ += "+" + name + ":" + std::string(call.service) + " " + std::string(call.method) + " ";
      next(std::move(context), [this, name, done](Status status) {
        seen_ += "-" + name + ":" + (status.ok() ? "ok" : status.detail()) + " ";
        done(std::move(status));
      });
    });
  }

  void startEcho() {
    server_->handleStream<Text, Text>(
        "Echo.Talk", [this](const Context& context, ServerStream<Text, Text> stream) {
          ++calls_;
          colour_ = context.metadata().get("X-Colour").value_or("");
          stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
          stream.onEnd([this, stream](Status status) mutable {
            serverEnd_ = std::move(status);
            stream.finish();
          });
        });
    start();
  }

  Stream open(const Context& context = Context(), CallOptions options = {}) {
    auto stream = client_->stream<Text, Text>(context, "echo", "Echo.Talk", std::move(options));
    stream.onMessage([this](const Text& message) { messages_.push_back(message.status()); });
    stream.onEnd([this](Status status) { end_ = std::move(status); });
    return stream;
  }

  void waitForEnd() {
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end_.has_value(); }));
  }

  void converse() {
    auto stream = open();
    stream.send(text("one"));
    stream.send(text("two"));
    stream.finishSending();
    waitForEnd();
    CPPUNIT_ASSERT_MESSAGE(end_->toString(), end_->ok());
    CPPUNIT_ASSERT(messages_ == (std::vector<std::string>{"one", "two"}));
  }

  std::string seen_;
  std::string colour_;
  std::vector<std::string> messages_;
  std::optional<Status> end_;
  std::optional<Status> serverEnd_;
  int calls_ = 0;
};
CPPUNIT_TEST_SUITE_REGISTRATION(StreamWrapperTest);

}  // namespace evmicro
