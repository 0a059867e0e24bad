// How much a stream may queue for a peer that does not read, at both ends, to the byte. By memory,
// where what is queued is known exactly.
#include <optional>
#include <string>
#include <vector>

#include <evmicro/conformance/transport_fixture.h>
#include <evmicro/memory_transport.h>

#include "server/rpc_fixture.h"
#include "support/manual_clock.h"

namespace evmicro::test {

class StreamLimitsTest final : public RpcFixture {
  CPPUNIT_TEST_SUITE(StreamLimitsTest);
  CPPUNIT_TEST(aServersStreamEndsAboveTheLimit);
  CPPUNIT_TEST(aClientsStreamEndsAboveTheLimit);
  CPPUNIT_TEST(aClientsStreamIsWritableUpToItsMark);
  CPPUNIT_TEST(aServersStreamIsWritableUpToItsMark);
  CPPUNIT_TEST(aStreamMayBeSilentForLongerThanAConnection);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_.emplace();
    RpcFixture::setUp();
  }
  void tearDown() override {
    streams_.clear();
    end_.reset();
    RpcFixture::tearDown();
    clock_.reset();
  }

  void aServersStreamEndsAboveTheLimit() {
    expectExact([this](std::size_t limit, int messages) { return serverTakes(limit, messages); });
  }

  void aClientsStreamEndsAboveTheLimit() {
    expectExact([this](std::size_t limit, int messages) { return clientTakes(limit, messages); });
  }

  void aClientsStreamIsWritableUpToItsMark() {
    serve({});
    // The limit above which a stream ends is tested by itself: it counts the same bytes.
    const auto least = [this](std::size_t messages, auto set) {
      for (std::size_t bytes = 1;; ++bytes) {
        ClientOptions options;
        set(options, bytes);
        if (sends(options, messages)) return bytes;
      }
    };
    const std::size_t mark = least(
        2, [](ClientOptions& options, std::size_t bytes) { options.dial.highWaterBytes = bytes; });
    const std::size_t limit = least(2, [](ClientOptions& options, std::size_t bytes) {
      options.dial.highWaterBytes = 0;
      options.streamQueueBytes = bytes;
    });
    CPPUNIT_ASSERT_EQUAL(limit, mark);
    CPPUNIT_ASSERT(mark > 100);
  }

  void aServersStreamIsWritableUpToItsMark() {
    std::size_t limit = 1;
    while (!serverTakes(limit, 2)) ++limit;
    for (const std::size_t mark : {limit - 1, limit}) {
      ServerOptions options;
      options.limits.highWaterBytes = mark;
      options.streamQueueBytes = 0;
      serve(options);
      End peer(dial());
      peer.socket->pause();
      open(peer);
      streams_.back().send(text("x"));
      CPPUNIT_ASSERT_EQUAL(mark == limit, streams_.back().send(text("x")));
      peer.socket->abort();
      turn(*loop_);
      streams_.clear();
      end_.reset();
    }
  }

  void aStreamMayBeSilentForLongerThanAConnection() {
    ServerOptions options;
    options.limits.idleTimeout = std::chrono::seconds(1);
    options.streamIdle = std::chrono::milliseconds(0);
    serve(options);
    End peer(dial());
    open(peer);
    streams_.back().onMessage([](const Text&) {});  // a paused one is not idle
    clock_->advance(*loop_, std::chrono::hours(1));
    CPPUNIT_ASSERT(!end_ && !peer.over());
    peer.socket->abort();
    turn(*loop_);
  }

 private:
  std::unique_ptr<Transport> makeTransport() override { return makeMemoryTransport(*loop_); }

  // A server that keeps its streams and reads none of them.
  void serve(const ServerOptions& options) {
    makeServer(options);
    server_->handleStream<Text, Text>("Echo.Hold", [this](Context, ServerStream<Text, Text> held) {
      held.onEnd([this](Status status) { end_ = std::move(status); });
      streams_.push_back(std::move(held));
    });
    start();
  }
  std::unique_ptr<Socket> dial() {
    auto socket = transport_->dial(server_->address(), {});
    CPPUNIT_ASSERT(socket.ok());
    return std::move(*socket);
  }
  void open(End& peer) {
    const std::size_t before = streams_.size();
    peer.send(R"({"method":"Echo.Hold","params":[{}],"id":0})",
              {{"Content-Type", "application/json"}});
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return streams_.size() > before; }));
  }
  // Whether so many messages may be queued under this limit.
  bool serverTakes(std::size_t limit, int messages) {
    ServerOptions options;
    options.streamQueueBytes = limit;
    serve(options);
    End peer(dial());
    peer.socket->pause();
    open(peer);
    for (int i = 0; i < messages; ++i) streams_.back().send(text("x"));
    turn(*loop_);
    const bool ended = end_.has_value();
    if (ended) CPPUNIT_ASSERT_EQUAL(ErrorKind::kOverloaded, end_->kind());
    peer.socket->abort();
    turn(*loop_);
    streams_.clear();
    end_.reset();
    return !ended;
  }
  bool clientTakes(std::size_t limit, int messages) {
    serve({});
    ClientOptions options;
    options.streamQueueBytes = limit;
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
    std::optional<Status> end;
    CallOptions call;
    call.address = server_->address();  // the registry has those of before
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Hold", call);
    stream.onEnd([&end](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return !streams_.empty(); }));
    for (int i = 0; i < messages; ++i) stream.send(text("x"));
    turn(*loop_);
    if (end) CPPUNIT_ASSERT_EQUAL(ErrorKind::kOverloaded, end->kind());
    client_.reset();
    turn(*loop_);
    streams_.clear();
    end_.reset();
    return !end;
  }

  // Whether send() still returns true for the last of so many messages.
  bool sends(const ClientOptions& options, std::size_t messages) {
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
    CallOptions call;
    call.address = server_->address();
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Hold", call);
    bool more = true;
    for (std::size_t i = 0; i < messages; ++i) more = stream.send(text("x"));
    client_.reset();
    turn(*loop_);
    streams_.clear();
    end_.reset();
    return more;
  }

  // What three messages need is three times what one needs, if no byte is added or lacking.
  template <typename Takes>
  void expectExact(const Takes& takes) {
    const auto least = [&takes](int messages) {
      std::size_t tooLittle = 1;
      std::size_t enough = 4'096;
      while (enough - tooLittle > 1) {
        const std::size_t middle = (tooLittle + enough) / 2;
        (takes(middle, messages) ? enough : tooLittle) = middle;
      }
      return enough;
    };
    const std::size_t one = least(1);
    CPPUNIT_ASSERT(one > 10 && one < 1'000);
    CPPUNIT_ASSERT_EQUAL(3 * one, least(3));
  }

  std::vector<ServerStream<Text, Text>> streams_;
  std::optional<Status> end_;
  std::optional<ManualClock> clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StreamLimitsTest);

}  // namespace evmicro::test
