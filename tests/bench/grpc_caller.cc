// gRPC C++'s client: a channel, and calls by callbacks, which run on its threads.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>

#include "bench/callers.h"
#include "greeter.grpc.pb.h"

namespace evmicro::bench {

namespace {

using Clock = std::chrono::steady_clock;

class GrpcCaller final : public Caller {
 public:
  explicit GrpcCaller(const Target& target)
      : inFlight_(target.inFlight),
        stub_(Greeter::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(target.port),
                                                   grpc::InsecureChannelCredentials()))) {}

  void run(std::size_t calls, std::vector<double>& latencies) override {
    std::unique_lock<std::mutex> lock(mutex_);
    latencies_ = &latencies;
    calls_ = calls;
    asked_ = 0;
    for (std::size_t i = 0; i < inFlight_; ++i) ask();
    over_.wait(lock, [&] { return wrong_ || latencies.size() == calls_; });
    if (wrong_) throw std::runtime_error("wrong reply");
  }

 private:
  struct Call {
    grpc::ClientContext context;
    HelloRequest request;
    HelloResponse response;
    Clock::time_point sent = Clock::now();
  };

  // With the lock held.
  void ask() {
    if (asked_ == calls_) return;
    ++asked_;
    auto* const call = new Call;
    call->request.set_name("John");
    stub_->async()->Hello(&call->context, &call->request, &call->response,
                          [this, call](const grpc::Status& status) { answered(call, status); });
  }

  void answered(Call* answeredCall, const grpc::Status& status) {
    const std::unique_ptr<Call> call(answeredCall);
    const std::chrono::duration<double, std::micro> latency = Clock::now() - call->sent;
    const std::lock_guard<std::mutex> lock(mutex_);
    wrong_ = wrong_ || !status.ok() || call->response.greeting() != "Hello John";
    latencies_->push_back(latency.count());
    ask();
    if (wrong_ || latencies_->size() == calls_) over_.notify_one();
  }

  const std::size_t inFlight_;
  const std::unique_ptr<Greeter::Stub> stub_;
  std::mutex mutex_;
  std::condition_variable over_;
  std::vector<double>* latencies_ = nullptr;
  std::size_t asked_ = 0;
  std::size_t calls_ = 0;
  bool wrong_ = false;
};

}  // namespace

std::unique_ptr<Caller> callByGrpc(const Target& target) {
  return std::make_unique<GrpcCaller>(target);
}

}  // namespace evmicro::bench
