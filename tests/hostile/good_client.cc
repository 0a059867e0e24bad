#include "hostile/good_client.h"

#include <stdexcept>
#include <utility>

#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>

#include "server/debug.pb.h"

namespace evmicro::hostile {

using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

microseconds processorTime(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::duration_cast<microseconds>(std::chrono::seconds(time.tv_sec) +
                                                  std::chrono::nanoseconds(time.tv_nsec));
}

ClientOptions optionsOf(const std::string& caFile, std::size_t poolSize) {
  ClientOptions options;
  options.tls.caFile = caFile;
  options.poolSize = poolSize;
  options.requestTimeout = 20s;
  options.dial.connectTimeout = 20s;
  return options;
}

}  // namespace

struct GoodClient::Caller {
  Caller(EventLoop& loop, Transport& transport, Selector& selector, ClientOptions options)
      : client(loop, transport, selector, std::move(options)) {}
  Client client;
};

GoodClient::GoodClient(EventLoop& loop, pid_t server, std::string address,
                       const std::string& caFile)
    : address_(std::move(address)),
      transport_(makeHttpTransport(loop)),
      registry_(makeMemoryRegistry(loop)),
      view_(loop, *registry_),
      selector_(makeRandomSelector(view_)),
      kept_(std::make_unique<Caller>(loop, *transport_, *selector_, optionsOf(caFile, 100))),
      fresh_(std::make_unique<Caller>(loop, *transport_, *selector_, optionsOf(caFile, 0))),
      nextCall_(loop,
                [this] {
                  nextCall_.start(5ms);
                  call(*kept_, &Calls::kept);
                }),
      nextNew_(loop, [this] {
        nextNew_.start(50ms);
        call(*fresh_, &Calls::fresh);
      }) {
  if (::clock_getcpuclockid(server, &serverTime_) != 0) throw std::runtime_error("no such server");
}

GoodClient::~GoodClient() = default;

void GoodClient::start() {
  nextCall_.start(0ms);
  nextNew_.start(0ms);
}

void GoodClient::stop() {
  nextCall_.stop();
  nextNew_.stop();
}

void GoodClient::call(Caller& caller, std::vector<microseconds> Calls::*into) {
  CallOptions options;
  options.address = address_;
  options.tls = TlsUse::kRequired;
  ++open_;
  const auto begin = EventLoop::now();
  const microseconds workBefore = processorTime(serverTime_);
  caller.client.call<detail::HealthResponse>(
      Context(), "greeter", "Debug.Health", detail::HealthRequest(),
      [this, begin, workBefore, into](const Result<detail::HealthResponse>& reply) {
        --open_;
        const auto time = std::chrono::duration_cast<microseconds>(EventLoop::now() - begin);
        (calls_.*into).push_back(time);
        if (into == &Calls::kept) calls_.work.push_back(processorTime(serverTime_) - workBefore);
        if (!reply.ok()) {
          calls_.failures.push_back((into == &Calls::kept ? "kept: " : "new: ") +
                                    reply.status().toString());
        }
      },
      options);
}

GoodClient::Calls GoodClient::take() { return std::exchange(calls_, {}); }

}  // namespace evmicro::hostile
