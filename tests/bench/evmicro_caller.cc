// evmicro as its users have it: a Service, which is given nodes, and a generated client.
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>

#include "bench/callers.h"
#include "greeter.evmicro.h"

namespace evmicro::bench {

namespace {

using Clock = std::chrono::steady_clock;

ServiceOptions callerOptions(CallProtocol protocol) {
  ServiceOptions options;
  options.client.protocol = protocol;
  options.name = "caller";
  options.registry = "memory";
  options.logLevel = "warn";
  return options;
}

class EvmicroCaller final : public Caller {
 public:
  EvmicroCaller(const Target& target, CallProtocol protocol)
      : inFlight_(target.inFlight), service_(callerOptions(protocol)) {
    const std::array<const char*, 1> arguments{"bench"};
    service_.init(1, arguments.data());
    greeter_.emplace("greeter", service_.client());
    request_.set_name("John");
    announce(target);
  }

  void run(std::size_t calls, std::vector<double>& latencies) override {
    latencies_ = &latencies;
    calls_ = calls;
    asked_ = 0;
    for (std::size_t i = 0; i < inFlight_; ++i) ask();
    check(service_.loop().runUntil([this] { return latencies_->size() == calls_; }));
  }

 private:
  void announce(const Target& target) {
    ServiceInfo info;
    info.name = "greeter";
    info.version = "latest";
    for (std::size_t i = 0; i < target.nodes; ++i) {
      info.nodes.push_back({"greeter-" + std::to_string(i),
                            nodeAddress(i),
                            static_cast<std::uint16_t>(target.port),
                            {}});
    }
    bool announced = false;
    const auto call =
        service_.registry().registerService(info, {}, [&announced](const Status& status) {
          check(status);
          announced = true;
        });
    check(service_.loop().runUntil([&announced] { return announced; }));
  }

  void ask() {
    if (asked_ == calls_) return;
    ++asked_;
    greeter_->Hello(Context(), request_, [this, sent = Clock::now()](Result<HelloResponse> reply) {
      check(reply.status());
      if (reply->greeting() != "Hello John") throw std::runtime_error("wrong reply");
      const std::chrono::duration<double, std::micro> latency = Clock::now() - sent;
      latencies_->push_back(latency.count());
      ask();
    });
  }

  static void check(const Status& status) {
    if (!status.ok()) throw std::runtime_error(status.toString());
  }

  const std::size_t inFlight_;
  std::vector<double>* latencies_ = nullptr;
  std::size_t asked_ = 0;
  std::size_t calls_ = 0;
  HelloRequest request_;
  Service service_;
  std::optional<GreeterClient> greeter_;
};

}  // namespace

std::unique_ptr<Caller> callByEvmicro(const Target& target) {
  return std::make_unique<EvmicroCaller>(target, CallProtocol::kMicro);
}

std::unique_ptr<Caller> callByEvmicroGrpc(const Target& target) {
  return std::make_unique<EvmicroCaller>(target, CallProtocol::kGrpc);
}

}  // namespace evmicro::bench
