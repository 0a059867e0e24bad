// Our client by gRPC, against our server: what callers see must not differ from calls by HTTP/1.1.
#include "server/rpc_fixture.h"

namespace evmicro {

using test::runUntil;
using test::Text;
using TextStream = ServerStream<Text, Text>;

class GrpcClientTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(GrpcClientTest);
  CPPUNIT_TEST(callsAreAnswered);
  CPPUNIT_TEST(errorsArriveWhole);
  CPPUNIT_TEST(unknownMethodsAreNotFound);
  CPPUNIT_TEST(aSuiteOfCallsSharesAConnection);
  CPPUNIT_TEST(moreThanThePeerTakesGoElsewhere);
  CPPUNIT_TEST(deadlineAndMetadataArrive);
  CPPUNIT_TEST(aCancelledCallCancelsTheHandler);
  CPPUNIT_TEST(nobodyThereIsUnavailable);
  CPPUNIT_TEST(anotherNodeIsTriedWhenOneIsNotReached);
  CPPUNIT_TEST(largeMessagesGoBothWays);
  CPPUNIT_TEST(aReplyAboveTheLimitIsAnError);
  CPPUNIT_TEST(streamsEcho);
  CPPUNIT_TEST(aStreamsErrorIsItsEnd);
  CPPUNIT_TEST(aSlowReaderHoldsTheSenderUp);
  CPPUNIT_TEST(jsonGoesByGrpcToo);
  CPPUNIT_TEST(theClientMayGoMeanwhile);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    test::RpcFixture::setUp();
    useGrpc("application/grpc");
    server_->handle<Text, Text>("Echo.Call", [](Context&, const Text& request, Text& reply) {
      reply = request;
      return Status();
    });
    server_->handle<Text, Text>("Echo.Fail", [](Context&, const Text&, Text&) {
      return Status::error(418, "teapot", "100% \xe2\x98\x95\n");
    });
    server_->handle<Text, Text>("Echo.Hold", [this](Context context, Text, Reply<Text> reply) {
      contexts_.push_back(context);
      replies_.push_back(std::move(reply));
    });
    server_->handleStream<Text, Text>("Echo.Chat", [](Context, TextStream stream) {
      stream.onMessage([stream](Text message) mutable { stream.send(message); });
      stream.onEnd([stream](const Status&) mutable { stream.finish(); });
    });
    server_->handleStream<Text, Text>("Echo.Break", [](Context, TextStream stream) {
      stream.send(test::text("one"));
      stream.finish(Status::error(409, "echo", "no more"));
    });
    server_->handleStream<Text, Text>("Echo.Pour", [this](Context, TextStream stream) {
      while (stream.send(test::text(std::string(10'000, 'x')))) ++poured_;
      stream.onWritable([this] { writable_ = true; });
      pouring_.push_back(stream);
    });
  }
  void tearDown() override {
    replies_.clear();
    contexts_.clear();
    pouring_.clear();
    test::RpcFixture::tearDown();
  }

  void callsAreAnswered() {
    start();
    for (int i = 0; i < 3; ++i) {
      const auto reply = call("Echo.Call", "hello");
      CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
      CPPUNIT_ASSERT_EQUAL(std::string("hello"), reply->status());
    }
    CPPUNIT_ASSERT(call("Echo.Call", "").ok());  // a message without content
  }

  void errorsArriveWhole() {
    start();
    const auto reply = call("Echo.Fail", "x");
    CPPUNIT_ASSERT_EQUAL(418, reply.status().code());
    CPPUNIT_ASSERT_EQUAL(std::string("teapot"), reply.status().id());
    CPPUNIT_ASSERT_EQUAL(std::string("100% \xe2\x98\x95\n"), reply.status().detail());
    CPPUNIT_ASSERT(ErrorKind::kRemote == reply.status().kind());
  }

  void unknownMethodsAreNotFound() {
    start();
    for (const char* method : {"Echo.Nothing", "Nothing.Call"}) {
      const auto reply = call(method, "x");
      CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), !reply.ok());
      CPPUNIT_ASSERT(ErrorKind::kNotFound == reply.status().kind());
    }
  }

  void aSuiteOfCallsSharesAConnection() {
    start();
    CPPUNIT_ASSERT(call("Echo.Call", "x").ok());  // its settings are known now
    CPPUNIT_ASSERT_EQUAL(std::size_t{500}, answered(500, "Echo.Call"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, server_->stats().listener.accepted);
  }

  // Of 1,000 streams.
  void moreThanThePeerTakesGoElsewhere() {
    start();
    CPPUNIT_ASSERT(call("Echo.Call", "x").ok());  // its settings are known now
    std::size_t done = 0;
    for (int i = 0; i < 1'001; ++i) {
      client_->call<Text>(Context(), "echo", "Echo.Hold", test::text("x"),
                          [&done](const Result<Text>& reply) { done += reply.ok() ? 1 : 0; });
    }
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return replies_.size() == 1'001; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, server_->stats().listener.connections);
    for (Reply<Text>& reply : replies_) reply.send(test::text("y"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return done == 1'001; }));
  }

  void deadlineAndMetadataArrive() {
    start();
    Context context;
    context.metadata().set("X-Some", "thing");
    CallOptions options;
    options.timeout = std::chrono::milliseconds(200);
    const auto reply = call("Echo.Hold", "x", options, context);
    CPPUNIT_ASSERT(ErrorKind::kTimeout == reply.status().kind() || reply.status().code() == 408);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, contexts_.size());
    CPPUNIT_ASSERT(contexts_[0].deadline().has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("thing"),
                         std::string(contexts_[0].metadata().get("X-Some").value_or("none")));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return contexts_[0].done(); }));
  }

  void aCancelledCallCancelsTheHandler() {
    start();
    Context context;
    bool ended = false;
    client_->call<Text>(
        context, "echo", "Echo.Hold", test::text("x"),
        [&](const Result<Text>& got) { ended = got.status().kind() == ErrorKind::kCancelled; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !contexts_.empty(); }));
    context.cancel();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ended && contexts_[0].done(); }));
    CPPUNIT_ASSERT(call("Echo.Call", "next").ok());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, server_->stats().listener.accepted);
  }

  void nobodyThereIsUnavailable() {
    CallOptions options;
    options.address = "127.0.0.1:1";
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == call("Echo.Call", "x", options).status().kind());
  }

  void anotherNodeIsTriedWhenOneIsNotReached() {
    start();
    announce("gone", 1);
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(call("Echo.Call", "x").ok());
  }

  void largeMessagesGoBothWays() {
    start();
    const std::string large(8'000'000, 'x');
    const auto reply = call("Echo.Call", large);
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    CPPUNIT_ASSERT(large == reply->status());
  }

  void aReplyAboveTheLimitIsAnError() {
    start();
    ClientOptions options;
    options.contentType = "application/grpc";
    options.dial.maxBodyBytes = 1'000;
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
    CPPUNIT_ASSERT(call("Echo.Call", std::string(900, 'x')).ok());
    const auto reply = call("Echo.Call", std::string(1'000, 'x'));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.status().toString(), 429, reply.status().code());
  }

  void streamsEcho() {
    start();
    auto chat = client_->stream<Text, Text>(Context(), "echo", "Echo.Chat");
    std::vector<std::string> got;
    std::optional<Status> end;
    chat.onMessage([&](const Text& message) { got.push_back(message.status()); });
    chat.onEnd([&](Status status) { end = std::move(status); });
    for (int i = 0; i < 1'000; ++i) chat.send(test::text(std::to_string(i)));
    chat.finishSending();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1'000}, got.size());
    CPPUNIT_ASSERT_EQUAL(std::string("999"), got.back());
  }

  void aStreamsErrorIsItsEnd() {
    start();
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Break");
    std::size_t got = 0;
    std::optional<Status> end;
    stream.onMessage([&](const Text&) { ++got; });
    stream.onEnd([&](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got);
    CPPUNIT_ASSERT_EQUAL(409, end->code());
    CPPUNIT_ASSERT_EQUAL(std::string("no more"), end->detail());
  }

  void aSlowReaderHoldsTheSenderUp() {
    start();
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Pour");
    std::size_t got = 0;
    stream.onMessage([&](const Text&) { ++got; });
    stream.pause();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !pouring_.empty(); }));
    // Others on the same connection go on.
    CPPUNIT_ASSERT(call("Echo.Call", "x").ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, got);
    CPPUNIT_ASSERT(!writable_);
    stream.resume();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return writable_ && got == poured_ + 1; }));
  }

  void jsonGoesByGrpcToo() {
    start();
    useGrpc("application/grpc+json");
    const auto reply = call("Echo.Call", "json");
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("json"), reply->status());
  }

  void theClientMayGoMeanwhile() {
    start();
    client_->call<Text>(Context(), "echo", "Echo.Hold", test::text("x"),
                        [](const Result<Text>&) { CPPUNIT_FAIL("cancelled"); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !contexts_.empty(); }));
    client_.reset();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return contexts_[0].done(); }));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server_->stats().listener.connections == 0; }));
  }

 private:
  void useGrpc(const std::string& contentType) {
    ClientOptions options;
    options.contentType = contentType;
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
  }

  std::size_t answered(std::size_t count, const std::string& method) {
    std::size_t done = 0;
    std::size_t good = 0;
    for (std::size_t i = 0; i < count; ++i) {
      client_->call<Text>(Context(), "echo", method, test::text(std::to_string(i)),
                          [&, i](const Result<Text>& reply) {
                            ++done;
                            good +=
                                reply.ok() && reply.value().status() == std::to_string(i) ? 1 : 0;
                          });
    }
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return done == count; }));
    return good;
  }

  std::vector<Reply<Text>> replies_;
  std::vector<Context> contexts_;
  std::vector<TextStream> pouring_;
  std::size_t poured_ = 0;
  bool writable_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GrpcClientTest);

}  // namespace evmicro
