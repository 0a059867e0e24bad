#include <stdexcept>

#include <evmicro/timer.h>

#include "server/rpc_fixture.h"
#include "support/turn_until.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using test::text;
using TextStream = ServerStream<Text, Text>;

class StreamTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(StreamTest);
  CPPUNIT_TEST(countsAsGoMicroDoes);
  CPPUNIT_TEST(takesPipelinedMessagesInAnyFragmentation);
  CPPUNIT_TEST(anErrorEndsTheStream);
  CPPUNIT_TEST(whatAHandlerThrowsEndsTheStream);
  CPPUNIT_TEST(aMessageThatMakesNoSenseEndsTheStream);
  CPPUNIT_TEST(aDroppedStreamIsAnError);
  CPPUNIT_TEST(withoutOnEndHalfCloseFinishes);
  CPPUNIT_TEST(halfCloseIsToldAndAnswersStillGo);
  CPPUNIT_TEST(endBeforeTheOneRequestEndsTheStream);
  CPPUNIT_TEST(aCallerThatVanishesEndsIt);
  CPPUNIT_TEST(theDeadlineEndsIt);
  CPPUNIT_TEST(aSlowReaderIsNoticed);
  CPPUNIT_TEST(aReaderThatNeverReadsEndsIt);
  CPPUNIT_TEST(pauseHoldsMessagesBack);
  CPPUNIT_TEST(stoppingEndsStreams);
  CPPUNIT_TEST(destroyingTheServerEndsStreams);
  CPPUNIT_TEST(wrappersSeeTheEnd);
  CPPUNIT_TEST(clientAndServerTalk);
  CPPUNIT_TEST(theClientSeesEveryKindOfEnd);
  CPPUNIT_TEST(theClientMayDestroyItAnywhere);
  CPPUNIT_TEST(cancellingTheContextEndsTheClientsEnd);
  CPPUNIT_TEST(messagesReachTheNodeThatIsFound);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    streams_.clear();
    ends_.clear();
    RpcFixture::tearDown();
  }

  void countsAsGoMicroDoes() {
    addCount();
    start();
    RawPeer& peer = connect();
    peer.send(opening("Echo.Count") + message("Echo.Count", "3", 1));
    CPPUNIT_ASSERT(ends(peer));
    for (const char* body : {R"({"id":1,"result":{"status":"0"},"error":null})",
                             R"({"id":1,"result":{"status":"1"},"error":null})",
                             R"({"id":1,"result":{"status":"2"},"error":null})",
                             R"({"id":0,"result":{},"error":"EOS"})"}) {
      CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.count(std::string(body) + "\n") == 1);
    }
  }

  void takesPipelinedMessagesInAnyFragmentation() {
    addEcho();
    start();
    std::string all = opening("Echo.Chat");
    for (int i = 1; i <= 5; ++i) all += message("Echo.Chat", "m" + std::to_string(i), i * 7);
    for (const std::size_t part : {std::size_t{1}, std::size_t{3}, std::size_t{64}, all.size()}) {
      RawPeer& peer = connect();
      for (std::size_t at = 0; at < all.size(); at += part) {
        peer.send(all.substr(at, part));
        if (part < 64) test::turn(*loop_, 1);
      }
      peer.finish();
      CPPUNIT_ASSERT(ends(peer));
      for (int i = 1; i <= 5; ++i) {
        CPPUNIT_ASSERT(peer.has("{\"id\":" + std::to_string(i * 7) + ",\"result\":{\"status\":\"m" +
                                std::to_string(i) + "\"},\"error\":null}\n"));
      }
      CPPUNIT_ASSERT(peer.has(R"({"id":0,"result":{},"error":"EOS"})"));
    }
  }

  void anErrorEndsTheStream() {
    bool sentAfterwards = true;
    server_->handleStream<Text, Text>("Echo.Fail", [&](Context, TextStream stream) {
      stream.finish(Status::error(409, "echo", "no"));
      sentAfterwards = stream.send(text("after the end"));
    });
    start();
    RawPeer& peer = connect();
    peer.send(opening("Echo.Fail"));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has(R"({"id":0,"result":{},"error":"{\"id\":\"echo\",\"code\":409)"));
    CPPUNIT_ASSERT(!sentAfterwards);
  }

  void whatAHandlerThrowsEndsTheStream() {
    server_->handleStream<Text, Text>("Echo.Throw", [](Context, TextStream stream) {
      stream.onMessage([stream](Text) { throw std::runtime_error("oops"); });
    });
    start();
    RawPeer& peer = connect();
    peer.send(opening("Echo.Throw") + message("Echo.Throw", "x", 1));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("oops"));
  }

  void aMessageThatMakesNoSenseEndsTheStream() {
    addEcho();
    start();
    for (const char* body : {R"({"method":"x","params":[{"status":5}],"id":1})", "garbage"}) {
      RawPeer& peer = connect();
      peer.send(opening("Echo.Chat") + request(body));
      CPPUNIT_ASSERT_MESSAGE(body, ends(peer));
      CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("{\"id\":0,\"result\":{},\"error\":\""));
    }
  }

  void aDroppedStreamIsAnError() {
    server_->handleStream<Text, Text>("Echo.Drop", [](Context, TextStream) {});
    start();
    RawPeer& peer = connect();
    peer.send(opening("Echo.Drop"));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("dropped the stream"));
  }

  void withoutOnEndHalfCloseFinishes() {
    server_->handleStream<Text, Text>(
        "Echo.Deaf", [](Context, TextStream stream) { stream.onMessage([stream](Text) {}); });
    start();
    RawPeer& peer = connect();
    peer.send(opening("Echo.Deaf"));
    peer.finish();
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has("\"EOS\""));
  }

  void halfCloseIsToldAndAnswersStillGo() {
    addHeld();
    start();
    RawPeer& peer = connect();
    peer.send(opening("Echo.Hold") + message("Echo.Hold", "x", 1));
    peer.finish();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ends_.size() == 1; }));
    CPPUNIT_ASSERT(ends_[0].ok());
    CPPUNIT_ASSERT(!streams_[0].context().done());
    CPPUNIT_ASSERT(streams_[0].send(text("still")));
    streams_[0].finish();
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has("still") && peer.has("\"EOS\""));
  }

  // The handler was never called, and the connection stayed open forever.
  void endBeforeTheOneRequestEndsTheStream() {
    bool called = false;
    server_->handleStream<Text, Text>(
        "Echo.Count", [&](const Context&, const Text&, const TextStream&) { called = true; });
    start();
    RawPeer& peer = connect();
    peer.send(opening("Echo.Count"));
    peer.finish();
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("ended before its request"));
    CPPUNIT_ASSERT(!called);
  }

  void aCallerThatVanishesEndsIt() {
    addHeld();
    start();
    RawPeer& peer = connect();
    peer.send(opening("Echo.Hold"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return streams_.size() == 1; }));
    peer.reset();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ends_.size() == 1; }));
    CPPUNIT_ASSERT(ends_[0].kind() == ErrorKind::kCancelled);
    CPPUNIT_ASSERT(streams_[0].context().done());
    CPPUNIT_ASSERT(!streams_[0].send(text("nobody")));
    streams_[0].finish();
  }

  void theDeadlineEndsIt() {
    addHeld();
    start();
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Hold","params":[{}],"id":0})", "Timeout: 20000000\r\n"));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has("408"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ends_.size());
    CPPUNIT_ASSERT(ends_[0].kind() == ErrorKind::kTimeout);
  }

  void aSlowReaderIsNoticed() {
    addHeld();
    start();
    RawPeer& peer = connect();
    peer.stopReading();
    peer.send(opening("Echo.Hold"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return streams_.size() == 1; }));
    const Text big = text(std::string(64 << 10, 'x'));
    int sent = 1;
    while (streams_[0].send(big)) ++sent;
    CPPUNIT_ASSERT(!streams_[0].writable());
    CPPUNIT_ASSERT(sent < 200);  // the kernel's buffers and 1 MiB
    bool writable = false;
    streams_[0].onWritable([&writable] { writable = true; });
    peer.startReading();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return writable; }));
    CPPUNIT_ASSERT(streams_[0].writable());
    streams_[0].finish();
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(sent), peer.count("\"error\":null"));
  }

  void aReaderThatNeverReadsEndsIt() {
    ServerOptions options;
    options.streamQueueBytes = 4U << 20;
    makeServer(options);
    addHeld();
    start();
    RawPeer& peer = connect();
    peer.stopReading();
    peer.send(opening("Echo.Hold"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return streams_.size() == 1; }));
    const Text big = text(std::string(256 << 10, 'x'));
    for (int i = 0; i < 100 && ends_.empty(); ++i) {
      streams_[0].send(big);
      test::turn(*loop_, 1);
    }
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ends_.size() == 1; }));
    CPPUNIT_ASSERT_MESSAGE(ends_[0].toString(), ends_[0].kind() == ErrorKind::kOverloaded);
  }

  void pauseHoldsMessagesBack() {
    std::vector<std::string> seen;
    server_->handleStream<Text, Text>("Echo.Pause", [&](Context, TextStream stream) {
      streams_.push_back(stream);
      stream.onMessage([&seen, stream](Text message) mutable {
        seen.push_back(message.status());
        stream.pause();
      });
    });
    start();
    RawPeer& peer = connect();
    std::string all = opening("Echo.Pause");
    for (int i = 1; i <= 3; ++i) all += message("Echo.Pause", std::to_string(i), i);
    peer.send(all);
    for (std::size_t i = 1; i <= 3; ++i) {
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return seen.size() == i; }));
      test::turn(*loop_);
      CPPUNIT_ASSERT_EQUAL(i, seen.size());
      streams_[0].resume();
    }
    CPPUNIT_ASSERT_EQUAL(std::string("3"), seen.back());
    streams_[0].finish();
    CPPUNIT_ASSERT(ends(peer));
  }

  void stoppingEndsStreams() {
    ServerOptions options;
    options.grace = std::chrono::milliseconds(5);
    options.drain = std::chrono::milliseconds(20);
    makeServer(options);
    addHeld();
    start();
    RawPeer& peer = connect();
    peer.send(opening("Echo.Hold"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return streams_.size() == 1; }));
    stop();
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("503"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ends_.size());
    CPPUNIT_ASSERT(!ends_[0].ok());
  }

  void destroyingTheServerEndsStreams() {
    addHeld();
    addEcho();
    start();
    for (const char* method : {"Echo.Hold", "Echo.Chat"}) connect().send(opening(method));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return streams_.size() == 1; }));
    test::turn(*loop_);
    server_.reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ends_.size());
    CPPUNIT_ASSERT(ends_[0].kind() == ErrorKind::kCancelled);
    streams_[0].finish();
    for (const auto& peer : peers_) CPPUNIT_ASSERT(ends(*peer));
  }

  void wrappersSeeTheEnd() {
    std::vector<int> codes;
    server_->wrap([&codes](Context context, const CallInfo&, CallNext next, CallDone done) {
      next(std::move(context), [&codes, done](Status status) {
        codes.push_back(status.code());
        done(std::move(status));
      });
    });
    addCount();
    server_->handleStream<Text, Text>("Echo.Fail", [](Context, TextStream stream) {
      stream.finish(Status::error(409, "echo", "no"));
    });
    start();
    RawPeer& good = connect();
    good.send(opening("Echo.Count") + message("Echo.Count", "2", 1));
    CPPUNIT_ASSERT(ends(good));
    CPPUNIT_ASSERT(good.has("\"EOS\""));
    RawPeer& bad = connect();
    bad.send(opening("Echo.Fail"));
    CPPUNIT_ASSERT(ends(bad));
    CPPUNIT_ASSERT((codes == std::vector<int>{0, 409}));
  }

  void clientAndServerTalk() {
    addEcho();
    addCount();
    start();
    auto chat = client_->stream<Text, Text>(Context(), "echo", "Echo.Chat");
    std::vector<std::string> seen;
    std::optional<Status> end;
    chat.onMessage([&](Text message) {
      seen.push_back(message.status());
      if (seen.size() < 10) {
        chat.send(text(std::to_string(seen.size())));
      } else {
        chat.finishSending();
      }
    });
    chat.onEnd([&end](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(chat.send(text("0")));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, seen.size());
    CPPUNIT_ASSERT(!chat.send(text("after the end")));

    constexpr int kMany = 20'000;
    auto count = client_->stream<Text, Text>(Context(), "echo", "Echo.Count");
    int got = 0;
    end.reset();
    count.onMessage([&](Text message) {
      if (message.status() == std::to_string(got)) ++got;
    });
    count.onEnd([&end](Status status) { end = std::move(status); });
    count.send(text(std::to_string(kMany)));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT(end->ok());
    CPPUNIT_ASSERT_EQUAL(kMany, got);
  }

  void theClientSeesEveryKindOfEnd() {
    addHeld();
    start();
    CPPUNIT_ASSERT(endOf("Echo.Nope").kind() == ErrorKind::kNotFound);
    CallOptions options;
    options.address = "127.0.0.1:1";
    CPPUNIT_ASSERT(endOf("Echo.Hold", options).kind() == ErrorKind::kUnavailable);
    options.address = "bad";
    CPPUNIT_ASSERT(endOf("Echo.Hold", options).kind() == ErrorKind::kInvalid);
    options = {};
    options.contentType = "text/none";
    CPPUNIT_ASSERT(endOf("Echo.Hold", options).kind() == ErrorKind::kInvalid);
    const Context context = Context().withTimeout(std::chrono::milliseconds(20));
    CPPUNIT_ASSERT(endOf("Echo.Hold", {}, context).code() == 408);
    server_.reset();
    registry_ = makeMemoryRegistry(*loop_);
    view_ = std::make_unique<ServiceView>(*loop_, *registry_);
    selector_ = makeRandomSelector(*view_);
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, ClientOptions());
    CPPUNIT_ASSERT(endOf("Echo.Hold").kind() == ErrorKind::kNotFound);
  }

  void theClientMayDestroyItAnywhere() {
    addEcho();
    addCount();
    start();
    using Stream = ClientStream<Text, Text>;
    const auto open = [this](const char* method) {
      return std::make_unique<Stream>(client_->stream<Text, Text>(Context(), "echo", method));
    };
    for (const char* method : {"Echo.Chat", "Echo.Count", "Echo.Nope"}) {
      open(method);  // at once
      bool done = false;
      auto stream = open(method);
      const auto destroy = [&, kept = std::string(64, 'k')] {
        stream.reset();
        done = kept.size() == 64;
      };
      stream->onMessage([destroy](Text) { destroy(); });
      stream->onEnd([destroy](Status) { destroy(); });
      stream->send(text("3"));
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return done; }));
      test::turn(*loop_);
    }
  }

  void cancellingTheContextEndsTheClientsEnd() {
    addHeld();
    start();
    Context context;
    auto stream = client_->stream<Text, Text>(context, "echo", "Echo.Hold");
    std::optional<Status> end;
    stream.onMessage([](Text) {});
    stream.onEnd([&end](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return streams_.size() == 1; }));
    context.cancel();
    CPPUNIT_ASSERT(!end);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value() && ends_.size() == 1; }));
    CPPUNIT_ASSERT(end->kind() == ErrorKind::kCancelled);
    CPPUNIT_ASSERT(ends_[0].kind() == ErrorKind::kCancelled);
  }

  void messagesReachTheNodeThatIsFound() {
    addEcho();
    start();
    ServiceInfo dead;
    dead.name = "echo";
    dead.version = "1";
    dead.nodes.push_back({"dead", "127.0.0.1", 1, {}});
    bool done = false;
    const Call announced = registry_->registerService(dead, {}, [&done](Status) { done = true; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return done; }));
    for (int i = 0; i < 20; ++i) {
      auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Chat");
      std::string seen;
      std::optional<Status> end;
      stream.onMessage([&](Text message) { seen += message.status(); });
      stream.onEnd([&end](Status status) { end = std::move(status); });
      stream.send(text("a"));
      stream.send(text("b"));
      stream.finishSending();
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
      CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
      CPPUNIT_ASSERT_EQUAL(std::string("ab"), seen);
    }
  }

 private:
  static std::string message(const std::string& method, const std::string& value, int id) {
    return request("{\"method\":\"" + method + "\",\"params\":[{\"status\":\"" + value +
                   "\"}],\"id\":" + std::to_string(id) + "}\n");
  }
  static std::string opening(const std::string& method) {
    return request("{\"method\":\"" + method + "\",\"params\":[{}],\"id\":0}\n");
  }

  void addEcho() {
    server_->handleStream<Text, Text>("Echo.Chat", [](Context, TextStream stream) {
      stream.onMessage([stream](Text message) mutable { stream.send(message); });
    });
  }

  // Sends the numbers below the one it is asked for, as the peer takes them.
  void addCount() {
    server_->handleStream<Text, Text>("Echo.Count", [](Context, Text upTo, TextStream stream) {
      const int end = std::stoi(upTo.status());
      auto next = std::make_shared<int>(0);
      const auto go = [stream, next, end]() mutable {
        while (*next < end && stream.writable()) stream.send(text(std::to_string((*next)++)));
        if (*next >= end) stream.finish();
      };
      stream.onWritable(go);
      auto first = go;
      first();
    });
  }

  void addHeld() {
    server_->handleStream<Text, Text>("Echo.Hold", [this](Context, TextStream stream) {
      streams_.push_back(stream);
      stream.onMessage([](Text) {});
      stream.onEnd([this](Status status) { ends_.push_back(std::move(status)); });
    });
  }

  Status endOf(const std::string& method, CallOptions options = {},
               const Context& context = Context()) {
    auto stream = client_->stream<Text, Text>(context, "echo", method, std::move(options));
    std::optional<Status> end;
    stream.onMessage([](Text) {});
    stream.onEnd([&end](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(!end);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    return *end;
  }

  std::vector<TextStream> streams_;
  std::vector<Status> ends_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StreamTest);

}  // namespace evmicro
