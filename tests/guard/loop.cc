// The work that `tests/guard/check` counts the instructions of: unary calls, one after another,
// through client, selector, memory transport, server and both codecs. Nothing in it depends on
// chance, on addresses or on how fast the machine is.
#include <chrono>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>

#include <google/protobuf/wrappers.pb.h>
#include <jansson.h>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/memory_registry.h>
#include <evmicro/memory_transport.h>
#include <evmicro/selector.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>

namespace {

using Text = google::protobuf::StringValue;

class Caller {
 public:
  Caller(evmicro::EventLoop& loop, evmicro::Client& client) : loop_(loop), client_(client) {
    request_.set_value("John");
  }

  void run(const char* contentType, int calls) {
    options_.contentType = contentType;
    left_ = calls;
    next();
    const evmicro::Status turned = loop_.runUntil([this] { return left_ == 0; });
    if (!turned.ok()) throw std::runtime_error(turned.toString());
  }

 private:
  void next() {
    client_.call<Text>(
        context_, "greeter", "Greeter.Hello", request_,
        [this](const evmicro::Result<Text>& reply) { answered(reply); }, options_);
  }

  void answered(const evmicro::Result<Text>& reply) {
    if (!reply.ok()) throw std::runtime_error(reply.status().toString());
    if (reply->value() != "Hello John") throw std::runtime_error("wrong reply");
    if (--left_ > 0) next();
  }

  evmicro::EventLoop& loop_;
  evmicro::Client& client_;
  evmicro::CallOptions options_;
  evmicro::Context context_;
  Text request_;
  int left_ = 0;
};

}  // namespace

// The name is what valgrind is told to collect in.
extern "C" [[gnu::noinline]] void evmicroGuardedCalls(Caller& caller, int calls) {
  caller.run("application/octet-stream", calls);
  caller.run("application/json", calls);
}

int main() {
  json_object_seed(1);  // jansson's hash tables would differ from run to run
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
  server.start([&started](const evmicro::Status& status) {
    if (!status.ok()) throw std::runtime_error(status.toString());
    started = true;
  });
  if (!loop.runUntil([&started] { return started; }).ok()) return 1;

  evmicro::Client client(loop, *transport, *selector);
  Caller caller(loop, client);
  caller.run("application/octet-stream", 50);  // to warm up
  caller.run("application/json", 50);
  constexpr int kCalls = 500;
  evmicroGuardedCalls(caller, kCalls);
  std::printf("%d\n", 2 * kCalls);
  return 0;
}
