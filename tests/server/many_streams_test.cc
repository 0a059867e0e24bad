// Many streams at once, long ones, and peers that do not read.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "server/rpc_fixture.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::RawPeer;
using test::runFor;
using test::runUntil;
using test::Text;
using test::text;

namespace {

// Raises this process's limit for a while.
class Descriptors {
 public:
  explicit Descriptors(rlim_t count) {
    ::getrlimit(RLIMIT_NOFILE, &old_);
    rlimit wanted = old_;
    wanted.rlim_cur = std::max(old_.rlim_cur, count);
    CPPUNIT_ASSERT_MESSAGE("ulimit -Hn is too low", ::setrlimit(RLIMIT_NOFILE, &wanted) == 0);
  }
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;
  ~Descriptors() { ::setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  rlimit old_{};
};

}  // namespace

class ManyStreamsTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(ManyStreamsTest);
  CPPUNIT_TEST(aThousandStreamsConverseAtOnce);
  CPPUNIT_TEST(aSilentReaderCostsNoMoreThanTheMark);
  CPPUNIT_TEST(aSilentServerCostsTheClientNoMoreThanTheMark);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Both ends are in this process: two descriptors each.
  void aThousandStreamsConverseAtOnce() {
    constexpr int kStreams = 1'000;
    constexpr int kMessages = 20;
    const Descriptors enough(2 * kStreams + 100);
    addEcho();
    start();
    struct One {
      std::optional<ClientStream<Text, Text>> stream;
      int sent = 1;
      int answers = 0;
      std::optional<Status> end;
    };
    std::vector<One> all(kStreams);
    int begun = 0;  // none ends before all have
    for (One& one : all) {
      one.stream.emplace(client_->stream<Text, Text>(Context(), "echo", "Echo.Chat"));
      one.stream->onMessage([&](const Text&) {
        if (one.answers == 0) ++begun;
        if (++one.answers >= kMessages && begun == kStreams) {
          one.stream->finishSending();
        } else {
          one.stream->send(text("next"));
          ++one.sent;
        }
      });
      one.stream->onEnd([&one](Status status) { one.end = std::move(status); });
      one.stream->send(text("first"));
    }
    std::size_t most = 0;
    CPPUNIT_ASSERT(runUntil(*loop_, [&] {
      most = std::max(most, static_cast<std::size_t>(open_));
      for (const One& one : all) {
        if (!one.end) return false;
      }
      return true;
    }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{kStreams}, most);  // none waited for another to end
    for (const One& one : all) {
      CPPUNIT_ASSERT_MESSAGE(one.end->toString(), one.end->ok());
      CPPUNIT_ASSERT(one.answers >= kMessages);
      CPPUNIT_ASSERT_EQUAL(one.sent, one.answers);
    }
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return open_ == 0; }));
  }

  // A handler that heeds send() holds the mark and one message at most, however long the reader
  // looks away; then nothing is missing.
  void aSilentReaderCostsNoMoreThanTheMark() {
    ServerOptions options;
    options.limits.highWaterBytes = 256 << 10;
    makeServer(options);
    const std::string body(10'000, 'x');
    constexpr int kMessages = 3'000;  // thirty megabytes
    int sent = 0;
    server_->handleStream<Text, Text>("Echo.Flood", [&](Context, ServerStream<Text, Text> stream) {
      const auto goOn = [&, stream]() mutable {
        while (sent < kMessages) {
          ++sent;
          if (!stream.send(text(body))) return;
        }
        stream.finish();
      };
      stream.onWritable(goOn);
      loop_->post(goOn);
    });
    start();
    RawPeer& peer = connect();
    peer.stopReading();
    peer.send(request(R"({"method":"Echo.Flood","params":[{}],"id":0})"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return sent > 0; }));
    const int held = sent;
    runFor(*loop_, 200ms);
    CPPUNIT_ASSERT_EQUAL(held, sent);  // it waits
    // The kernel's own buffers hold some megabytes before anything is queued here.
    CPPUNIT_ASSERT(held < kMessages / 2);
    peer.startReading();
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(kMessages), peer.count("\"error\":null"));
    CPPUNIT_ASSERT(peer.has("\"EOS\""));
  }

  void aSilentServerCostsTheClientNoMoreThanTheMark() {
    std::optional<ServerStream<Text, Text>> held;
    int received = 0;
    server_->handleStream<Text, Text>("Echo.Deaf", [&](Context, ServerStream<Text, Text> stream) {
      stream.onMessage([&](const Text&) { ++received; });
      stream.pause();
      held.emplace(stream);
    });
    start();
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Deaf");
    const Text big = text(std::string(10'000, 'x'));
    std::optional<Status> end;
    int sent = 0;
    bool writable = true;
    stream.onEnd([&](Status status) { end = std::move(status); });
    stream.onWritable([&] { writable = true; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] {
      for (int i = 0; i < 50 && writable; ++i) {
        writable = stream.send(big);
        ++sent;
      }
      return !writable && held;
    }));
    runFor(*loop_, 50ms);
    while (writable) {
      writable = stream.send(big);
      ++sent;
      test::turn(*loop_, 1);
    }
    CPPUNIT_ASSERT(!end);
    CPPUNIT_ASSERT_EQUAL(0, received);
    CPPUNIT_ASSERT(sent < 2'000);
    held->resume();
    stream.finishSending();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
    CPPUNIT_ASSERT_EQUAL(sent, received);
  }

 private:
  void addEcho() {
    open_ = 0;
    server_->handleStream<Text, Text>(
        "Echo.Chat", [this](const Context&, ServerStream<Text, Text> stream) {
          ++open_;
          stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
          stream.onEnd([this, stream](const Status&) mutable {
            --open_;
            stream.finish();
          });
        });
  }

  int open_ = 0;
};
CPPUNIT_TEST_SUITE_REGISTRATION(ManyStreamsTest);

}  // namespace evmicro
