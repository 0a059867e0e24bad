#include <stdexcept>

#include <evmicro/timer.h>

#include "server/rpc_fixture.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using test::text;

class ServerTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(ServerTest);
  CPPUNIT_TEST(aHandlerAnswersWhenItReturns);
  CPPUNIT_TEST(aHandlerAnswersLater);
  CPPUNIT_TEST(aDroppedReplyIsAnError);
  CPPUNIT_TEST(aSecondAnswerIsIgnored);
  CPPUNIT_TEST(anErrorReachesTheCaller);
  CPPUNIT_TEST(whatAHandlerThrowsIsAnError);
  CPPUNIT_TEST(jsonHandlersSpeakJsonOnly);
  CPPUNIT_TEST(badMethodNamesAreRefusedAtOnce);
  CPPUNIT_TEST(handlersAreAddedBeforeTheStart);
  CPPUNIT_TEST(metadataOfTheNodeMayBeAddedUntilTheStart);
  CPPUNIT_TEST(pipelinedRequestsAreAnsweredInOrder);
  CPPUNIT_TEST(problemsAreAnsweredAsGoMicroDoes);
  CPPUNIT_TEST(anUndecodableEnvelopeIs400AndTheEnd);
  CPPUNIT_TEST(halfCloseStillGetsTheReply);
  CPPUNIT_TEST(connectionCloseIsHonoured);
  CPPUNIT_TEST(metadataReachesTheHandler);
  CPPUNIT_TEST(theTimeoutHeaderIsADeadline);
  CPPUNIT_TEST(aCallerThatLeavesCancelsTheContext);
  CPPUNIT_TEST(theContextEndsWithTheAnswer);
  CPPUNIT_TEST(wrappersStandAroundTheHandler);
  CPPUNIT_TEST(aWrapperMayEndTheCall);
  CPPUNIT_TEST(aWrapperThatDropsTheCallIsAnError);
  CPPUNIT_TEST(aWrapperThatGoesOnTwiceRunsTheHandlerOnce);
  CPPUNIT_TEST(aReplyMayOutliveTheServer);
  CPPUNIT_TEST(aHandlerMayDestroyTheServer);
  CPPUNIT_TEST(stoppingWaitsForHandlers);
  CPPUNIT_TEST(stoppingEndsWhatDoesNotEnd);
  CPPUNIT_TEST(stoppingAnswersWhoHasConnectedBefore);
  CPPUNIT_TEST(whileStoppingRepliesSayClose);
  CPPUNIT_TEST(anAddressInUseIsNamed);
  CPPUNIT_TEST(healthIsAnsweredButNotAnnounced);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aHandlerAnswersWhenItReturns() {
    addEcho();
    start();
    const auto reply = call("Echo.Say", "hi");
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("hi"), reply->status());
  }

  void aHandlerAnswersLater() {
    addHeld();
    start();
    std::optional<Result<Text>> reply;
    startCall("Echo.Hold", reply);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
    held_.front().send(text("late"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return reply.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("late"), (*reply)->status());
  }

  void aDroppedReplyIsAnError() {
    addHeld();
    start();
    std::optional<Result<Text>> reply;
    startCall("Echo.Hold", reply);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
    held_.clear();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return reply.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(500, reply->status().code());
    CPPUNIT_ASSERT(reply->status().detail().find("dropped") != std::string::npos);
  }

  void aSecondAnswerIsIgnored() {
    addHeld();
    start();
    std::optional<Result<Text>> reply;
    startCall("Echo.Hold", reply);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
    held_.front().send(text("first"));
    held_.front().send(text("second"));
    held_.front().fail(Status::internal("third"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return reply.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("first"), (*reply)->status());
  }

  void anErrorReachesTheCaller() {
    addEcho();
    server_->handle<Text, Text>("Echo.Fail", [](Context&, const Text&, Text&) {
      return Status::error(409, "echo.fail", "<taken> & \"gone\"");
    });
    start();
    const Status status = call("Echo.Fail", "").status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kRemote);
    CPPUNIT_ASSERT_EQUAL(409, status.code());
    CPPUNIT_ASSERT_EQUAL(std::string("echo.fail"), status.id());
    CPPUNIT_ASSERT_EQUAL(std::string("<taken> & \"gone\""), status.detail());
  }

  void whatAHandlerThrowsIsAnError() {
    server_->handle<Text, Text>("Echo.Throw", [](Context&, const Text&, Text&) -> Status {
      throw std::runtime_error("oops");
    });
    server_->handle<Text, Text>("Echo.ThrowInt",
                                [](Context&, const Text&, Text&) -> Status { throw 7; });
    start();
    CPPUNIT_ASSERT(call("Echo.Throw", "").status().detail().find("oops") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(500, call("Echo.ThrowInt", "").status().code());
  }

  void jsonHandlersSpeakJsonOnly() {
    server_->handle<JsonDocument, JsonDocument>(
        "Echo.Json", [](Context&, const JsonDocument& in, JsonDocument& out) -> Status {
          out.text = "[" + in.text + "]";
          return {};
        });
    start();
    CallOptions json;
    json.contentType = "application/json";
    const auto reply = client_->call<JsonDocument>(Context(), "echo", "Echo.Json",
                                                   JsonDocument{"{\"a\":[1,2.5]}"}, json);
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("[{\"a\":[1,2.5]}]"), reply->text);
    CPPUNIT_ASSERT(!call("Echo.Json", "x").ok());
  }

  void badMethodNamesAreRefusedAtOnce() {
    const auto echo = [](Context&, const Text&, Text&) -> Status { return {}; };
    for (const char* name : {"", "Echo", ".", "Echo.", ".Say", "A..C"}) {
      CPPUNIT_ASSERT_THROW((server_->handle<Text, Text>(name, echo)), std::invalid_argument);
    }
    server_->handle<Text, Text>("Echo.Say", echo);
    CPPUNIT_ASSERT_THROW((server_->handle<Text, Text>("Echo.Say", echo)), std::invalid_argument);
  }

  void handlersAreAddedBeforeTheStart() {
    start();
    CPPUNIT_ASSERT_THROW(addEcho(), std::logic_error);
    CPPUNIT_ASSERT_THROW(server_->setMetadata("a", "b"), std::logic_error);
  }

  void metadataOfTheNodeMayBeAddedUntilTheStart() {
    ServerOptions options;
    options.metadata = {{"zone", "a"}, {"rack", "1"}};
    makeServer(options);
    server_->setMetadata("rack", "2");
    server_->setMetadata("http", "127.0.0.1:8080");
    server_->setMetadata("transport", "pigeons");  // the server's own
    start();
    const auto metadata = server_->info().nodes.front().metadata;
    CPPUNIT_ASSERT_EQUAL(std::string("a"), metadata.at("zone"));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), metadata.at("rack"));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:8080"), metadata.at("http"));
    CPPUNIT_ASSERT_EQUAL(std::string("http"), metadata.at("transport"));
  }

  void pipelinedRequestsAreAnsweredInOrder() {
    addEcho();
    addHeld();
    start();
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Hold","params":[{}],"id":1})") +
              request(R"({"method":"Echo.Say","params":[{"status":"b"}],"id":2})") +
              request(R"({"method":"Echo.Say","params":[{"status":"c"}],"id":"x"})"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
    held_.front().send(text("a"));
    CPPUNIT_ASSERT(receives(peer, "\"id\":\"x\""));
    const std::string& all = peer.received();
    const std::size_t first = all.find(R"({"id":1,"result":{"status":"a"},"error":null})");
    const std::size_t second = all.find(R"({"id":2,"result":{"status":"b"},"error":null})");
    const std::size_t third = all.find(R"({"id":"x","result":{"status":"c"},"error":null})");
    CPPUNIT_ASSERT_MESSAGE(all, first < second && second < third && third != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, peer.count("Keep-Alive: timeout=120"));
  }

  void problemsAreAnsweredAsGoMicroDoes() {
    addEcho();
    start();
    expectError(R"({"method":"Nope.Say","params":[{}],"id":7})",
                "rpc: can't find service Nope.Say");
    expectError(R"({"method":"Echo.Nope","params":[{}],"id":7})",
                "rpc: can't find method Echo.Nope");
    expectError(R"({"method":"Echo","params":[{}],"id":7})",
                "rpc: service/method request ill-formed: Echo");
    expectError(R"({"method":"Echo.Say.It","params":[{}],"id":7})",
                "rpc: service/method request ill-formed: Echo.Say.It");
    expectError(R"({"method":"Echo.Say","params":[{"status":5}],"id":7})", "status");
    RawPeer& peer = connect();
    peer.send(request("x", "", "text/html"));
    CPPUNIT_ASSERT(receives(peer, "Unsupported Content-Type: text/html"));
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 200 OK\r\n"));
    CPPUNIT_ASSERT(peer.has("Content-Type: text/plain\r\n"));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(call("Echo.Say", "still there").ok());
  }

  void anUndecodableEnvelopeIs400AndTheEnd() {
    addEcho();
    start();
    for (const char* body : {"", "{", "[]", "nonsense", R"({"method":5,"params":[{}],"id":1})"}) {
      RawPeer& peer = connect();
      peer.send(request(body));
      CPPUNIT_ASSERT_MESSAGE(body, ends(peer));
      CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has(R"({\"id\":\"echo\",\"code\":400,)"));
    }
    CPPUNIT_ASSERT(call("Echo.Say", "still there").ok());
  }

  void halfCloseStillGetsTheReply() {
    addEcho();
    start();
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Say","params":[{"status":"b"}],"id":2})"));
    peer.finish();
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has(R"({"id":2,"result":{"status":"b"},"error":null})"));
  }

  void connectionCloseIsHonoured() {
    addEcho();
    start();
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Say","params":[{}],"id":2})", "Connection: close\r\n"));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has("Connection: close\r\n"));
    CPPUNIT_ASSERT(!peer.has("Keep-Alive"));
  }

  void metadataReachesTheHandler() {
    Metadata seen;
    server_->handle<Text, Text>("Echo.Meta",
                                [&seen](Context& context, const Text&, Text&) -> Status {
                                  seen = context.metadata();
                                  return {};
                                });
    start();
    Context context;
    context.metadata().set("x-user-id", "john");
    context.metadata().set("Connection", "close");
    CPPUNIT_ASSERT(call("Echo.Meta", "", {}, context).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("john"), std::string(*seen.get("X-User-Id")));
    CPPUNIT_ASSERT(!seen.has("Content-Type"));
    CPPUNIT_ASSERT(!seen.has("Connection"));
  }

  void theTimeoutHeaderIsADeadline() {
    addHeld();
    start();
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Hold","params":[{}],"id":1})", "Timeout: 20000000\r\n"));
    CPPUNIT_ASSERT(receives(peer, "\\\"code\\\":408"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ended_.size());
    CPPUNIT_ASSERT(ended_.front().kind() == ErrorKind::kTimeout);
    held_.front().send(text("too late"));
    CPPUNIT_ASSERT(!peer.has("too late"));
  }

  void aCallerThatLeavesCancelsTheContext() {
    addHeld();
    start();
    for (const bool reset : {false, true}) {
      held_.clear();
      ended_.clear();
      RawPeer& peer = connect();
      peer.send(request(R"({"method":"Echo.Hold","params":[{}],"id":1})"));
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
      CPPUNIT_ASSERT(ended_.empty());
      reset ? peer.reset() : peer.close();
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !ended_.empty(); }));
      CPPUNIT_ASSERT(ended_.front().kind() == ErrorKind::kCancelled);
      held_.front().send(text("nobody there"));
    }
  }

  void theContextEndsWithTheAnswer() {
    addHeld();
    start();
    CPPUNIT_ASSERT(!ended_.size());
    std::optional<Result<Text>> reply;
    startCall("Echo.Hold", reply);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
    held_.front().send(text("a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ended_.size());
    CPPUNIT_ASSERT(ended_.front().kind() == ErrorKind::kCancelled);
  }

  void wrappersStandAroundTheHandler() {
    std::vector<std::string> steps;
    const auto wrapper = [&steps](const std::string& name) {
      return [&steps, name](Context context, const CallInfo& info, CallNext next, CallDone done) {
        steps.push_back(name + " in " + std::string(info.method));
        next(std::move(context), [&steps, name, done](Status status) {
          steps.push_back(name + " out " + std::to_string(status.code()));
          done(std::move(status));
        });
      };
    };
    server_->wrap(wrapper("a"));
    server_->wrap(wrapper("b"));
    addEcho();
    start();
    CPPUNIT_ASSERT(call("Echo.Say", "x").ok());
    const std::vector<std::string> expected = {"a in Echo.Say", "b in Echo.Say", "b out 0",
                                               "a out 0"};
    CPPUNIT_ASSERT(expected == steps);
  }

  void aWrapperMayEndTheCall() {
    server_->wrap([](Context, const CallInfo&, CallNext, CallDone done) {
      done(Status::error(401, "auth", "who are you?"));
    });
    addEcho();
    start();
    CPPUNIT_ASSERT_EQUAL(401, call("Echo.Say", "x").status().code());
  }

  void aWrapperThatDropsTheCallIsAnError() {
    server_->wrap([](Context, const CallInfo&, CallNext, CallDone) {});
    addEcho();
    start();
    CPPUNIT_ASSERT_EQUAL(500, call("Echo.Say", "x").status().code());
  }

  void aWrapperThatGoesOnTwiceRunsTheHandlerOnce() {
    int runs = 0;
    server_->wrap([](Context context, const CallInfo&, CallNext next, CallDone done) {
      next(context, done);
      next(context, done);
    });
    server_->handle<Text, Text>("Echo.Count", [&runs](Context&, const Text&, Text&) -> Status {
      ++runs;
      return {};
    });
    start();
    CPPUNIT_ASSERT(call("Echo.Count", "").ok());
    CPPUNIT_ASSERT_EQUAL(1, runs);
  }

  void aReplyMayOutliveTheServer() {
    addHeld();
    start();
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Hold","params":[{}],"id":1})"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
    server_.reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ended_.size());
    held_.front().send(text("nobody there"));
    held_.clear();
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(std::string(), peer.received());
  }

  void aHandlerMayDestroyTheServer() {
    server_->handle<Text, Text>("Echo.Destroy", [this](Context&, const Text&, Text&) -> Status {
      loop_->deleteLater(std::move(server_));  // its own function object must survive the call
      return {};
    });
    start();
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Destroy","params":[{}],"id":1})"));
    CPPUNIT_ASSERT(ends(peer));
  }

  void stoppingWaitsForHandlers() {
    addHeld();
    start();
    std::optional<Result<Text>> reply;
    startCall("Echo.Hold", reply);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
    bool stopped = false;
    server_->stop([&stopped](Status) { stopped = true; });
    test::runFor(*loop_, server_->options().grace + std::chrono::milliseconds(50));
    CPPUNIT_ASSERT(!stopped);
    held_.front().send(text("done"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return stopped && reply.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("done"), (*reply)->status());
  }

  // Requests on their way when accepting ended used to be lost by a reset.
  void stoppingAnswersWhoHasConnectedBefore() {
    ServerOptions options;
    options.grace = std::chrono::milliseconds(0);
    makeServer(options);
    addEcho();
    start();
    RawPeer& early = connect();
    bool stopped = false;
    server_->stop([&stopped](Status) { stopped = true; });
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return refuses(); }));
    CPPUNIT_ASSERT(!stopped);
    early.send(request(R"({"method":"Echo.Say","params":[{"status":"last"}],"id":1})"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return early.ended(); }));
    CPPUNIT_ASSERT_MESSAGE(early.received(), early.has(R"({"status":"last"})"));
    CPPUNIT_ASSERT_MESSAGE(early.received(), early.has("Connection: close"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return stopped; }));
  }

  void stoppingEndsWhatDoesNotEnd() {
    ServerOptions options;
    options.grace = std::chrono::milliseconds(5);
    options.drain = std::chrono::milliseconds(20);
    makeServer(options);
    addHeld();
    start();
    std::optional<Result<Text>> reply;
    startCall("Echo.Hold", reply);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.size() == 1; }));
    stop();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return reply.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(503, reply->status().code());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ended_.size());
  }

  void whileStoppingRepliesSayClose() {
    addEcho();
    start();
    RawPeer& peer = connect();
    const std::string hello = request(R"({"method":"Echo.Say","params":[{}],"id":2})");
    peer.send(hello);
    CPPUNIT_ASSERT(receives(peer, "\"id\":2"));
    bool stopped = false;
    server_->stop([&stopped](Status) { stopped = true; });
    peer.forget();
    peer.send(hello);
    CPPUNIT_ASSERT(receives(peer, "\"id\":2"));
    CPPUNIT_ASSERT(peer.has("Connection: close\r\n"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return stopped; }));
    CPPUNIT_ASSERT(ends(peer));
  }

  void anAddressInUseIsNamed() {
    start();
    ServerOptions options;
    options.address = server_->address();
    Server second(*loop_, *transport_, *registry_, options);
    std::optional<Status> started;
    second.start([&started](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(!started);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->detail(),
                           started->detail().find(options.address) != std::string::npos);
  }

  void healthIsAnsweredButNotAnnounced() {
    addEcho();
    start();
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), call("Debug.Health", "")->status());
    const ServiceInfo info = server_->info();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, info.endpoints.size());
    CPPUNIT_ASSERT_EQUAL(std::string("Echo.Say"), info.endpoints[0].name);
  }

  void tearDown() override {
    held_.clear();
    ended_.clear();
    watches_.clear();
    RpcFixture::tearDown();
  }

 private:
  // Whether the server accepts no more. Who is accepted stays connected.
  bool refuses() {
    try {
      connect();
      return false;
    } catch (const std::exception&) {
      return true;
    }
  }

  void addEcho() {
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
  }

  // Answers when the test says so; notes how contexts end.
  void addHeld() {
    server_->handle<Text, Text>("Echo.Hold", [this](Context context, Text, Reply<Text> reply) {
      held_.push_back(std::move(reply));
      watches_.push_back(context.onDone([this, context] { ended_.push_back(context.status()); }));
    });
  }

  void startCall(const std::string& method, std::optional<Result<Text>>& reply) {
    client_->call<Text>(Context(), "echo", method, text(""),
                        [&reply](Result<Text> result) { reply.emplace(std::move(result)); });
  }

  void expectError(const std::string& body, const std::string& part) {
    RawPeer& peer = connect();
    peer.send(request(body));
    CPPUNIT_ASSERT_MESSAGE(body, ends(peer));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("{\"id\":7,\"result\":{},\"error\":\""));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has(part));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("Connection: close\r\n"));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), !peer.has("Keep-Alive"));
  }

  std::vector<Reply<Text>> held_;
  std::vector<Status> ended_;
  std::vector<Subscription> watches_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerTest);

}  // namespace evmicro
