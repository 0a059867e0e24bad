#include "peers/interop/service.h"

#include <deque>
#include <memory>
#include <utility>

namespace evmicro::test {

using namespace grpc::testing;
using Output = ServerStream<StreamingOutputCallRequest, StreamingOutputCallResponse>;
using Input = ServerStream<StreamingInputCallRequest, StreamingInputCallResponse>;

namespace {

void echoMetadata(const Context& context) {
  const auto echo = [&context](const char* name, Metadata& to) {
    if (const auto value = context.metadata().get(name)) to.set(name, *value);
  };
  echo("X-Grpc-Test-Echo-Initial", context.replyMetadata().initial);
  echo("X-Grpc-Test-Echo-Trailing-Bin", context.replyMetadata().trailing);
}

Status statusOf(const EchoStatus& wanted) {
  return Status::error(wanted.code(), "interop", wanted.message());
}

// The messages that are still to be sent.
class Sending {
 public:
  explicit Sending(Output stream) : stream_(std::move(stream)) {}

  void add(const StreamingOutputCallRequest& request) {
    for (const ResponseParameters& parameters : request.response_parameters()) {
      sizes_.push_back(parameters.size());
    }
  }
  void finish() { finished_ = true; }
  void goOn() {
    while (!sizes_.empty()) {
      StreamingOutputCallResponse response;
      response.mutable_payload()->set_body(
          std::string(static_cast<std::size_t>(sizes_.front()), '\0'));
      sizes_.pop_front();
      if (!stream_.send(response) && !sizes_.empty()) return stream_.pause();
    }
    if (finished_) return stream_.finish();
    stream_.resume();
  }

 private:
  Output stream_;
  std::deque<int> sizes_;
  bool finished_ = false;
};

}  // namespace

void InteropService::EmptyCall(Context, Empty, Reply<Empty> reply) { reply.send(Empty()); }

void InteropService::UnaryCall(Context context, SimpleRequest request,
                               Reply<SimpleResponse> reply) {
  echoMetadata(context);
  if (request.response_compressed().value()) {
    context.replyMetadata().initial.set("Grpc-Encoding", "gzip");
  }
  if (request.has_response_status()) return reply.fail(statusOf(request.response_status()));
  SimpleResponse response;
  const auto size = static_cast<std::size_t>(request.response_size());
  response.mutable_payload()->set_body(std::string(size, '\0'));
  reply.send(response);
}

void InteropService::StreamingOutputCall(Context context, StreamingOutputCallRequest request,
                                         Output stream) {
  if (request.response_parameters_size() > 0 &&
      request.response_parameters(0).compressed().value()) {
    context.replyMetadata().initial.set("Grpc-Encoding", "gzip");
  }
  const auto sending = std::make_shared<Sending>(stream);
  sending->add(request);
  sending->finish();
  stream.onWritable([sending] { sending->goOn(); });
  sending->goOn();
}

void InteropService::StreamingInputCall(Context, Input stream) {
  const auto size = std::make_shared<std::size_t>(0);
  stream.onMessage([size](const StreamingInputCallRequest& request) {
    *size += request.payload().body().size();
  });
  stream.onEnd([size, stream](const Status& how) mutable {
    if (!how.ok()) return;
    StreamingInputCallResponse response;
    response.set_aggregated_payload_size(static_cast<int>(*size));
    stream.send(response);
    stream.finish();
  });
}

void InteropService::FullDuplexCall(Context context, Output stream) {
  echoMetadata(context);
  const auto sending = std::make_shared<Sending>(stream);
  stream.onMessage([sending, stream](const StreamingOutputCallRequest& request) mutable {
    if (request.has_response_status()) return stream.finish(statusOf(request.response_status()));
    sending->add(request);
    sending->goOn();
  });
  stream.onEnd([sending](const Status& how) {
    if (!how.ok()) return;
    sending->finish();
    sending->goOn();
  });
  stream.onWritable([sending] { sending->goOn(); });
}

}  // namespace evmicro::test
