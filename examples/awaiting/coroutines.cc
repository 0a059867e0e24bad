// The greeter and its caller as coroutines: a handler that waits before it answers, calls one after
// the other and at the same time, a stream that is read to its end, and a call with a limit.
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <evmicro/coroutine.h>
#include <evmicro/service.h>

#include "greeter.evmicro.h"

namespace {

using namespace std::chrono_literals;
using evmicro::Context;
using evmicro::Result;
using evmicro::Status;
using evmicro::Task;

//! [handler]
// A generated handler whose function is a coroutine. It pauses, as others wait for a database, and
// is cancelled if its caller leaves meanwhile.
class Greeter final : public GreeterAsyncHandler {
 public:
  explicit Greeter(evmicro::EventLoop& loop) : loop_(loop) {}

 private:
  void Hello(Context context, HelloRequest request, evmicro::Reply<HelloResponse> reply) override {
    evmicro::answer(scope_, context, hello(std::move(request)), std::move(reply));
  }
  Task<Result<HelloResponse>> hello(HelloRequest request) {
    if (request.name().empty()) co_return Status::invalid("no name");
    co_await evmicro::sleepFor(loop_, 1ms);
    HelloResponse response;
    response.set_greeting("Hello " + request.name());
    co_return response;
  }

  evmicro::EventLoop& loop_;
  evmicro::CoroutineScope scope_;  // last: its coroutines use the other members
};

//! [handler]

//! [streamed]
// A streaming method without generated code: counts down.
Task<Status> countDown(Context, HelloRequest request,
                       evmicro::AsyncServerStream<HelloRequest, HelloResponse> stream) {
  for (int left = 3; left > 0; --left) {
    HelloResponse response;
    response.set_greeting(request.name() + " " + std::to_string(left));
    if (!co_await stream.send(response)) co_return Status::cancelled("the caller has gone");
  }
  co_return Status();
}

//! [streamed]

//! [call]
Task<std::string> greet(const GreeterClient& greeter, std::string name) {
  HelloRequest request;
  request.set_name(name);
  const auto reply = co_await greeter.Hello({}, request, evmicro::useCoroutine);
  co_return reply.ok() ? reply->greeting() : reply.status().detail();
}

//! [call]

//! [all]
Task<> call(evmicro::Service& service) {
  const GreeterClient greeter("greeter", service.client());
  std::cout << co_await greet(greeter, "John") << '\n';

  const auto [jane, nobody] = co_await evmicro::whenAll(greet(greeter, "Jane"), greet(greeter, ""));
  std::cout << jane << '\n' << nobody << '\n';

  HelloRequest request;
  request.set_name("counted");
  evmicro::AsyncClientStream stream(
      service.client().stream<HelloRequest, HelloResponse>({}, "greeter", "Greeter.CountDown"));
  co_await stream.send(request);
  while (const auto response = co_await stream.next()) std::cout << response->greeting() << '\n';

  const auto limit = [](evmicro::EventLoop& loop) -> Task<> {
    co_await evmicro::sleepFor(loop, 10s);
  };
  const auto first = co_await evmicro::whenAny(greet(greeter, "Jack"), limit(service.loop()));
  std::cout << (first.index() == 0 ? std::get<0>(first) : "too late") << std::endl;
}
//! [all]

}  // namespace

int main() {
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.registry = "memory";  // inside this process: the example needs no other program
  options.server.address = "127.0.0.1:0";
  options.server.grace = 0ms;
  evmicro::Service service(options);
  Greeter greeter(service.loop());
  registerGreeterHandler(service.server(), greeter);
  service.server().handleStream<HelloRequest, HelloResponse>(
      "Greeter.CountDown", evmicro::coroutineStream<HelloRequest, HelloResponse>(countDown));

  evmicro::CoroutineScope scope;
  std::optional<Status> outcome;
  const auto stop = [&](const Status& why) {
    if (!why.ok()) std::cerr << why.toString() << std::endl;
    service.stop([&outcome, why](const Status&) { outcome = why; });
  };
  service.start([&](const Status& started) {
    if (!started.ok()) return stop(started);
    scope.spawn(call(service), [&stop] { stop(Status()); });
  });
  const Status turned = service.loop().runUntil([&outcome] { return outcome.has_value(); });
  return turned.ok() && outcome->ok() ? 0 : 1;
}
