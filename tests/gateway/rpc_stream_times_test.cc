// What a stream of events sends while its service is silent.
#include "gateway/api.h"

#include <memory>
#include <optional>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>

#include "gateway/gateway_fixture.h"
#include "http/raw_peer.h"
#include "support/manual_clock.h"

namespace evmicro {

using namespace std::chrono_literals;
using gateway::ApiGateway;
using gateway::ApiOptions;
using test::RawPeer;

class RpcStreamTimesTest : public test::GatewayFixture {
  CPPUNIT_TEST_SUITE(RpcStreamTimesTest);
  CPPUNIT_TEST(eventsBeginAfterAWhileWithoutOne);
  CPPUNIT_TEST(commentsAreSentBetweenEvents);
  CPPUNIT_TEST(anErrorAfterAWhileIsAnEvent);
  CPPUNIT_TEST(linesWaitForTheirFirst);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_.emplace();
    GatewayFixture::setUp();
    api_ = std::make_unique<Service>(*loop_, options("go.micro.api"));
    silent_ = std::make_unique<Service>(*loop_, options("go.micro.api.silent"));
    silent_->server().handleStream<JsonDocument, JsonDocument>(
        "News.Follow", [this](const Context&, const JsonDocument&,
                              ServerStream<JsonDocument, JsonDocument> stream) {
          stream_.emplace(std::move(stream));
        });
    run(*silent_);
    ApiOptions options;
    options.address = "127.0.0.1:0";
    options.handler = "rpc";
    gateway_ = std::make_unique<ApiGateway>(*api_, options);
    const Status status = gateway_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
  }
  void tearDown() override {
    peer_.reset();
    gateway_.reset();
    stream_.reset();
    silent_.reset();
    api_.reset();
    GatewayFixture::tearDown();
    clock_.reset();
  }

  void eventsBeginAfterAWhileWithoutOne() {
    follow("text/event-stream");
    pass(14'999ms);
    CPPUNIT_ASSERT_EQUAL(std::string(), peer_->received());
    pass(1ms);
    CPPUNIT_ASSERT(gets("\r\n\r\n"));
    CPPUNIT_ASSERT_MESSAGE(peer_->received(), peer_->has("Content-Type: text/event-stream\r\n"));
    stream_->send({"{\"n\":1}"});
    CPPUNIT_ASSERT(gets("data: {\"n\":1}\n\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer_->count("HTTP/1.1 "));
  }

  void commentsAreSentBetweenEvents() {
    follow("text/event-stream");
    stream_->send({"{\"n\":1}"});
    CPPUNIT_ASSERT(gets("data: {\"n\":1}\n\n"));
    pass(14'999ms);
    CPPUNIT_ASSERT(!peer_->has(":\n\n"));
    pass(1ms);
    CPPUNIT_ASSERT(gets(":\n\n"));
    stream_->finish({});
    CPPUNIT_ASSERT(gets("\r\n0\r\n\r\n"));
  }

  void anErrorAfterAWhileIsAnEvent() {
    follow("text/event-stream");
    pass(15s);
    stream_->finish(Status::error(409, "id", "enough"));
    CPPUNIT_ASSERT(gets("event: error\ndata: {\"id\":\"id\",\"code\":409,"));
    CPPUNIT_ASSERT(gets("\r\n0\r\n\r\n"));
    CPPUNIT_ASSERT(peer_->has("HTTP/1.1 200 "));
  }

  // There is nothing that a line could say, and an error can still be one.
  void linesWaitForTheirFirst() {
    follow("*/*");
    pass(16s);
    CPPUNIT_ASSERT_EQUAL(std::string(), peer_->received());
    stream_->finish(Status::error(409, "id", "enough"));
    CPPUNIT_ASSERT(gets("HTTP/1.1 409 "));
  }

 private:
  void follow(const std::string& type) {
    peer_ = std::make_unique<RawPeer>(*loop_, gateway_->address());
    peer_->send("GET /silent/news/follow HTTP/1.1\r\nHost: localhost\r\nAccept: " + type +
                "\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return stream_.has_value(); }));
  }
  bool gets(const std::string& text) {
    return until([this, &text] { return peer_->has(text) || peer_->ended(); }) && peer_->has(text);
  }
  void pass(std::chrono::milliseconds time) { clock_->advance(*loop_, time); }

  std::optional<test::ManualClock> clock_;
  std::unique_ptr<Service> api_;
  std::unique_ptr<Service> silent_;
  std::unique_ptr<ApiGateway> gateway_;
  std::optional<ServerStream<JsonDocument, JsonDocument>> stream_;
  std::unique_ptr<RawPeer> peer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RpcStreamTimesTest);

}  // namespace evmicro
