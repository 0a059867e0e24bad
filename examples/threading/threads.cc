// A program with threads: some call services and wait for the replies, others do work for the loop.
#include <future>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

#include <evmicro/client_facade.h>
#include <evmicro/event_loop.h>
#include <evmicro/offload.h>
#include <evmicro/service.h>

#include "greeter.evmicro.h"

namespace {

using evmicro::Context;
using evmicro::Reply;
using evmicro::Status;

//! [offload]
// Its answer takes long to make: the loop goes on meanwhile.
class Greeter final : public GreeterAsyncHandler {
 public:
  explicit Greeter(evmicro::EventLoop& loop) : offload_(loop, {2, 100}) {}

 private:
  void Hello(Context context, HelloRequest request, Reply<HelloResponse> reply) override {
    offload_.answer(context, std::move(reply), [request] {
      HelloResponse response;  // on a thread: nothing of the loop is used here
      response.set_greeting("Hello " + request.name());
      return response;
    });
  }

  evmicro::Offload offload_;
};
//! [offload]

//! [call]
// A thread of the program.
bool greet(evmicro::ClientFacade& facade) {
  HelloRequest request;
  request.set_name("John");
  const auto reply = facade.call<HelloResponse>("greeter", "Greeter.Hello", request).get();
  if (reply.ok()) {
    std::cout << reply->greeting() << std::endl;
  } else {
    std::cerr << reply.status().toString() << std::endl;
  }
  return reply.ok();
}
//! [call]

}  // namespace

int main() {
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.registry = "memory";  // inside this process: the example needs no other program
  options.server.address = "127.0.0.1:0";
  options.server.grace = {};
  evmicro::Service service(options);
  Greeter greeter(service.loop());
  registerGreeterHandler(service.server(), greeter);

  //! [facade]
  evmicro::ClientFacade facade(service.loop(), service.client());
  bool greeted = false;
  std::thread worker;
  service.start([&](const Status& started) {
    if (!started.ok()) return service.loop().stop();
    worker = std::thread([&] {
      greeted = greet(facade);
      service.loop().post([&] { service.stop([&](const Status&) { service.loop().stop(); }); });
    });
  });
  const Status turned = service.loop().run();
  facade.close();  // what a thread still waits for ends now
  if (worker.joinable()) worker.join();
  //! [facade]
  return turned.ok() && greeted ? 0 : 1;
}
