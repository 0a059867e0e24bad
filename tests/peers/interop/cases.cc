#include "peers/interop/cases.h"

#include <functional>
#include <memory>
#include <optional>

#include <evmicro/binary_metadata.h>

#include "http/raw_peer.h"
#include "peers/interop/interop.evmicro.h"

namespace evmicro::test {

using namespace grpc::testing;

namespace {

using Problem = std::string;  // empty: none
using Duplex = ClientStream<StreamingOutputCallRequest, StreamingOutputCallResponse>;

constexpr char kInitial[] = "X-Grpc-Test-Echo-Initial";
constexpr char kTrailing[] = "X-Grpc-Test-Echo-Trailing-Bin";
constexpr char kSpecial[] =
    "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP \xf0\x9f\x98\x88\t\n";

Problem expect(bool condition, const std::string& what) { return condition ? "" : what; }

Payload payload(std::size_t size) {
  Payload made;
  made.set_body(std::string(size, '\0'));
  return made;
}

// What has come on a stream.
struct Received {
  std::vector<std::size_t> sizes;
  std::optional<Status> end;

  void watch(Duplex& stream) {
    stream.onMessage([this](const StreamingOutputCallResponse& response) {
      sizes.push_back(response.payload().body().size());
    });
    stream.onEnd([this](Status how) { end = std::move(how); });
  }
  Problem problem() const {
    if (!end) return "no end";
    return end->ok() ? Problem() : end->toString();
  }
};

class Cases {
 public:
  Cases(EventLoop& loop, Client& client, std::string address)
      : loop_(loop), client_(client), stub_("interop", client), address_(std::move(address)) {}

  std::vector<std::pair<std::string, std::string>> run() {
    return {{"empty_unary", emptyUnary()},
            {"large_unary", largeUnary(Context())},
            {"client_compressed_unary", largeUnary(compressing())},
            {"server_compressed_unary", largeUnary(Context(), true)},
            {"client_streaming", clientStreaming(Context())},
            {"client_compressed_streaming", clientStreaming(compressing())},
            {"server_streaming", serverStreaming(false)},
            {"server_compressed_streaming", serverStreaming(true)},
            {"ping_pong", pingPong()},
            {"empty_stream", emptyStream()},
            {"custom_metadata", customMetadata()},
            {"status_code_and_message", statusCodeAndMessage()},
            {"special_status_message", statusOfCall(kSpecial)},
            {"unimplemented_method", unimplemented("grpc.testing.TestService.UnimplementedCall")},
            {"unimplemented_service",
             unimplemented("grpc.testing.UnimplementedService.UnimplementedCall")},
            {"cancel_after_begin", cancelAfterBegin()},
            {"cancel_after_first_response", cancelAfterFirstResponse()},
            {"timeout_on_sleeping_server", timeoutOnSleepingServer()}};
  }

 private:
  CallOptions options() const {
    CallOptions options;
    options.address = address_;
    options.protocol = CallProtocol::kGrpc;
    return options;
  }

  static Context compressing() {
    Context context;
    context.metadata().set("Grpc-Encoding", "gzip");
    return context;
  }

  static bool compresses(const Context& context) { return context.metadata().has("Grpc-Encoding"); }

  static Context withMetadata() {
    Context context;
    context.metadata().set(kInitial, "test_initial_metadata_value");
    setBinary(context.metadata(), kTrailing, "\xab\xab\xab");
    return context;
  }

  static Problem problemOf(const ReplyMetadata& metadata) {
    if (metadata.initial.get(kInitial) != "test_initial_metadata_value") {
      return "no initial metadata";
    }
    return expect(getBinary(metadata.trailing, kTrailing) == "\xab\xab\xab",
                  "no trailing metadata");
  }

  Problem emptyUnary() const { return problemOf(stub_.EmptyCall(Empty(), options())); }

  template <typename Response>
  static Problem problemOf(const Result<Response>& reply) {
    return reply.ok() ? Problem() : reply.status().toString();
  }

  Problem largeUnary(const Context& context, bool compressed = false,
                     std::shared_ptr<ReplyMetadata> metadata = nullptr) const {
    SimpleRequest request;
    request.set_response_size(314'159);
    *request.mutable_payload() = payload(271'828);
    request.mutable_response_compressed()->set_value(compressed);
    request.mutable_expect_compressed()->set_value(compresses(context));
    CallOptions own = options();
    own.replyMetadata = std::move(metadata);
    const auto reply = stub_.UnaryCall(context, request, own);
    if (!reply.ok()) return problemOf(reply);
    return expect(reply->payload().body().size() == 314'159, "wrong size");
  }

  Problem clientStreaming(const Context& context) {
    auto stream = stub_.StreamingInputCall(context, options());
    std::optional<int> size;
    std::optional<Status> end;
    stream.onMessage([&size](const StreamingInputCallResponse& response) {
      size = response.aggregated_payload_size();
    });
    stream.onEnd([&end](Status how) { end = std::move(how); });
    for (const std::size_t part : {27'182, 8, 1'828, 45'904}) {
      StreamingInputCallRequest request;
      *request.mutable_payload() = payload(part);
      const bool large = part > 1'024;  // others are sent as they are
      request.mutable_expect_compressed()->set_value(large && compresses(context));
      stream.send(request);
    }
    stream.finishSending();
    if (!runUntil(loop_, [&] { return end.has_value(); })) return "no end";
    if (!end->ok()) return end->toString();
    return expect(size == 74'922, "wrong size");
  }

  Problem serverStreaming(bool compressed) {
    StreamingOutputCallRequest request;
    const std::vector<std::size_t> sizes = {31'415, 9, 2'653, 58'979};
    for (const std::size_t size : sizes) {
      auto& parameters = *request.add_response_parameters();
      parameters.set_size(static_cast<int>(size));
      parameters.mutable_compressed()->set_value(compressed);
    }
    auto stream = stub_.StreamingOutputCall(Context(), request, options());
    Received got;
    got.watch(stream);
    stream.finishSending();
    runUntil(loop_, [&] { return got.end.has_value(); });
    const Problem problem = got.problem();
    return problem.empty() ? expect(got.sizes == sizes, "wrong sizes") : problem;
  }

  static StreamingOutputCallRequest askFor(int size) {
    StreamingOutputCallRequest request;
    request.add_response_parameters()->set_size(size);
    *request.mutable_payload() = payload(27'182);
    return request;
  }

  Problem pingPong() {
    auto stream = stub_.FullDuplexCall(Context(), options());
    Received got;
    got.watch(stream);
    std::vector<std::size_t> wanted;
    for (const int size : {31'415, 9, 2'653, 58'979}) {
      wanted.push_back(static_cast<std::size_t>(size));
      stream.send(askFor(size));
      runUntil(loop_, [&] { return got.end || got.sizes.size() == wanted.size(); });
      if (got.sizes != wanted) return "wrong sizes";
    }
    stream.finishSending();
    runUntil(loop_, [&] { return got.end.has_value(); });
    return got.problem();
  }

  Problem emptyStream() {
    auto stream = stub_.FullDuplexCall(Context(), options());
    Received got;
    got.watch(stream);
    stream.finishSending();
    runUntil(loop_, [&] { return got.end.has_value(); });
    return got.sizes.empty() ? got.problem() : "there is a message";
  }

  Problem customMetadata() {
    const auto ofCall = std::make_shared<ReplyMetadata>();
    Problem problem = largeUnary(withMetadata(), false, ofCall);
    if (problem.empty()) problem = problemOf(*ofCall);
    if (!problem.empty()) return "unary: " + problem;
    CallOptions own = options();
    own.replyMetadata = std::make_shared<ReplyMetadata>();
    auto stream = stub_.FullDuplexCall(withMetadata(), own);
    Received got;
    got.watch(stream);
    stream.send(askFor(314'159));
    stream.finishSending();
    runUntil(loop_, [&] { return got.end.has_value(); });
    problem = got.problem();
    return problem.empty() ? problemOf(*own.replyMetadata) : problem;
  }

  // UNKNOWN is 500 here.
  static Problem expectEchoed(const Status& status, const std::string& message) {
    const bool right = status.detail() == message && (status.code() == 500 || status.code() == 2);
    return expect(right, status.toString());
  }

  Problem statusOfCall(const std::string& message) const {
    SimpleRequest request;
    request.mutable_response_status()->set_code(2);
    request.mutable_response_status()->set_message(message);
    return expectEchoed(stub_.UnaryCall(request, options()).status(), message);
  }

  Problem statusCodeAndMessage() {
    const Problem problem = statusOfCall("test status message");
    if (!problem.empty()) return problem;
    auto stream = stub_.FullDuplexCall(Context(), options());
    Received got;
    got.watch(stream);
    StreamingOutputCallRequest request;
    request.mutable_response_status()->set_code(2);
    request.mutable_response_status()->set_message("test status message");
    stream.send(request);
    stream.finishSending();
    runUntil(loop_, [&] { return got.end.has_value(); });
    return got.end ? expectEchoed(*got.end, "test status message") : "no end";
  }

  Problem unimplemented(const std::string& method) {
    const auto reply = client_.call<Empty>(Context(), "interop", method, Empty(), options());
    const int code = reply.status().code();
    return expect(code == 501 || code == 404, reply.status().toString());
  }

  Problem cancelAfterBegin() {
    Context context;
    auto stream = stub_.StreamingInputCall(context, options());
    std::optional<Status> end;
    stream.onEnd([&end](Status how) { end = std::move(how); });
    context.cancel();
    runUntil(loop_, [&] { return end.has_value(); });
    return expect(end && end->kind() == ErrorKind::kCancelled, "not cancelled");
  }

  Problem cancelAfterFirstResponse() {
    Context context;
    auto stream = stub_.FullDuplexCall(context, options());
    Received got;
    got.watch(stream);
    stream.send(askFor(31'415));
    runUntil(loop_, [&] { return got.end || !got.sizes.empty(); });
    if (got.sizes.empty()) return "no message";
    context.cancel();
    runUntil(loop_, [&] { return got.end.has_value(); });
    return expect(got.end && got.end->kind() == ErrorKind::kCancelled, "not cancelled");
  }

  Problem timeoutOnSleepingServer() {
    auto stream =
        stub_.FullDuplexCall(Context().withTimeout(std::chrono::milliseconds(1)), options());
    Received got;
    got.watch(stream);
    StreamingOutputCallRequest request;
    *request.mutable_payload() = payload(27'182);
    stream.send(request);
    runUntil(loop_, [&] { return got.end.has_value(); });
    return expect(got.end && got.end->code() == 408, got.end ? got.end->toString() : "no end");
  }

  EventLoop& loop_;
  Client& client_;
  const TestServiceClient stub_;
  const std::string address_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> runInteropCases(EventLoop& loop, Client& client,
                                                                 const std::string& address) {
  return Cases(loop, client, address).run();
}

}  // namespace evmicro::test
