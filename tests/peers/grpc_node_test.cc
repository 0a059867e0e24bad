// gRPC for Node, which is written in JavaScript on Node's own HTTP/2 (nghttp2), in both roles.
#include <optional>

#include <evmicro/binary_metadata.h>
#include <evmicro/conformance/skip.h>

#include "peers/peer_program.h"
#include "server/rpc_fixture.h"
#include "support/meanwhile.h"
#include "support/process.h"
#include "support/reported.h"

namespace evmicro {

using test::Finished;
using test::Text;
using TextStream = ServerStream<Text, Text>;

class GrpcNodeTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(GrpcNodeTest);
  CPPUNIT_TEST(itCallsUs);
  CPPUNIT_TEST(weCallIt);
  CPPUNIT_TEST_SUITE_END();

 public:
  void itCallsUs() {
    server_->handle<Text, Text>("some.package.Echo.Call", [](Context& context, const Text& request,
                                                             Text& reply) {
      context.replyMetadata().initial.set("X-Initial", "first");
      setBinary(context.replyMetadata().trailing, "X-Trailing-Bin", std::string_view("\0\xff", 2));
      const bool right = context.metadata().get("X-Some") == "thing" &&
                         getBinary(context.metadata(), "X-Some-Bin") == std::string("\0\xff", 2);
      reply.set_status(right || request.status() != "John" ? request.status() : "no metadata");
      return Status();
    });
    server_->handle<Text, Text>("some.package.Echo.Fail", [](Context&, const Text&, Text&) {
      return Status::error(409, "echo", "no: \xe2\x98\xba");
    });
    server_->handleStream<Text, Text>(
        "some.package.Echo.Chat", [](const Context&, TextStream stream) {
          stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
          stream.onEnd([stream](const Status&) mutable { stream.finish(); });
        });
    start();
    const std::vector<std::string> command = node({"call", server_->address()});
    test::Meanwhile meanwhile(*loop_);
    Finished end{};
    meanwhile.run([&] { end = test::run(command); });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err,
                                 std::string("Call OK John\n"
                                             "Call [ 'first' ] [ <Buffer 00 ff> ]\n"
                                             "Fail 10 no: \xe2\x98\xba\n"
                                             "Fail [] []\n"
                                             "Nothing 12 rpc: can't find method Echo.Nothing\n"
                                             "Nothing [] []\n"
                                             "Chat abc 0\n"
                                             "many 1000\n"),
                                 end.out);
  }

  void weCallIt() {
    test::Process peer(node({"serve"}));
    const auto address = peer.printsLine("Listening on ");
    ASSERT_REPORTED(peer.report(), address.has_value());
    CallOptions options;
    options.address = *address;
    options.protocol = CallProtocol::kGrpc;
    options.replyMetadata = std::make_shared<ReplyMetadata>();
    const auto reply = call("some.package.Echo.Call", "John", options);
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("John"), reply->status());
    CPPUNIT_ASSERT(options.replyMetadata->initial.get("X-Initial") == "first");
    CPPUNIT_ASSERT(getBinary(options.replyMetadata->trailing, "X-Trailing-Bin") ==
                   std::string("\0\xff", 2));
    const Status failed = call("some.package.Echo.Fail", "John", options).status();
    CPPUNIT_ASSERT_EQUAL(409, failed.code());
    CPPUNIT_ASSERT_EQUAL(std::string("no: \xe2\x98\xba"), failed.detail());
    CPPUNIT_ASSERT_EQUAL(501, call("some.package.Echo.Nothing", "John", options).status().code());
    auto chat = client_->stream<Text, Text>(Context(), "echo", "some.package.Echo.Chat", options);
    std::string got;
    std::optional<Status> end;
    chat.onMessage([&](const Text& message) { got += message.status(); });
    chat.onEnd([&](Status status) { end = std::move(status); });
    for (const char* word : {"a", "b", "c"}) chat.send(test::text(word));
    chat.finishSending();
    CPPUNIT_ASSERT(test::runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), got);
  }

 private:
  static std::vector<std::string> node(const std::vector<std::string>& words) {
    const std::string program = test::peerProgram("node", "nodejs");
    Finished folder = test::run({TEST_SOURCE_DIR "/peers/get-grpc-js"});
    if (folder.code != 0) test::skip(folder.err);
    folder.out.pop_back();
    std::vector<std::string> command = {program, TEST_SOURCE_DIR "/peers/grpc_peer.js", folder.out};
    command.insert(command.end(), words.begin(), words.end());
    return command;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GrpcNodeTest);

}  // namespace evmicro
