// Our client by gRPC against peers that are odd, old, limited, or no servers of gRPC at all.
#include "http2/frame_server.h"
#include "http2/grpc_status.h"
#include "server/rpc_fixture.h"
#include "support/manual_clock.h"

namespace evmicro {

using std::chrono::minutes;
using std::chrono::seconds;
using test::FrameServer;
using test::runUntil;
using test::Text;
using namespace test;

class OddPeersTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(OddPeersTest);
  CPPUNIT_TEST(errorPagesOfProxies);
  CPPUNIT_TEST(aPageWithoutAnEndIsCutOff);
  CPPUNIT_TEST(aReplyOfAnotherTypeIsCutOff);
  CPPUNIT_TEST(interimHeadsAreSkipped);
  CPPUNIT_TEST(aHeadWithoutEndIsAnError);
  CPPUNIT_TEST(twoRepliesAreOneTooMany);
  CPPUNIT_TEST(aStreamWithoutAReplyIsAnError);
  CPPUNIT_TEST(aPeerOfHttp1IsUnavailable);
  CPPUNIT_TEST(aPeerThatClosesAtOnceIsUnavailable);
  CPPUNIT_TEST(brokenFramesAreNotTheCallersFault);
  CPPUNIT_TEST(metadataThatThePeerDoesNotTake);
  CPPUNIT_TEST(metadataThatCannotBeSent);
  CPPUNIT_TEST(callsBeforeTheSettingsAreLimited);
  CPPUNIT_TEST(callsWaitWhileNoneAreTaken);
  CPPUNIT_TEST(aRefusedCallGoesToTheSamePeerAgain);
  CPPUNIT_TEST(aPeerThatEndsEveryConnectionIsGivenUp);
  CPPUNIT_TEST(aRefusedStreamGoesToTheSamePeerAgain);
  CPPUNIT_TEST(aPeerThatRefusesEachTimeIsAskedThreeTimes);
  CPPUNIT_TEST(overloadIsToldByGrpcToo);
  CPPUNIT_TEST(whatOneNodeDeclinesAnotherRuns);
  CPPUNIT_TEST(aNodeThatForbidsItIsTheLast);
  CPPUNIT_TEST(aNodeThatAsksForAPauseGetsIt);
  CPPUNIT_TEST(whatProgramsReadOfGrpcsNames);
  CPPUNIT_TEST(pingsAreRareEnoughForServersOfGrpc);
  CPPUNIT_TEST(messagesAllowForMorePings);
  CPPUNIT_TEST(anIdleConnectionIsClosedInTimeAllTheSame);
  CPPUNIT_TEST_SUITE_END();

 public:
  void errorPagesOfProxies() {
    struct Row {
      int http;
      int code;
      ErrorKind kind;
    };
    for (const Row& row :
         {Row{400, 500, ErrorKind::kInternal}, Row{401, 401, ErrorKind::kInternal},
          Row{403, 403, ErrorKind::kInternal}, Row{404, 501, ErrorKind::kInternal},
          Row{429, 429, ErrorKind::kOverloaded}, Row{500, 500, ErrorKind::kInternal},
          Row{502, 503, ErrorKind::kInternal}, Row{503, 503, ErrorKind::kUnavailable},
          Row{504, 503, ErrorKind::kInternal}}) {
      const std::string status = std::to_string(row.http);
      serve([&](FrameServer::Connection& peer, const test::Frame& frame) {
        peer.send(headers(frame.stream, {{":status", status}, {"content-type", "text/html"}}) +
                  data(frame.stream, "\n<h1>upstream is away</h1>\r\n<hr>"));
      });
      const Status got = ask().status();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(got.toString(), row.code, got.code());
      CPPUNIT_ASSERT_MESSAGE(got.toString(), row.kind == got.kind());
      const std::string text = "HTTP " + status + " " + std::string(statusText(row.http)) +
                               ": <h1>upstream is away</h1>";
      CPPUNIT_ASSERT_MESSAGE(got.toString(), got.detail().find(text) != std::string::npos);
    }
  }

  void aPageWithoutAnEndIsCutOff() {
    serve([](FrameServer::Connection& peer, const test::Frame& frame) {
      peer.send(headers(frame.stream, {{":status", "503"}}) +
                data(frame.stream, std::string(1'023, 'x'), kNoFlag));
    });
    askLater();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return odd_->count(kHeaders) == 1; }));
    turn(*loop_, 20);
    CPPUNIT_ASSERT(!ended_);
    odd_->connection(0).send(data(1, "x", kNoFlag));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ended_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(503, ended_->code());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return odd_->count(kReset) == 1; }));
  }

  void aReplyOfAnotherTypeIsCutOff() {
    serve([](FrameServer::Connection& peer, const test::Frame& frame) {
      peer.send(headers(frame.stream,
                        {{":status", "200"}, {"content-type", "application/grpc-web+proto"}}));
    });
    const Status got = ask().status();
    CPPUNIT_ASSERT_EQUAL(500, got.code());
    const std::string text = "bad reply: its content type is application/grpc-web+proto";
    CPPUNIT_ASSERT_MESSAGE(got.toString(), got.detail().find(text) != std::string::npos);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return odd_->count(kReset) == 1; }));
  }

  void interimHeadsAreSkipped() {
    serve([](FrameServer::Connection& peer, const test::Frame& frame) {
      peer.send(headers(frame.stream, {{":status", "103"}, {"content-type", "text/html"}}) +
                headers(frame.stream, {{":status", "100"}}) + replyHead(frame.stream) +
                data(frame.stream, message(text("x").SerializeAsString()), kNoFlag) +
                replyEnd(frame.stream));
    });
    const auto got = ask();
    CPPUNIT_ASSERT_MESSAGE(got.status().toString(), got.ok());
  }

  // Above the limit that it was told.
  void aHeadWithoutEndIsAnError() {
    for (const bool within : {true, false}) {
      const std::string value(65'536 - 179 + (within ? 0 : 1), 'x');  // 179: all the rest
      serve([&](FrameServer::Connection& peer, const test::Frame& frame) {
        const std::string block = headerBlock({{":status", "200"},
                                               {"content-type", "application/grpc"},
                                               {"grpc-status", "0"},
                                               {"x", value}});
        std::string frames =
            test::frame(kHeaders, kEndStream, frame.stream, block.substr(0, 16'000));
        std::size_t at = 16'000;
        for (; block.size() - at > 16'000; at += 16'000) {
          frames += test::frame(kContinuation, kNoFlag, frame.stream, block.substr(at, 16'000));
        }
        peer.send(frames + test::frame(kContinuation, kEndHeaders, frame.stream, block.substr(at)));
      });
      const Status got = ask().status();
      const std::string text =
          within ? "the reply has no message" : "bad reply: its head is too large";
      CPPUNIT_ASSERT_MESSAGE(got.toString(), got.detail().find(text) != std::string::npos);
    }
  }

  void twoRepliesAreOneTooMany() {
    serve([](FrameServer::Connection& peer, const test::Frame& frame) {
      peer.send(replyHead(frame.stream) + data(frame.stream, message("") + message(""), kNoFlag));
    });
    const Status got = ask().status();  // without waiting for more
    CPPUNIT_ASSERT_MESSAGE(got.toString(),
                           got.detail().find("more than one reply") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(501, got.code());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return odd_->count(kReset) == 1; }));
  }

  void aStreamWithoutAReplyIsAnError() {
    serve([](FrameServer::Connection& peer, const test::Frame& frame) {
      peer.send(test::frame(kReset, kNoFlag, frame.stream, number(0, 4)));
    });
    const Status got = ask().status();
    CPPUNIT_ASSERT_EQUAL(500, got.code());
    CPPUNIT_ASSERT_MESSAGE(got.toString(), got.detail().find("no reply") != std::string::npos);
  }

  void aPeerOfHttp1IsUnavailable() {
    odd_.emplace(*loop_, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
                 FrameServer::OnFrame());
    const Status got = ask().status();
    CPPUNIT_ASSERT_MESSAGE(got.toString(), ErrorKind::kUnavailable == got.kind());
    CPPUNIT_ASSERT_MESSAGE(got.toString(),
                           got.detail().find("does not speak HTTP/2") != std::string::npos);
  }

  // A proxy without a backend.
  void aPeerThatClosesAtOnceIsUnavailable() {
    for (const bool settled : {false, true}) {
      odd_.emplace(*loop_, settled ? settings() : "",
                   [settled](FrameServer::Connection& peer, const test::Frame& frame) {
                     if (!settled || frame.type == kHeaders) peer.close();
                   });
      const Status got = ask().status();
      const ErrorKind kind = settled ? ErrorKind::kInternal : ErrorKind::kUnavailable;
      CPPUNIT_ASSERT_MESSAGE(got.toString(), kind == got.kind());
    }
  }

  void brokenFramesAreNotTheCallersFault() {
    serve([](FrameServer::Connection& peer, const test::Frame&) {
      peer.send(test::frame(kWindow, kNoFlag, 0, number(0, 4)));
    });
    const Status got = ask().status();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(got.toString(), 500, got.code());
  }

  // By its settings, as gRPC's own have it.
  void metadataThatThePeerDoesNotTake() {
    serve(echoing(), settings({{6, 8'192}}));
    CPPUNIT_ASSERT(ask().ok());
    CPPUNIT_ASSERT(ask(std::string(7'000, 'x')).ok());
    const Status got = ask(std::string(8'192, 'x')).status();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(got.toString(), 400, got.code());
    CPPUNIT_ASSERT_MESSAGE(got.toString(), got.detail().find("at most 8192") != std::string::npos);
    CPPUNIT_ASSERT(ask().ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, odd_->connections());
  }

  void metadataThatCannotBeSent() {
    serve(echoing());
    const Status got = ask(std::string(70'000, 'x')).status();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(got.toString(), 400, got.code());
    CPPUNIT_ASSERT(ask().ok());
  }

  void callsBeforeTheSettingsAreLimited() {
    serve(echoing());
    for (int i = 0; i < 101; ++i) askLater();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return odd_->connections() == 2; }));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return succeeded_ == 101; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, odd_->connection(0).count(kHeaders));
  }

  void callsWaitWhileNoneAreTaken() {
    serve(echoing(), settings({{3, 1}}));
    CPPUNIT_ASSERT(ask().ok());
    odd_->connection(0).send(settings({{3, 0}}));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return odd_->count(kSettings) == 3; }));  // two ACKs
    askLater();
    askLater();
    turn(*loop_, 20);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, odd_->count(kHeaders));
    odd_->connection(0).send(settings({{3, 1}}));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return succeeded_ == 2; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, odd_->connections());
  }

  // The peer has ended the connection without having read the call: nginx after so many requests.
  void aRefusedCallGoesToTheSamePeerAgain() {
    serve([this](FrameServer::Connection& peer, const test::Frame& frame) {
      if (odd_->connections() < 10) return peer.send(goaway(0));
      reply(peer, frame);
    });
    const auto got = ask();
    CPPUNIT_ASSERT_MESSAGE(got.status().toString(), got.ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, odd_->connections());
  }

  void aPeerThatEndsEveryConnectionIsGivenUp() {
    serve([](FrameServer::Connection& peer, const test::Frame&) { peer.send(goaway(0)); });
    const Status got = ask().status();
    CPPUNIT_ASSERT_MESSAGE(got.toString(), ErrorKind::kUnavailable == got.kind());
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, odd_->connections());
  }

  void aRefusedStreamGoesToTheSamePeerAgain() {
    serve([this](FrameServer::Connection& peer, const test::Frame& frame) {
      const auto refuse = test::frame(kReset, kNoFlag, frame.stream, number(7, 4));
      if (odd_->count(kHeaders) == 1) return peer.send(refuse);
      reply(peer, frame);
    });
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Chat", options());
    std::size_t got = 0;
    std::optional<Status> end;
    stream.onMessage([&](const Text&) { ++got; });
    stream.onEnd([&](Status status) { end = std::move(status); });
    stream.send(text("x"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got);
  }

  void aPeerThatRefusesEachTimeIsAskedThreeTimes() {
    serve([](FrameServer::Connection& peer, const test::Frame& frame) {
      peer.send(test::frame(kReset, kNoFlag, frame.stream, number(7, 4)));
    });
    const Status got = ask().status();
    CPPUNIT_ASSERT_MESSAGE(got.toString(), ErrorKind::kUnavailable == got.kind());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, odd_->count(kHeaders));
  }

  // Nothing ran, which a handler's own 429 does not say.
  void overloadIsToldByGrpcToo() {
    ServerOptions one;
    one.maxInFlight = 1;
    makeServer(one);
    std::vector<Reply<Text>> held;
    server_->handle<Text, Text>("Echo.Call", [&held](Context, Text, Reply<Text> reply) {
      held.push_back(std::move(reply));
    });
    start();
    CallOptions options;
    options.protocol = CallProtocol::kGrpc;
    askLater(options);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !held.empty(); }));
    const Status got = call("Echo.Call", "x", options).status();
    CPPUNIT_ASSERT_EQUAL(429, got.code());
    CPPUNIT_ASSERT_MESSAGE(got.toString(), ErrorKind::kOverloaded == got.kind());
    held.clear();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ended_.has_value(); }));
  }

  void whatOneNodeDeclinesAnotherRuns() {
    server_->handle<Text, Text>("Echo.Call", [](Context&, const Text& request, Text& reply) {
      reply = request;
      return Status();
    });
    start();
    const std::string details = detail::toBinHeader(Status::overloaded("busy").toWire());
    serve([&](FrameServer::Connection& peer, const test::Frame& frame) {
      peer.send(replyHead(
          frame.stream,
          {{"grpc-status", "8"}, {"evmicro-error-bin", details}, {"evmicro-refusal", "429"}},
          kEndHeaders | kEndStream));
    });
    const std::string address = odd_->address();
    announce("busy", std::stoi(address.substr(address.rfind(':') + 1)));
    CallOptions options;
    options.protocol = CallProtocol::kGrpc;
    for (int i = 0; i < 200 && odd_->count(kHeaders) < 3; ++i) {
      const auto got = call("Echo.Call", "x", options);
      CPPUNIT_ASSERT_MESSAGE(got.status().toString(), got.ok());
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, odd_->count(kHeaders));
  }

  // Overload, by a peer of ours and by a proxy: of a call and of a stream.
  void aNodeThatForbidsItIsTheLast() {
    for (const auto& frames : refusals({"grpc-retry-pushback-ms", "-1"})) {
      isAskedOnce(frames, "; not tried again: the server forbids it");
    }
  }

  // Longer than the call may take; no time at all is as without.
  void aNodeThatAsksForAPauseGetsIt() {
    for (const auto& field : Fields{{"retry-after", "6"}, {"grpc-retry-pushback-ms", "5001"}}) {
      for (const auto& frames : refusals(field)) {
        isAskedOnce(frames, "; not tried again: the server asks for a longer pause");
      }
    }
    for (const auto& field : Fields{{"retry-after", "0"}, {"grpc-retry-pushback-ms", "0"}}) {
      for (const auto& frames : refusals(field)) {
        askEveryWay(frames);
        CPPUNIT_ASSERT_EQUAL(std::size_t{6}, odd_->count(kHeaders));
      }
    }
  }

  // Details of errors in gRPC's rich form, for one.
  void whatProgramsReadOfGrpcsNames() {
    serve([](FrameServer::Connection& peer, const test::Frame& frame) {
      peer.send(replyHead(frame.stream,
                          {{"grpc-status", "5"},
                           {"grpc-message", "no such thing"},
                           {"grpc-status-details-bin", "CAU"},
                           {"grpc-retry-pushback-ms", "1"}},
                          kEndHeaders | kEndStream));
    });
    CallOptions asked = options();
    asked.replyMetadata = std::make_shared<ReplyMetadata>();
    CPPUNIT_ASSERT_EQUAL(404, call("Echo.Call", "x", asked).status().code());
    const Metadata& trailing = asked.replyMetadata->trailing;
    CPPUNIT_ASSERT_EQUAL(std::string("CAU"),
                         std::string(trailing.get("Grpc-Status-Details-Bin").value_or("none")));
    CPPUNIT_ASSERT_EQUAL(std::string("1"),
                         std::string(trailing.get("Grpc-Retry-Pushback-Ms").value_or("none")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, trailing.size());
  }

  // They end a connection after three that came within five minutes of the one before, unless they
  // have sent something in between.
  void pingsAreRareEnoughForServersOfGrpc() {
    waitForAnHour([](FrameServer::Connection&) {},
                  [this](std::size_t early, std::size_t pings) {
                    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, early);
                    CPPUNIT_ASSERT_MESSAGE(std::to_string(pings), pings >= 11);
                  });
  }

  void messagesAllowForMorePings() {
    const auto content = message(text("x").SerializeAsString());
    waitForAnHour(
        [content](FrameServer::Connection& peer) { peer.send(data(1, content, kNoFlag)); },
        [this](std::size_t early, std::size_t) { CPPUNIT_ASSERT(early > 2); });
  }

  void anIdleConnectionIsClosedInTimeAllTheSame() {
    waitForAnHour([](FrameServer::Connection&) {},
                  [this](std::size_t, std::size_t) {
                    odd_->connection(0).send(replyEnd(1));
                    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ended_.has_value(); }));
                    clock_->advance(*loop_, seconds(58));
                    turn(*loop_, 5);
                    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, odd_->count(kGoaway));
                    clock_->advance(*loop_, seconds(3));
                    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return odd_->count(kGoaway) == 1; }));
                  });
  }

  void setUp() override {
    test::RpcFixture::setUp();
    ended_.reset();
    succeeded_ = 0;
  }
  void tearDown() override {
    odd_.reset();
    test::RpcFixture::tearDown();
    clock_.reset();
  }

 private:
  /// `onCall` runs for the head of each call.
  void serve(FrameServer::OnFrame onCall, std::string greeting = settings()) {
    odd_.emplace(*loop_, std::move(greeting),
                 [onCall](FrameServer::Connection& peer, const test::Frame& frame) {
                   if (frame.type == kSettings && (frame.flags & kAck) == 0) {
                     peer.send(test::frame(kSettings, kAck, 0, ""));
                   } else if (frame.type == kPing) {
                     peer.send(test::frame(kPing, kAck, 0, frame.payload));
                   } else if (frame.type == kHeaders) {
                     onCall(peer, frame);
                   }
                 });
  }
  using Refusal = std::function<std::string(std::uint32_t stream)>;
  static std::vector<Refusal> refusals(const std::pair<std::string, std::string>& field) {
    const std::string details = detail::toBinHeader(Status::overloaded("busy").toWire());
    const Fields ours = {
        {"grpc-status", "8"}, {"evmicro-error-bin", details}, {"evmicro-refusal", "429"}, field};
    return {
        [ours](std::uint32_t stream) { return replyHead(stream, ours, kEndHeaders | kEndStream); },
        [ours](std::uint32_t stream) { return replyHead(stream) + replyEnd(stream, ours); },
        [field](std::uint32_t stream) {
          return headers(stream, {{":status", "503"}, {"content-type", "text/html"}, field}) +
                 data(stream, "full");
        },
    };
  }
  // A call and a stream to the only node, which refuses both each time; the errors.
  std::vector<Status> askEveryWay(const Refusal& refusal) {
    odd_.reset();
    test::RpcFixture::tearDown();
    test::RpcFixture::setUp();
    ClientOptions generous;
    generous.retryBudget.percent = 100;
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, generous);
    serve([refusal](FrameServer::Connection& peer, const test::Frame& frame) {
      peer.send(refusal(frame.stream));
    });
    const std::string address = odd_->address();
    announce("busy", std::stoi(address.substr(address.rfind(':') + 1)));
    CallOptions options;
    options.protocol = CallProtocol::kGrpc;
    std::vector<Status> errors = {call("Echo.Call", "x", options).status()};
    auto stream = client_->stream<Text, Text>(Context().withTimeout(seconds(5)), "echo",
                                              "Echo.Chat", options);
    stream.onMessage([](const Text&) {});
    stream.onEnd([&](Status status) { errors.push_back(std::move(status)); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return errors.size() == 2; }));
    return errors;
  }
  void isAskedOnce(const Refusal& refusal, const std::string& end) {
    for (const Status& error : askEveryWay(refusal)) {
      CPPUNIT_ASSERT_MESSAGE(error.toString(), error.detail().find(end) != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, odd_->count(kHeaders));
  }
  static void reply(FrameServer::Connection& peer, const test::Frame& frame) {
    peer.send(replyHead(frame.stream) +
              data(frame.stream, message(text("x").SerializeAsString()), kNoFlag) +
              replyEnd(frame.stream));
  }
  static FrameServer::OnFrame echoing() {
    return [](FrameServer::Connection& peer, const test::Frame& frame) { reply(peer, frame); };
  }

  CallOptions options() const {
    CallOptions options;
    options.address = odd_->address();
    options.protocol = CallProtocol::kGrpc;
    return options;
  }
  Result<Text> ask(const std::string& metadata = {}) {
    Context context;
    if (!metadata.empty()) context.metadata().set("X-Some", metadata);
    return call("Echo.Call", "x", options(), context);
  }
  void askLater(CallOptions options) {
    client_->call<Text>(
        Context(), "echo", "Echo.Call", text("x"),
        [this](const Result<Text>& got) {
          ended_ = got.status();
          succeeded_ += got.ok() ? 1 : 0;
        },
        std::move(options));
  }
  void askLater() { askLater(options()); }

  /// A stream on which nothing comes; `each` runs every four minutes. Then `check` gets the number
  /// of PINGs that came within five minutes of another, and of all.
  void waitForAnHour(const std::function<void(FrameServer::Connection&)>& each,
                     const std::function<void(std::size_t, std::size_t)>& check) {
    test::RpcFixture::tearDown();
    clock_ = std::make_unique<ManualClock>();
    test::RpcFixture::setUp();
    std::vector<EventLoop::Clock::time_point> pings;
    odd_.emplace(*loop_, settings(), [&](FrameServer::Connection& peer, const test::Frame& frame) {
      if (frame.type == kPing && (frame.flags & kAck) == 0) {
        pings.push_back(EventLoop::now());
        peer.send(test::frame(kPing, kAck, 0, frame.payload));
      }
      if (frame.type == kHeaders) peer.send(replyHead(frame.stream));
    });
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Chat", options());
    stream.onMessage([](const Text&) {});
    stream.onEnd([this](Status status) { ended_ = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return odd_->count(kHeaders) == 1; }));
    turn(*loop_, 20);
    for (int second = 0; second < 3'600; second += 10) {
      clock_->advance(*loop_, seconds(10));
      turn(*loop_, 5);
      if (second % 240 == 230) each(odd_->connection(0));
    }
    CPPUNIT_ASSERT(!ended_);
    std::size_t early = 0;
    for (std::size_t i = 1; i < pings.size(); ++i) early += pings[i] - pings[i - 1] < minutes(5);
    check(early, pings.size());
  }

  std::unique_ptr<ManualClock> clock_;
  std::optional<FrameServer> odd_;
  std::optional<Status> ended_;
  std::size_t succeeded_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(OddPeersTest);

}  // namespace evmicro
