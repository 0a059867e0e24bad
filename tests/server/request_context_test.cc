// The context of a request: its memory serves the next one, of which nothing of the last may be
// seen.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/rpc_fixture.h"
#include "support/manual_clock.h"

namespace evmicro::test {

using namespace std::chrono_literals;

class RequestContextTest final : public RpcFixture {
  CPPUNIT_TEST_SUITE(RequestContextTest);
  CPPUNIT_TEST(eachRequestBeginsAlive);
  CPPUNIT_TEST(metadataAndDeadlineAreItsOwn);
  CPPUNIT_TEST(metadataOfItsReplyIsItsOwn);
  CPPUNIT_TEST(observersOfTheLastOneAreNotTold);
  CPPUNIT_TEST(aContextThatIsKeptStaysAsItWas);
  CPPUNIT_TEST(aCancelledOneLeavesNothingBehind);
  CPPUNIT_TEST(theTimeoutIsTheCallersToTheNanosecond);
  CPPUNIT_TEST(theLongestTimeoutIsAYear);
  CPPUNIT_TEST(timeoutsThatAreNoNumbersAreIgnored);
  CPPUNIT_TEST(theCallEndsAtItsDeadline);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<ManualClock>();
    RpcFixture::setUp();
    handle_ = nullptr;
    server_->handle<Text, Text>("Echo.Look", [this](Context& context, const Text&, Text&) {
      if (handle_) handle_(context);
      return Status();
    });
    server_->handle<Text, Text>("Echo.Hold", [this](Context context, Text, Reply<Text> reply) {
      held_.emplace_back(std::move(context), std::move(reply));
    });
    start();
  }
  void tearDown() override {
    held_.clear();
    RpcFixture::tearDown();
    clock_.reset();
  }

  void eachRequestBeginsAlive() {
    int alive = 0;
    handle_ = [&alive](Context& context) {
      if (!context.done() && context.status().ok() && !context.child().done()) ++alive;
    };
    RawPeer& peer = connect();
    for (std::size_t n = 1; n <= 3; ++n) ask(peer, n);
    CPPUNIT_ASSERT_EQUAL(3, alive);
  }

  void metadataOfItsReplyIsItsOwn() {
    RawPeer& peer = connect();
    handle_ = [](Context& context) { context.replyMetadata().initial.set("X-Tag", "1"); };
    ask(peer, 1);
    handle_ = nullptr;
    ask(peer, 2);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("X-Tag: 1\r\n"));
  }

  void metadataAndDeadlineAreItsOwn() {
    std::vector<std::string> seen;
    handle_ = [&seen](Context& context) {
      std::string text = context.deadline() ? "deadline" : "";
      if (context.metadata().has("Timeout")) text += " Timeout";  // as Go's handlers see it
      for (const char* name : {"X-One", "X-Two"}) {
        if (const auto value = context.metadata().get(name)) text.append(" ").append(*value);
      }
      seen.push_back(text);
    };
    RawPeer& peer = connect();
    ask(peer, 1, "X-One: 1\r\nTimeout: 60000000000\r\n");
    ask(peer, 2, "X-Two: 2\r\n");
    ask(peer, 3);
    CPPUNIT_ASSERT((std::vector<std::string>{"deadline Timeout 1", " 2", ""}) == seen);
  }

  void observersOfTheLastOneAreNotTold() {
    std::string told;
    std::vector<Subscription> tokens;
    handle_ = [&](Context& context) {
      const std::string name = std::to_string(tokens.size());
      tokens.push_back(context.onDone([&told, name] { told += name; }));
    };
    RawPeer& peer = connect();
    for (std::size_t n = 1; n <= 3; ++n) ask(peer, n);
    CPPUNIT_ASSERT_EQUAL(std::string("012"), told);
  }

  void aContextThatIsKeptStaysAsItWas() {
    std::vector<Context> kept;
    handle_ = [&kept](Context& context) { kept.push_back(context); };
    RawPeer& peer = connect();
    ask(peer, 1, "X-One: 1\r\n");
    ask(peer, 2, "X-Two: 2\r\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), kept.size());
    CPPUNIT_ASSERT(kept[0].metadata().get("X-One") == "1");
    CPPUNIT_ASSERT(!kept[0].metadata().has("X-Two"));
    CPPUNIT_ASSERT(!kept[1].metadata().has("X-One"));
    for (const Context& context : kept) {
      CPPUNIT_ASSERT(context.status().kind() == ErrorKind::kCancelled);
      CPPUNIT_ASSERT_EQUAL(std::string("the request has been answered"), context.status().detail());
    }
  }

  // A handler may end its own context: this must not affect the next request.
  void aCancelledOneLeavesNothingBehind() {
    std::vector<bool> alive;
    handle_ = [&alive](Context& context) {
      alive.push_back(!context.done());
      context.cancel(Status::internal("mine"));
    };
    RawPeer& peer = connect();
    for (std::size_t n = 1; n <= 3; ++n) ask(peer, n);
    CPPUNIT_ASSERT((std::vector<bool>{true, true, true}) == alive);
  }

  void theTimeoutIsTheCallersToTheNanosecond() {
    for (const std::int64_t nanos : {1L, 999L, 20'000'000L, 3'600'000'000'001L}) {
      CPPUNIT_ASSERT(remaining(std::to_string(nanos)) == std::chrono::nanoseconds(nanos));
    }
  }

  void theLongestTimeoutIsAYear() {
    constexpr std::chrono::nanoseconds kYear = std::chrono::hours(24 * 365);
    const auto text = [](std::chrono::nanoseconds time) { return std::to_string(time.count()); };
    CPPUNIT_ASSERT(remaining(text(kYear - 1ns)) == kYear - 1ns);
    CPPUNIT_ASSERT(remaining(text(kYear)) == kYear);
    CPPUNIT_ASSERT(remaining(text(kYear + 1ns)) == kYear);
    CPPUNIT_ASSERT(remaining("9223372036854775807") == kYear);
  }

  void timeoutsThatAreNoNumbersAreIgnored() {
    for (const char* text : {"", "0", "-1", "+5", "5s", "5 5", "0x10", "1e9", "1.5", "soon",
                             "9223372036854775808", "99999999999999999999"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !remaining(text));
    }
  }

  void theCallEndsAtItsDeadline() {
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Hold","params":[{}],"id":1})", "Timeout: 5000000\r\n"));
    CPPUNIT_ASSERT(runUntil(*loop_, [this] { return held_.size() == 1; }));
    bool ended = false;
    const Subscription token = held_[0].first.onDone([&ended] { ended = true; });
    clock_->advance(*loop_, 5ms - 1us);
    CPPUNIT_ASSERT(!ended);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT(ended);
    CPPUNIT_ASSERT(held_[0].first.status().kind() == ErrorKind::kTimeout);
  }

 private:
  // What a handler has left when the caller sends this.
  std::optional<std::chrono::nanoseconds> remaining(const std::string& timeout) {
    std::optional<std::chrono::nanoseconds> left;
    handle_ = [&left](Context& context) { left = context.remaining(); };
    ask(connect(), 1, "Timeout: " + timeout + "\r\n");
    return left;
  }

  void ask(RawPeer& peer, std::size_t n, const std::string& headers = {}) {
    peer.send(request(R"({"method":"Echo.Look","params":[{}],"id":1})", headers));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), receives(peer, "HTTP/1.1 200", n));
  }

  std::unique_ptr<ManualClock> clock_;
  std::function<void(Context&)> handle_;
  std::vector<std::pair<Context, Reply<Text>>> held_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestContextTest);

}  // namespace evmicro::test
