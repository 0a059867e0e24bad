// A connection that breaks, kept or new, at each stage of a call: what is repeated, and what is
// not.
#include <map>

#include <sys/socket.h>
#include <unistd.h>

#include "server/rpc_fixture.h"
#include "support/listening_socket.h"
#include "support/scripted_server.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::runUntil;
using test::ScriptedServer;
using test::Text;
using test::text;

namespace {

// Accepts when it is told to, and reads nothing.
class DeafListener {
 public:
  std::string address() const { return socket_.address(); }

  /// Resets the next connection, which has been made.
  void acceptAndReset() const {
    const int connection = ::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    CPPUNIT_ASSERT(connection >= 0);
    const linger reset{1, 0};
    ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    ::close(connection);
  }

 private:
  const test::ListeningSocket socket_;
};

}  // namespace

class LostConnectionTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(LostConnectionTest);
  CPPUNIT_TEST(closedWhileIdleIsNotUsed);
  CPPUNIT_TEST(closedWhenTheRequestComesIsNotRepeated);
  CPPUNIT_TEST(closedAfterHalfAReplyIsNotRepeated);
  CPPUNIT_TEST(idempotentCallsAreRepeated);
  CPPUNIT_TEST(brokenWhileTheRequestIsWrittenIsNotRepeated);
  CPPUNIT_TEST(refusedOnAKeptConnectionGoesToAnother);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    onReused_ = {};
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
  }
  void tearDown() override {
    peer_.reset();
    RpcFixture::tearDown();
  }

  void closedWhileIdleIsNotUsed() {
    keepOne(good(1));
    peer_->closeConnections();
    test::turn(*loop_);
    const Status status = say();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
    CPPUNIT_ASSERT_EQUAL(2, peer_->accepted());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), peer_->requests().size());
  }

  // It may have run: the peer has had the whole request.
  void closedWhenTheRequestComesIsNotRepeated() {
    start();
    keepOne({"", ScriptedServer::Then::kClose, 0ms});
    const Status status = say();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_MESSAGE(status.toString(),
                           status.detail().find("closed without a reply") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), peer_->requests().size());
    CPPUNIT_ASSERT_EQUAL(1, peer_->accepted());
  }

  void closedAfterHalfAReplyIsNotRepeated() {
    const std::string whole = good(1).bytes;
    const std::size_t head = whole.find("\r\n\r\n") + 4;
    for (const std::size_t size : {std::size_t(5), head - 1, head, head + 3, whole.size() - 1}) {
      keepOne({whole.substr(0, size), ScriptedServer::Then::kClose, 0ms});
      const Status status = say();
      CPPUNIT_ASSERT_MESSAGE(status.toString(), status.kind() == ErrorKind::kInternal);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), std::size_t(2), peer_->requests().size());
      // The next call is none the worse for it.
      CPPUNIT_ASSERT(say().ok());
    }
  }

  void idempotentCallsAreRepeated() {
    const std::string whole = good(1).bytes;
    for (const std::string& bytes : {std::string(), whole.substr(0, whole.size() - 1)}) {
      keepOne({bytes, ScriptedServer::Then::kClose, 0ms});
      CallOptions options;
      options.idempotent = CallOptions::Idempotent::kYes;
      options.retries = 2;
      const Status status = say(options);
      CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
      CPPUNIT_ASSERT_EQUAL(std::size_t(3), peer_->requests().size());
      CPPUNIT_ASSERT_EQUAL(2, peer_->accepted());
    }
  }

  // Nobody can say how much of it has come.
  void brokenWhileTheRequestIsWrittenIsNotRepeated() {
    start();
    DeafListener deaf;
    CallOptions options;
    options.address = deaf.address();
    std::optional<Status> end;
    client_->call<Text>(
        Context(), "echo", "Echo.Say", text(std::string(16'000'000, 'x')),
        [&end](const auto& reply) { end = reply.status(); }, options);
    test::turn(*loop_, 20);  // as much is written as goes into the buffers
    CPPUNIT_ASSERT(!end);
    deaf.acceptAndReset();
    CPPUNIT_ASSERT(runUntil(*loop_, [&end] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_MESSAGE(end->toString(),
                           end->detail().find("(attempt 1 of 1)") != std::string::npos);
  }

  // An answer, so it is known that nothing ran.
  void refusedOnAKeptConnectionGoesToAnother() {
    keepOne(ScriptedServer::reply(503, "draining"));
    start();  // another node
    announce("first", peer_->port());
    for (int i = 0; i < 20; ++i) {
      const auto reply = RpcFixture::call("Echo.Say", "x", json());
      CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    }
  }

 private:
  static CallOptions json() {
    CallOptions options;
    options.contentType = "application/json";
    return options;
  }

  static ScriptedServer::Reply good(int id) {
    return ScriptedServer::reply(
        200, R"({"id":)" + std::to_string(id) + R"(,"result":{"status":"x"},"error":null})",
        "Keep-Alive: timeout=120\r\n");
  }

  /// A peer that answers the first request of each connection, and any later one with `then`. The
  /// client has a connection to it, after one call.
  void keepOne(ScriptedServer::Reply then) {
    onReused_ = std::move(then);
    seen_.clear();
    peer_ =
        std::make_unique<ScriptedServer>(*loop_, [this](const ScriptedServer::Request& request) {
          return ++seen_[request.connection] == 1 ? good(0) : onReused_;
        });
    CPPUNIT_ASSERT(say().ok());
    CPPUNIT_ASSERT_EQUAL(1, peer_->open());
  }

  Status say(CallOptions options = {}) {
    options.address = peer_->address();
    options.contentType = "application/json";
    return RpcFixture::call("Echo.Say", "hi", options).status();
  }

  ScriptedServer::Reply onReused_;
  std::map<int, int> seen_;
  std::unique_ptr<ScriptedServer> peer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LostConnectionTest);

}  // namespace evmicro
