// A server and a client over --transport evhttp: plain HTTP, streams, stopping.
#include <evmicro/evhttp_transport.h>

#include "server/rpc_fixture.h"
#include "support/manual_clock.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using namespace std::chrono_literals;

class EvhttpServerTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(EvhttpServerTest);
  CPPUNIT_TEST(callsAndPagesShareAConnection);
  CPPUNIT_TEST(keepAliveIsNotSaidBesideClose);
  CPPUNIT_TEST(neverContinues);
  CPPUNIT_TEST(refusalsHaveTheFormOfTheCodec);
  CPPUNIT_TEST(aClientRefusesToOpenAStream);
  CPPUNIT_TEST(aServerRefusesAStreamOfAnotherTransport);
  CPPUNIT_TEST(idleConnectionsDoNotDelayTheEnd);
  CPPUNIT_TEST(whoHasJustConnectedIsServedAtTheEnd);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    RpcFixture::setUp();
    ServerOptions options;
    options.grace = 0ms;
    options.limits.maxBodyBytes = 1'000;
    makeServer(options);
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
    server_->handleStream<Text, Text>("Echo.Talk",
                                      [this](Context, ServerStream<Text, Text>) { ++streams_; });
    start();
  }
  void tearDown() override {
    RpcFixture::tearDown();
    clock_.reset();
  }

  void callsAndPagesShareAConnection() {
    RawPeer& peer = connect();
    for (int round = 0; round < 2; ++round) {
      peer.forget();
      peer.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
      CPPUNIT_ASSERT(receives(peer, "\r\n\r\nok\n"));
      peer.send(request(kSay));
      CPPUNIT_ASSERT(receives(peer, "\"result\""));
      peer.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
      CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 200 OK", 3));
    }
    peer.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 404 "));
    RawPeer& options = connect();
    options.send("OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n");
    CPPUNIT_ASSERT(receives(options, "\r\n\r\n"));
    CPPUNIT_ASSERT(options.has("HTTP/1.1 204 "));
    CPPUNIT_ASSERT(options.has("\r\nAllow: GET, HEAD, OPTIONS, POST\r\n"));
    CPPUNIT_ASSERT(!options.has("Content-Type:"));
    RawPeer& put = connect();
    put.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
    CPPUNIT_ASSERT(ends(put));
    CPPUNIT_ASSERT(put.has("HTTP/1.1 405 "));
    CPPUNIT_ASSERT(put.has("\r\nAllow: GET, HEAD, OPTIONS, POST\r\n"));
    CPPUNIT_ASSERT(put.has("\r\nCache-Control: no-store\r\n"));
  }

  void keepAliveIsNotSaidBesideClose() {
    RawPeer& kept = connect();
    kept.send(request(kSay));
    CPPUNIT_ASSERT(receives(kept, "\"result\""));
    CPPUNIT_ASSERT(kept.has("\r\nKeep-Alive: timeout=120\r\n"));
    CPPUNIT_ASSERT(!kept.has("Connection:"));
    RawPeer& closing = connect();
    closing.send(request(kSay, "Connection: close\r\n"));
    CPPUNIT_ASSERT(ends(closing));
    CPPUNIT_ASSERT(closing.has("\"result\""));
    CPPUNIT_ASSERT(closing.has("\r\nConnection: close\r\n"));
    CPPUNIT_ASSERT(!closing.has("Keep-Alive:"));
  }

  // Go's clients of 2016 take an interim reply for the reply.
  void neverContinues() {
    RawPeer& peer = connect();
    const std::string whole = request(kSay, "Expect: 100-continue\r\n");
    const std::size_t head = whole.find("\r\n\r\n") + 4;
    peer.send(whole.substr(0, head));
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT(peer.received().empty());
    peer.send(whole.substr(head));
    CPPUNIT_ASSERT(receives(peer, "\"result\""));
    CPPUNIT_ASSERT(!peer.has(" 100 "));
  }

  void refusalsHaveTheFormOfTheCodec() {
    RawPeer& peer = connect();
    peer.send(request(std::string(1'001, ' ')));
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 413 "));
    CPPUNIT_ASSERT(peer.has("\\\"code\\\":413,"));
    CPPUNIT_ASSERT_EQUAL(413, call("Echo.Say", std::string(1'001, 'x')).status().code());
  }

  void aClientRefusesToOpenAStream() {
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Talk");
    std::optional<Status> end;
    stream.onEnd([&end](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&end] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_MESSAGE(end->detail(), end->detail().find("streams") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0, streams_);
  }

  void aServerRefusesAStreamOfAnotherTransport() {
    const auto http = makeHttpTransport(*loop_);
    Client other(*loop_, *http, *selector_, ClientOptions());
    auto stream = other.stream<Text, Text>(Context(), "echo", "Echo.Talk");
    std::optional<Status> end;
    stream.onEnd([&end](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&end] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(
        end->detail(),
        end->detail().find("the transport does not carry streams") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(400, end->code());
    CPPUNIT_ASSERT_EQUAL(0, streams_);
  }

  void idleConnectionsDoNotDelayTheEnd() {
    RawPeer& peer = connect();
    peer.send(request(kSay));
    CPPUNIT_ASSERT(receives(peer, "\"result\""));
    stop();  // time stands still
    CPPUNIT_ASSERT(!server_->stats().registered);
  }

  void whoHasJustConnectedIsServedAtTheEnd() {
    RawPeer& peer = connect();  // waits in the backlog
    bool stopped = false;
    server_->stop([&stopped](Status) { stopped = true; });
    peer.send(request(kSay));
    CPPUNIT_ASSERT(receives(peer, "\"result\""));
    CPPUNIT_ASSERT(clock_->runUntil(*loop_, [&] { return stopped; }));
  }

 private:
  std::unique_ptr<Transport> makeTransport() override { return makeEvhttpTransport(*loop_); }

  inline static const std::string kSay =
      R"({"method":"Echo.Say","params":[{"status":"x"}],"id":1})";

  std::unique_ptr<test::ManualClock> clock_;
  int streams_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EvhttpServerTest);

}  // namespace evmicro
