// The context of a request: its memory serves the next one, of which nothing of the last may be
// seen.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/rpc_fixture.h"

namespace evmicro::test {

class RequestContextTest final : public RpcFixture {
  CPPUNIT_TEST_SUITE(RequestContextTest);
  CPPUNIT_TEST(eachRequestBeginsAlive);
  CPPUNIT_TEST(metadataAndDeadlineAreItsOwn);
  CPPUNIT_TEST(observersOfTheLastOneAreNotTold);
  CPPUNIT_TEST(aContextThatIsKeptStaysAsItWas);
  CPPUNIT_TEST(aCancelledOneLeavesNothingBehind);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    handle_ = nullptr;
    server_->handle<Text, Text>("Echo.Look", [this](Context& context, const Text&, Text&) {
      if (handle_) handle_(context);
      return Status();
    });
    start();
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

  void metadataAndDeadlineAreItsOwn() {
    std::vector<std::string> seen;
    handle_ = [&seen](Context& context) {
      std::string text = context.deadline() ? "deadline" : "";
      for (const char* name : {"X-One", "X-Two"}) {
        if (const auto value = context.metadata().get(name)) text.append(" ").append(*value);
      }
      seen.push_back(text);
    };
    RawPeer& peer = connect();
    ask(peer, 1, "X-One: 1\r\nTimeout: 60000000000\r\n");
    ask(peer, 2, "X-Two: 2\r\n");
    ask(peer, 3);
    CPPUNIT_ASSERT((std::vector<std::string>{"deadline 1", " 2", ""}) == seen);
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

  // A handler may end its own context: that is no matter of the next request.
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

 private:
  void ask(RawPeer& peer, std::size_t n, const std::string& headers = {}) {
    peer.send(request(R"({"method":"Echo.Look","params":[{}],"id":1})", headers));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), receives(peer, "HTTP/1.1 200", n));
  }

  std::function<void(Context&)> handle_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestContextTest);

}  // namespace evmicro::test
