// Our client by gRPC: how many messages each side of a method has, and the content types of
// replies.
#include "http2/frame_server.h"
#include "server/rpc_fixture.h"
#include "zoo/zoo.pb.h"

namespace evmicro {

using acme::zoo::Animal;
using acme::zoo::Count;
using test::FrameServer;
using test::runUntil;
using namespace test;

class ReplyChecksTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(ReplyChecksTest);
  CPPUNIT_TEST(successWithoutAReplyIsAnError);
  CPPUNIT_TEST(aStreamHasTheRepliesOfItsMethod);
  CPPUNIT_TEST(aStreamWithOneRequestEndsItsSide);
  CPPUNIT_TEST(typesOfRepliesInAnyCase);
  CPPUNIT_TEST_SUITE_END();

 public:
  void successWithoutAReplyIsAnError() {
    for (const char* status : {"0", "7"}) {
      for (const bool head : {true, false}) {
        const Fields end = {{"grpc-status", status}, {"grpc-message", "said so"}};
        serve([&](FrameServer::Connection& peer, const test::Frame& frame) {
          peer.send(head ? replyHead(frame.stream, end, kEndHeaders | kEndStream)
                         : replyHead(frame.stream) + replyEnd(frame.stream, end));
        });
        const Status got = ask().status();
        const bool success = status == std::string("0");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(got.toString(), success ? 501 : 403, got.code());
        const char* const text = success ? "the reply has no message" : "said so";
        CPPUNIT_ASSERT_MESSAGE(got.toString(), got.detail().find(text) != std::string::npos);
      }
    }
  }

  // As its .proto says; without one any number will do.
  void aStreamHasTheRepliesOfItsMethod() {
    for (const std::string method : {"Watch.Census", "acme.zoo.Watch.Census", "Other.Census"}) {
      for (const int replies : {0, 1, 2}) {
        serve([replies](FrameServer::Connection& peer, const test::Frame& frame) {
          std::string all = replyHead(frame.stream);
          for (int i = 0; i < replies; ++i) all += data(frame.stream, message(""), kNoFlag);
          peer.send(all + replyEnd(frame.stream));
        });
        std::optional<Status> end;
        auto stream = client_->stream<Animal, Count>(Context(), "echo", method, options());
        stream.onMessage([](const Count&) {});
        stream.onEnd([&end](Status how) { end = std::move(how); });
        CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
        const bool good = replies == 1 || method == "Other.Census";
        CPPUNIT_ASSERT_EQUAL_MESSAGE(method + " " + end->toString(), good, end->ok());
        if (good) continue;
        CPPUNIT_ASSERT_EQUAL_MESSAGE(end->toString(), 501, end->code());
        const char* const text = replies == 0 ? "no message" : "more than one message";
        CPPUNIT_ASSERT_MESSAGE(end->toString(), end->detail().find(text) != std::string::npos);
      }
    }
  }

  // Some servers run the method only then.
  void aStreamWithOneRequestEndsItsSide() {
    for (const bool early : {true, false}) {
      for (const char* method : {"Watch.Births", "Other.Births"}) {
        std::size_t ends = 0;
        std::size_t messages = 0;
        peer_.emplace(*loop_, settings(), [&](FrameServer::Connection&, const test::Frame& frame) {
          if (frame.type != kData) return;
          messages += frame.payload.empty() ? 0 : 1;
          ends += (frame.flags & kEndStream) != 0 ? 1 : 0;
        });
        auto stream = client_->stream<Count, Animal>(Context(), "echo", method, options());
        stream.onMessage([](const Animal&) {});
        Count count;
        count.set_animals(3);
        if (!early) CPPUNIT_ASSERT(runUntil(*loop_, [&] { return peer_->count(kHeaders) == 1; }));
        CPPUNIT_ASSERT(stream.send(count));
        const bool one = method == std::string("Watch.Births");
        CPPUNIT_ASSERT(runUntil(*loop_, [&] { return messages == 1 && (!one || ends == 1); }));
        turn(*loop_, 20);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(method, std::size_t{one ? 1U : 0U}, ends);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(method, !one, stream.send(count));
      }
    }
  }

  void typesOfRepliesInAnyCase() {
    for (const char* type : {"APPLICATION/GRPC", "Application/Grpc+Proto; charset=utf-8"}) {
      serve([&](FrameServer::Connection& peer, const test::Frame& frame) {
        peer.send(headers(frame.stream, {{":status", "200"}, {"content-type", type}}) +
                  data(frame.stream, message(text("x").SerializeAsString()), kNoFlag) +
                  replyEnd(frame.stream));
      });
      const auto got = ask();
      CPPUNIT_ASSERT_MESSAGE(type + got.status().toString(), got.ok());
    }
  }

  void tearDown() override {
    peer_.reset();
    test::RpcFixture::tearDown();
  }

 private:
  /// `onCall` runs for the head of each call.
  void serve(FrameServer::OnFrame onCall) {
    peer_.emplace(*loop_, settings(),
                  [onCall](FrameServer::Connection& peer, const test::Frame& frame) {
                    if (frame.type == kHeaders) onCall(peer, frame);
                  });
  }
  CallOptions options() const {
    CallOptions options;
    options.address = peer_->address();
    options.protocol = CallProtocol::kGrpc;
    return options;
  }
  Result<Text> ask() { return call("Echo.Call", "x", options()); }

  std::optional<FrameServer> peer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReplyChecksTest);

}  // namespace evmicro
