// The same unary calls twice: with callbacks and with coroutines. `tests/guard/coroutines` counts
// the instructions of both.
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <google/protobuf/wrappers.pb.h>

#include <evmicro/coroutine.h>
#include <evmicro/event_loop.h>
#include <evmicro/memory_registry.h>
#include <evmicro/memory_transport.h>
#include <evmicro/selector.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>

namespace {

using Text = google::protobuf::StringValue;

// A program's request handler, which owns its call as its last member.
class Caller {
 public:
  Caller(evmicro::EventLoop& loop, evmicro::Client& client) : loop_(loop), client_(client) {
    request_.set_value("John");
  }

  void runCallbacks(int calls) {
    left_ = calls;
    next();
    wait();
  }
  void runCoroutine(int calls) {
    left_ = calls;
    scope_.spawn(callAll());
    wait();
  }

 private:
  void next() {
    client_.call<Text>(context_, "greeter", "Greeter.Hello", request_,
                       [this](const evmicro::Result<Text>& reply) {
                         check(reply);
                         if (--left_ > 0) next();
                       });
  }
  evmicro::Task<> callAll() {
    while (left_ > 0) {
      check(co_await evmicro::awaitCall<Text>(client_, context_, "greeter", "Greeter.Hello",
                                              request_));
      --left_;
    }
  }
  static void check(const evmicro::Result<Text>& reply) {
    if (!reply.ok()) throw std::runtime_error(reply.status().toString());
    if (reply->value() != "Hello John") throw std::runtime_error("wrong reply");
  }
  void wait() {
    if (!loop_.runUntil([this] { return left_ == 0; }).ok()) throw std::runtime_error("stopped");
  }

  evmicro::EventLoop& loop_;
  evmicro::Client& client_;
  evmicro::Context context_;
  Text request_;
  int left_ = 0;
  evmicro::CoroutineScope scope_;
};

}  // namespace

// The names are what valgrind is told to collect in.
extern "C" [[gnu::noinline]] void evmicroCallbacks(Caller& caller, int calls) {
  caller.runCallbacks(calls);
}
extern "C" [[gnu::noinline]] void evmicroCoroutines(Caller& caller, int calls) {
  caller.runCoroutine(calls);
}

int main() {
  evmicro::EventLoop loop;
  const auto transport = evmicro::makeMemoryTransport(loop);
  const auto registry = evmicro::makeMemoryRegistry(loop);
  evmicro::ServiceView view(loop, *registry);
  const auto selector = evmicro::makeRandomSelector(view);
  evmicro::ServerOptions options;
  options.name = "greeter";
  options.id = "guard";
  options.address = "guard:1";
  options.advertise = "guard:1";
  options.registerTtl = std::chrono::milliseconds(0);
  options.registerInterval = std::chrono::hours(1);
  evmicro::Server server(loop, *transport, *registry, options);
  server.handle<Text, Text>("Greeter.Hello",
                            [](evmicro::Context&, const Text& request, Text& response) {
                              response.set_value("Hello " + request.value());
                              return evmicro::Status();
                            });
  bool started = false;
  server.start([&started](const evmicro::Status& status) { started = status.ok(); });
  if (!loop.runUntil([&started] { return started; }).ok()) return 1;

  evmicro::Client client(loop, *transport, *selector);
  Caller caller(loop, client);
  caller.runCallbacks(50);  // to warm up
  caller.runCoroutine(50);
  constexpr int kCalls = 500;
  evmicroCallbacks(caller, kCalls);
  evmicroCoroutines(caller, kCalls);
  std::printf("%d\n", kCalls);
  return 0;
}
