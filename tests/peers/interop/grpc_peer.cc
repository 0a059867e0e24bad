// gRPC C++ in both roles: `grpc_peer serve` is a server of the interoperability tests with
// reflection, `grpc_peer cases ADDRESS` runs the cases and prints a line for each, `grpc_peer calls
// ADDRESS COUNT` makes calls, 64 at a time, and `grpc_peer watch ADDRESS` calls until SIGTERM.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>

#include "interop.grpc.pb.h"

// Exported by libgrpc for its own interoperability tests, and in no installed header.
std::uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);

namespace grpc::testing {

// The last message that was received in a call had the flag of compressed ones.
bool wasCompressed(grpc_call* call) {
  constexpr std::uint32_t kWasCompressed = 0x40000000U;
  return (grpc_call_test_only_get_message_flags(call) & kWasCompressed) != 0;
}

// The contexts' friends.
class InteropClientContextInspector {
 public:
  static bool compressed(const ClientContext& context) { return wasCompressed(context.call_); }
};
class InteropServerContextInspector {
 public:
  static bool compressed(const ServerContextBase& context) {
    return wasCompressed(context.call_.call);
  }
};

}  // namespace grpc::testing

namespace {

using namespace grpc::testing;
using grpc::ClientContext;
using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

constexpr char kInitial[] = "x-grpc-test-echo-initial";
constexpr char kTrailing[] = "x-grpc-test-echo-trailing-bin";
constexpr char kSpecial[] =
    "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP \xf0\x9f\x98\x88\t\n";

Payload payload(int size) {
  Payload made;
  made.set_body(std::string(static_cast<std::size_t>(size), '\0'));
  return made;
}

Status statusOf(const EchoStatus& wanted) {
  return {static_cast<StatusCode>(wanted.code()), wanted.message()};
}

// --- the server

class Service final : public TestService::Service {
  Status EmptyCall(ServerContext*, const Empty*, Empty*) override { return Status::OK; }

  Status UnaryCall(ServerContext* context, const SimpleRequest* request,
                   SimpleResponse* response) override {
    echo(*context);
    if (!isAsExpected(*context, *request)) return {StatusCode::INVALID_ARGUMENT, "compression"};
    if (request->response_compressed().value())
      context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    if (request->has_response_status()) return statusOf(request->response_status());
    *response->mutable_payload() = payload(request->response_size());
    return Status::OK;
  }

  Status StreamingOutputCall(ServerContext* context, const StreamingOutputCallRequest* request,
                             grpc::ServerWriter<StreamingOutputCallResponse>* writer) override {
    for (const auto& parameters : request->response_parameters()) {
      if (parameters.compressed().value()) context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
      wait(parameters);
      StreamingOutputCallResponse response;
      *response.mutable_payload() = payload(parameters.size());
      if (!writer->Write(response)) return Status::CANCELLED;
    }
    return Status::OK;
  }

  Status StreamingInputCall(ServerContext* context,
                            grpc::ServerReader<StreamingInputCallRequest>* reader,
                            StreamingInputCallResponse* response) override {
    StreamingInputCallRequest request;
    std::size_t size = 0;
    while (reader->Read(&request)) {
      if (!isAsExpected(*context, request)) return {StatusCode::INVALID_ARGUMENT, "compression"};
      size += request.payload().body().size();
    }
    response->set_aggregated_payload_size(static_cast<int>(size));
    return Status::OK;
  }

  Status FullDuplexCall(ServerContext* context,
                        grpc::ServerReaderWriter<StreamingOutputCallResponse,
                                                 StreamingOutputCallRequest>* stream) override {
    echo(*context);
    StreamingOutputCallRequest request;
    while (stream->Read(&request)) {
      if (request.has_response_status()) return statusOf(request.response_status());
      for (const auto& parameters : request.response_parameters()) {
        wait(parameters);
        StreamingOutputCallResponse response;
        *response.mutable_payload() = payload(parameters.size());
        if (!stream->Write(response)) return Status::CANCELLED;
      }
    }
    return Status::OK;
  }

  // Whether it has come compressed or not, as it says itself.
  template <typename Request>
  static bool isAsExpected(const ServerContext& context, const Request& request) {
    return !request.has_expect_compressed() ||
           request.expect_compressed().value() ==
               InteropServerContextInspector::compressed(context);
  }

  // The interval that the request asks for between its responses.
  static void wait(const ResponseParameters& parameters) {
    if (parameters.interval_us() <= 0) return;
    grpc::CompletionQueue queue;
    grpc::Alarm interval;
    interval.Set(
        &queue,
        std::chrono::system_clock::now() + std::chrono::microseconds(parameters.interval_us()),
        nullptr);
    void* tag = nullptr;
    bool expired = false;
    queue.Next(&tag, &expired);
    queue.Shutdown();
    while (queue.Next(&tag, &expired)) {
    }
  }

  static void echo(ServerContext& context) {
    const auto& metadata = context.client_metadata();
    const auto text = [&metadata](const char* key) {
      const auto found = metadata.find(key);
      return found == metadata.end() ? std::string()
                                     : std::string(found->second.data(), found->second.size());
    };
    if (metadata.count(kInitial) > 0) context.AddInitialMetadata(kInitial, text(kInitial));
    if (metadata.count(kTrailing) > 0) context.AddTrailingMetadata(kTrailing, text(kTrailing));
  }
};

int serve() {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::EnableDefaultHealthCheckService(true);
  Service service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  std::cout << "Listening on 127.0.0.1:" << port << std::endl;
  server->Wait();
  return 0;
}

// --- the cases

using Stub = TestService::Stub;
using Problem = std::string;  // empty: none

Problem expect(bool condition, const std::string& what) { return condition ? "" : what; }

Problem expectOk(const Status& status) {
  return expect(status.ok(), std::to_string(status.error_code()) + " " + status.error_message());
}

Problem expectCode(StatusCode code, const Status& status) {
  return expect(status.error_code() == code,
                std::to_string(status.error_code()) + " " + status.error_message());
}

void addMetadata(ClientContext& context) {
  context.AddMetadata(kInitial, "test_initial_metadata_value");
  context.AddMetadata(kTrailing, "\xab\xab\xab");
}

Problem expectMetadata(const ClientContext& context) {
  const auto& initial = context.GetServerInitialMetadata();
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto first = initial.find(kInitial);
  const auto last = trailing.find(kTrailing);
  if (first == initial.end() || first->second != "test_initial_metadata_value") {
    return "no initial metadata";
  }
  return expect(last != trailing.end() && last->second == "\xab\xab\xab", "no trailing metadata");
}

Problem unary(Stub& stub, ClientContext& context, bool compressed) {
  SimpleRequest request;
  request.set_response_size(314'159);
  request.mutable_response_compressed()->set_value(compressed);
  *request.mutable_payload() = payload(271'828);
  SimpleResponse response;
  const Problem problem = expectOk(stub.UnaryCall(&context, request, &response));
  if (!problem.empty()) return problem;
  return expect(response.payload().body().size() == 314'159, "wrong size");
}

Problem emptyUnary(Stub& stub) {
  ClientContext context;
  Empty response;
  return expectOk(stub.EmptyCall(&context, Empty(), &response));
}

Problem largeUnary(Stub& stub) {
  ClientContext context;
  const Problem problem = unary(stub, context, false);
  if (!problem.empty()) return problem;
  return expect(!InteropClientContextInspector::compressed(context), "the reply is compressed");
}

Problem clientCompressedUnary(Stub& stub) {
  ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  return unary(stub, context, false);
}

Problem serverCompressedUnary(Stub& stub) {
  ClientContext context;
  const Problem problem = unary(stub, context, true);
  if (!problem.empty()) return problem;
  return expect(InteropClientContextInspector::compressed(context), "the reply is not compressed");
}

Problem clientStreaming(Stub& stub) {
  ClientContext context;
  StreamingInputCallResponse response;
  const auto writer = stub.StreamingInputCall(&context, &response);
  for (const int size : {27'182, 8, 1'828, 45'904}) {
    StreamingInputCallRequest request;
    *request.mutable_payload() = payload(size);
    writer->Write(request);
  }
  writer->WritesDone();
  const Problem problem = expectOk(writer->Finish());
  if (!problem.empty()) return problem;
  return expect(response.aggregated_payload_size() == 74'922, "wrong size");
}

Problem readSizes(Stub& stub, bool compressed) {
  ClientContext context;
  StreamingOutputCallRequest request;
  const std::vector<std::size_t> sizes = {31'415, 9, 2'653, 58'979};
  for (const std::size_t size : sizes) {
    auto& parameters = *request.add_response_parameters();
    parameters.set_size(static_cast<int>(size));
    parameters.mutable_compressed()->set_value(compressed);
  }
  const auto reader = stub.StreamingOutputCall(&context, request);
  StreamingOutputCallResponse response;
  std::vector<std::size_t> got;
  while (reader->Read(&response)) got.push_back(response.payload().body().size());
  const Problem problem = expectOk(reader->Finish());
  return problem.empty() ? expect(got == sizes, "wrong sizes") : problem;
}

Problem pingPong(Stub& stub) {
  ClientContext context;
  const auto stream = stub.FullDuplexCall(&context);
  for (const int size : {31'415, 9, 2'653, 58'979}) {
    StreamingOutputCallRequest request;
    request.add_response_parameters()->set_size(size);
    *request.mutable_payload() = payload(27'182);
    StreamingOutputCallResponse response;
    if (!stream->Write(request) || !stream->Read(&response)) return "the stream has ended";
    if (response.payload().body().size() != static_cast<std::size_t>(size)) return "wrong size";
  }
  stream->WritesDone();
  return expectOk(stream->Finish());
}

Problem emptyStream(Stub& stub) {
  ClientContext context;
  const auto stream = stub.FullDuplexCall(&context);
  stream->WritesDone();
  StreamingOutputCallResponse response;
  if (stream->Read(&response)) return "there is a message";
  return expectOk(stream->Finish());
}

Problem customMetadata(Stub& stub) {
  {
    ClientContext context;
    addMetadata(context);
    Problem problem = unary(stub, context, false);
    if (problem.empty()) problem = expectMetadata(context);
    if (!problem.empty()) return "unary: " + problem;
  }
  ClientContext context;
  addMetadata(context);
  const auto stream = stub.FullDuplexCall(&context);
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(314'159);
  stream->Write(request);
  stream->WritesDone();
  StreamingOutputCallResponse response;
  if (!stream->Read(&response)) return "no message";
  const Problem problem = expectOk(stream->Finish());
  return problem.empty() ? expectMetadata(context) : problem;
}

Problem expectEchoedStatus(const Status& status, const std::string& message) {
  return expect(status.error_code() == StatusCode::UNKNOWN && status.error_message() == message,
                std::to_string(status.error_code()) + " " + status.error_message());
}

Problem callForStatus(Stub& stub, const std::string& message) {
  ClientContext context;
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  SimpleResponse response;
  return expectEchoedStatus(stub.UnaryCall(&context, request, &response), message);
}

Problem statusCodeAndMessage(Stub& stub) {
  const Problem problem = callForStatus(stub, "test status message");
  if (!problem.empty()) return problem;
  ClientContext context;
  const auto stream = stub.FullDuplexCall(&context);
  StreamingOutputCallRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message("test status message");
  stream->Write(request);
  stream->WritesDone();
  StreamingOutputCallResponse response;
  while (stream->Read(&response)) continue;
  return expectEchoedStatus(stream->Finish(), "test status message");
}

Problem specialStatusMessage(Stub& stub) { return callForStatus(stub, kSpecial); }

Problem unimplemented(const std::shared_ptr<grpc::Channel>& channel, const char* path) {
  ClientContext context;
  Empty response;
  const grpc::internal::RpcMethod method(path, grpc::internal::RpcMethod::NORMAL_RPC);
  const Status status = grpc::internal::BlockingUnaryCall<Empty, Empty>(
      channel.get(), method, &context, Empty(), &response);
  return expectCode(StatusCode::UNIMPLEMENTED, status);
}

Problem cancelAfterBegin(Stub& stub) {
  ClientContext context;
  StreamingInputCallResponse response;
  const auto writer = stub.StreamingInputCall(&context, &response);
  context.TryCancel();
  return expectCode(StatusCode::CANCELLED, writer->Finish());
}

Problem cancelAfterFirstResponse(Stub& stub) {
  ClientContext context;
  const auto stream = stub.FullDuplexCall(&context);
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(31'415);
  stream->Write(request);
  StreamingOutputCallResponse response;
  if (!stream->Read(&response)) return "no message";
  context.TryCancel();
  return expectCode(StatusCode::CANCELLED, stream->Finish());
}

Problem timeoutOnSleepingServer(Stub& stub) {
  ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1));
  const auto stream = stub.FullDuplexCall(&context);
  StreamingOutputCallRequest request;
  *request.mutable_payload() = payload(27'182);
  stream->Write(request);
  return expectCode(StatusCode::DEADLINE_EXCEEDED, stream->Finish());
}

int runCases(const std::string& address) {
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const auto stub = TestService::NewStub(channel);
  const std::vector<std::pair<std::string, std::function<Problem(Stub&)>>> cases = {
      {"empty_unary", emptyUnary},
      {"large_unary", largeUnary},
      {"client_compressed_unary", clientCompressedUnary},
      {"server_compressed_unary", serverCompressedUnary},
      {"client_streaming", clientStreaming},
      {"server_streaming", [](Stub& peer) { return readSizes(peer, false); }},
      {"server_compressed_streaming", [](Stub& peer) { return readSizes(peer, true); }},
      {"ping_pong", pingPong},
      {"empty_stream", emptyStream},
      {"custom_metadata", customMetadata},
      {"status_code_and_message", statusCodeAndMessage},
      {"special_status_message", specialStatusMessage},
      {"unimplemented_method",
       [&](Stub&) {
         return unimplemented(channel, "/grpc.testing.TestService/UnimplementedCall");
       }},
      {"unimplemented_service",
       [&](Stub&) {
         return unimplemented(channel, "/grpc.testing.UnimplementedService/UnimplementedCall");
       }},
      {"cancel_after_begin", cancelAfterBegin},
      {"cancel_after_first_response", cancelAfterFirstResponse},
      {"timeout_on_sleeping_server", timeoutOnSleepingServer}};
  for (const auto& [name, run] : cases) {
    const Problem problem = run(*stub);
    std::cout << name << ' ' << (problem.empty() ? "ok" : problem) << std::endl;
  }
  return 0;
}

// --- load

Status call(Stub& stub, bool waitForReady) {
  ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  context.set_wait_for_ready(waitForReady);
  Empty response;
  return stub.EmptyCall(&context, Empty(), &response);
}

int makeCalls(const std::string& address, int count) {
  constexpr int kThreads = 16;
  const auto stub =
      TestService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  std::vector<std::thread> threads;
  std::vector<int> good(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int made = i; made < count; made += kThreads) {
        good[static_cast<std::size_t>(i)] += call(*stub, false).ok() ? 1 : 0;
      }
    });
  }
  int all = 0;
  for (int i = 0; i < kThreads; ++i) {
    threads[static_cast<std::size_t>(i)].join();
    all += good[static_cast<std::size_t>(i)];
  }
  std::cout << all << std::endl;
  return all == count ? 0 : 1;
}

// Reads a stream of `count` messages of 100 bytes.
int readStream(const std::string& address, int count) {
  const auto stub =
      TestService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  ClientContext context;
  const auto stream = stub->FullDuplexCall(&context);
  constexpr int kAtOnce = 1'000;
  StreamingOutputCallRequest request;
  for (int i = 0; i < kAtOnce; ++i) request.add_response_parameters()->set_size(100);
  std::thread writer([&] {
    for (int sent = 0; sent < count; sent += kAtOnce) stream->Write(request);
    stream->WritesDone();
  });
  StreamingOutputCallResponse response;
  int got = 0;
  while (stream->Read(&response)) ++got;
  writer.join();
  std::cout << got << std::endl;
  return stream->Finish().ok() && got == count ? 0 : 1;
}

volatile std::sig_atomic_t over = 0;

// To any of `addresses`, one call after the other, until SIGTERM.
int callUntilTheEnd(const std::string& addresses) {
  std::signal(SIGTERM, [](int) { over = 1; });
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  const auto stub = TestService::NewStub(grpc::CreateCustomChannel(
      "ipv4:" + addresses, grpc::InsecureChannelCredentials(), arguments));
  int good = 0;
  int bad = 0;
  while (over == 0) {
    const Status status = call(*stub, true);
    ++(status.ok() ? good : bad);
    if (!status.ok())
      std::cerr << status.error_code() << ' ' << status.error_message() << std::endl;
    if (good == 1) std::cout << "Calling" << std::endl;
  }
  std::cout << good << " good, " << bad << " bad" << std::endl;
  return bad == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && words[0] == "serve") return serve();
  if (words.size() == 2 && words[0] == "cases") return runCases(words[1]);
  if (words.size() == 3 && words[0] == "calls") return makeCalls(words[1], std::stoi(words[2]));
  if (words.size() == 3 && words[0] == "stream") return readStream(words[1], std::stoi(words[2]));
  if (words.size() == 2 && words[0] == "watch") return callUntilTheEnd(words[1]);
  std::cerr
      << "usage: grpc_peer serve | cases ADDRESS | calls ADDRESS COUNT | stream ADDRESS COUNT "
         "| watch ADDRESS,...\n";
  return 2;
}
