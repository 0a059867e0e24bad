// Metadata from handlers to callers, by gRPC and by go-micro's protocol, and compression.
#include <evmicro/binary_metadata.h>

#include "http2/frames.h"
#include "server/rpc_fixture.h"

namespace evmicro {

using test::runUntil;
using test::Text;
using TextStream = ServerStream<Text, Text>;

class ReplyMetadataTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(ReplyMetadataTest);
  CPPUNIT_TEST(ofCalls);
  CPPUNIT_TEST(ofErrors);
  CPPUNIT_TEST(ofStreams);
  CPPUNIT_TEST(aWrappersContextHasTheSame);
  CPPUNIT_TEST(ofListsOfBinaryValuesTheFirst);
  CPPUNIT_TEST(callsDoNotShareIt);
  CPPUNIT_TEST(namesOfTheProtocolAreNotSent);
  CPPUNIT_TEST(requestsAreCompressedOnDemand);
  CPPUNIT_TEST(repliesAreCompressedOnDemand);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    test::RpcFixture::setUp();
    server_->handle<Text, Text>("Echo.Call",
                                [](Context& context, const Text& request, Text& reply) {
                                  reply = request;
                                  fill(context);
                                  return Status();
                                });
    server_->handle<Text, Text>("Echo.Plain", [](Context&, const Text& request, Text& reply) {
      reply = request;
      return Status();
    });
    server_->handle<Text, Text>("Echo.Fail", [](Context& context, const Text&, Text&) {
      fill(context);
      return Status::error(409, "echo", "no");
    });
    server_->handleStream<Text, Text>("Echo.Chat", [](const Context& context, TextStream stream) {
      fill(context);
      stream.send(test::text("one"));
      context.replyMetadata().initial.set("X-Late", "not sent");
      stream.send(test::text("two"));
      context.replyMetadata().trailing.set("X-Late", "sent");
      stream.finish();
    });
  }

  void ofCalls() {
    start();
    for (const auto protocol : {CallProtocol::kMicro, CallProtocol::kGrpc}) {
      const auto got = metadataOf("Echo.Call", protocol);
      expect(got->initial, "X-Initial", "first");
      CPPUNIT_ASSERT_EQUAL(std::string("\0\xff", 2), getBinary(got->initial, "X-Some-Bin").value());
      const bool apart = protocol == CallProtocol::kGrpc;
      expect(apart ? got->trailing : got->initial, "X-Trailing", "last");
      CPPUNIT_ASSERT(!apart || !got->initial.has("X-Trailing"));
    }
  }

  void ofErrors() {
    start();
    for (const auto protocol : {CallProtocol::kMicro, CallProtocol::kGrpc}) {
      const auto got = metadataOf("Echo.Fail", protocol);
      // By gRPC the head is the end, if there are no messages.
      const bool grpc = protocol == CallProtocol::kGrpc;
      expect(grpc ? got->trailing : got->initial, "X-Trailing", "last");
      expect(grpc ? got->trailing : got->initial, "X-Initial", "first");
    }
  }

  void ofStreams() {
    start();
    for (const auto protocol : {CallProtocol::kMicro, CallProtocol::kGrpc}) {
      CallOptions options = optionsFor(protocol);
      auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Chat", options);
      bool ended = false;
      bool initial = false;
      stream.onMessage(
          [&](const Text&) { initial = options.replyMetadata->initial.has("X-Initial"); });
      stream.onEnd([&](const Status& how) { ended = how.ok(); });
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ended; }));
      CPPUNIT_ASSERT(initial);
      CPPUNIT_ASSERT(!options.replyMetadata->initial.has("X-Late"));
      expect(options.replyMetadata->trailing, "X-Trailing", "last");
      expect(options.replyMetadata->trailing, "X-Late", "sent");
    }
  }

  void aWrappersContextHasTheSame() {
    server_->wrap([](Context context, const CallInfo&, const CallNext& next, CallDone done) {
      Context child = context.child();
      child.replyMetadata().initial.set("X-Wrapper", "was here");
      next(child.child(), std::move(done));
    });
    start();
    const auto got = metadataOf("Echo.Call", CallProtocol::kGrpc);
    expect(got->initial, "X-Wrapper", "was here");
    expect(got->initial, "X-Initial", "first");
  }

  void ofListsOfBinaryValuesTheFirst() {
    for (const auto& [text, bytes] : {std::pair<const char*, const char*>{"YQ==,Yg==", "a"},
                                      {"YQ,Yg", "a"},
                                      {"YQ,!", "a"},
                                      {",Yg", ""}}) {
      Metadata metadata;
      metadata.set("X-Bin", text);
      CPPUNIT_ASSERT_EQUAL(std::string(bytes), getBinary(metadata, "X-Bin").value());
    }
    Metadata metadata;
    metadata.set("X-Bin", "!,Yg");
    CPPUNIT_ASSERT(!getBinary(metadata, "X-Bin"));
    CPPUNIT_ASSERT(!getBinary(metadata, "X-None-Bin"));
  }

  void callsDoNotShareIt() {
    start();
    for (const auto protocol : {CallProtocol::kMicro, CallProtocol::kGrpc}) {
      metadataOf("Echo.Call", protocol);
      const auto got = metadataOf("Echo.Plain", protocol);
      CPPUNIT_ASSERT(!got->initial.has("X-Initial"));
      CPPUNIT_ASSERT(got->trailing.empty());
    }
  }

  void namesOfTheProtocolAreNotSent() {
    server_->handle<Text, Text>("Bad.Call", [](Context& context, const Text&, Text&) {
      ReplyMetadata& metadata = context.replyMetadata();
      for (Metadata* const all : {&metadata.initial, &metadata.trailing}) {
        for (const char* name : {"Connection", "Content-Type", "Content-Length", ":status",
                                 "Transfer-Encoding", "Te", "Trailer", ""}) {
          all->set(name, "7");
        }
        all->set("X-Good", "yes");
      }
      metadata.trailing.set("Grpc-Status", "7");
      return Status();
    });
    start();
    for (const auto protocol : {CallProtocol::kMicro, CallProtocol::kGrpc}) {
      CallOptions options = optionsFor(protocol);
      const auto reply = call("Bad.Call", "x", options);
      CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
      expect(options.replyMetadata->initial, "X-Good", "yes");
    }
  }

  void requestsAreCompressedOnDemand() {
    start();
    const std::string large(100'000, 'x');
    Context context;
    context.metadata().set("Grpc-Encoding", "gzip");
    const auto reply = call("Echo.Plain", large, optionsFor(CallProtocol::kGrpc), context);
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    CPPUNIT_ASSERT(large == reply->status());
    CPPUNIT_ASSERT(call("Echo.Plain", "short", optionsFor(CallProtocol::kGrpc), context).ok());
  }

  void repliesAreCompressedOnDemand() {
    std::string encoding;
    server_->handle<Text, Text>("Zip.Call",
                                [&](Context& context, const Text& request, Text& reply) {
                                  reply = request;
                                  if (!encoding.empty())
                                    context.replyMetadata().initial.set("Grpc-Encoding", encoding);
                                  return Status();
                                });
    start();
    encoding = "gzip";
    CPPUNIT_ASSERT(replyTo({{"grpc-accept-encoding", "identity,gzip"}}).size() < 1'000);
    CPPUNIT_ASSERT(replyTo({}).size() > 5'000);  // it could not be read
    encoding = "identity";
    CPPUNIT_ASSERT(replyTo({{"grpc-accept-encoding", "gzip"}, {"grpc-encoding", "gzip"}}).size() >
                   5'000);
    encoding = "";
    CPPUNIT_ASSERT(replyTo({{"grpc-accept-encoding", "gzip"}, {"grpc-encoding", "gzip"}}).size() <
                   1'000);
  }

 private:
  static void fill(const Context& context) {
    ReplyMetadata& metadata = context.replyMetadata();
    metadata.initial.set("X-Initial", "first");
    setBinary(metadata.initial, "X-Some-Bin", std::string_view("\0\xff", 2));
    metadata.trailing.set("X-Trailing", "last");
  }

  static void expect(const Metadata& metadata, const char* name, const std::string& value) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, value, std::string(metadata.get(name).value_or("none")));
  }

  static CallOptions optionsFor(CallProtocol protocol) {
    CallOptions options;
    options.protocol = protocol;
    options.replyMetadata = std::make_shared<ReplyMetadata>();
    return options;
  }

  std::shared_ptr<const ReplyMetadata> metadataOf(const std::string& method,
                                                  CallProtocol protocol) {
    const CallOptions options = optionsFor(protocol);
    static_cast<void>(call(method, "x", options));
    return options.replyMetadata;
  }

  // What the server sends for a message of 6,000 equal bytes.
  std::string replyTo(const test::Fields& more) {
    test::RawPeer& peer = connect();
    peer.send(
        test::opening() + test::headers(1, test::grpcHead("/Zip/Call", more)) +
        test::data(1, test::message(test::text(std::string(6'000, 'x')).SerializeAsString())));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] {
      const auto blocks = test::headersIn(peer.received());
      return !blocks.empty() && blocks.back().second.front().first == "grpc-status";
    }));
    return peer.received();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReplyMetadataTest);

}  // namespace evmicro
