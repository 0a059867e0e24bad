// gRPC's callback server, with its defaults.
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <fstream>
#include <iterator>

#include "bench/responders.h"
#include "bench/tls.h"
#include "example.grpc.pb.h"
#include "greeter.grpc.pb.h"

namespace evmicro::bench {

namespace {

namespace example = go::micro::srv::example;

class GreeterService final : public Greeter::CallbackService {
  grpc::ServerUnaryReactor* Hello(grpc::CallbackServerContext* context, const HelloRequest* request,
                                  HelloResponse* response) override {
    response->set_greeting("Hello " + request->name());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

class Counting final : public grpc::ServerWriteReactor<example::StreamingResponse> {
 public:
  explicit Counting(std::int64_t end) : end_(end) { goOn(); }

 private:
  void goOn() {
    if (next_ == end_) return Finish(grpc::Status::OK);
    response_.set_count(next_++);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) return goOn();
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

  const std::int64_t end_;
  std::int64_t next_ = 0;
  example::StreamingResponse response_;
};

class PingPong final : public grpc::ServerBidiReactor<example::Ping, example::Pong> {
 public:
  PingPong() { StartRead(&ping_); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    pong_.set_stroke(ping_.stroke());
    StartWrite(&pong_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) return StartRead(&ping_);
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

  example::Ping ping_;
  example::Pong pong_;
};

class ExampleService final : public example::Example::CallbackService {
  grpc::ServerWriteReactor<example::StreamingResponse>* Stream(
      grpc::CallbackServerContext*, const example::StreamingRequest* request) override {
    return new Counting(request->count());
  }
  grpc::ServerBidiReactor<example::Ping, example::Pong>* PingPong(
      grpc::CallbackServerContext*) override {
    return new bench::PingPong;
  }
};

}  // namespace

namespace {

void serve(const std::shared_ptr<grpc::ServerCredentials>& credentials,
           const Listening& listening) {
  GreeterService greeter;
  ExampleService example;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", credentials, &port);
  builder.RegisterService(&greeter);
  builder.RegisterService(&example);
  const auto server = builder.BuildAndStart();
  if (!server) throw std::runtime_error("gRPC does not start");
  listening(port);
  server->Wait();
}

}  // namespace

void serveByGrpc(const Listening& listening) {
  serve(grpc::InsecureServerCredentials(), listening);
}

#ifdef EVMICRO_BENCH_TLS
void serveByGrpcTls(const Listening& listening) {
  const auto contentOf = [](const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  };
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back(
      {contentOf(tlsFiles().key), contentOf(tlsFiles().certificate)});
  serve(grpc::SslServerCredentials(options), listening);
}
#endif

}  // namespace evmicro::bench
