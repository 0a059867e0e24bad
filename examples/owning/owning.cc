// Objects that own their calls: when the object is destroyed, its call is cancelled and the
// callback does not run.
#include <iostream>
#include <memory>
#include <string>

#include <evmicro/service.h>
#include <evmicro/timer.h>

#include "greeter.evmicro.h"

namespace {

// Answers after a while.
class SlowGreeter final : public GreeterAsyncHandler {
 public:
  explicit SlowGreeter(evmicro::EventLoop& loop) : loop_(loop) {}

 private:
  void Hello(evmicro::Context, HelloRequest request, evmicro::Reply<HelloResponse> reply) override {
    auto waiting = std::make_shared<evmicro::Reply<HelloResponse>>(std::move(reply));
    timer_ = std::make_unique<evmicro::Timer>(loop_, [waiting, request] {
      HelloResponse response;
      response.set_greeting("Hello " + request.name());
      waiting->send(response);
    });
    timer_->start(std::chrono::milliseconds(50));
  }

  evmicro::EventLoop& loop_;
  std::unique_ptr<evmicro::Timer> timer_;
};

//! [owner]
class Question {
 public:
  Question(evmicro::Client& client, const std::string& address, const std::string& name) {
    HelloRequest request;
    request.set_name(name);
    evmicro::CallOptions options;
    options.address = address;
    call_ = client.call<HelloResponse>(
        evmicro::Context(), "greeter", "Greeter.Hello", request,
        [this](const evmicro::Result<HelloResponse>& reply) {
          answer_ = reply.ok() ? reply->greeting() : reply.status().toString();
        },
        options);
  }
  const std::string& answer() const { return answer_; }

 private:
  std::string answer_;
  evmicro::Call call_;  // the last member: destroyed first, and the callback with it
};
//! [owner]

}  // namespace

int main() {
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.registry = "memory";
  options.server.address = "127.0.0.1:0";
  evmicro::Service service(options);
  SlowGreeter greeter(service.loop());
  registerGreeterHandler(service.server(), greeter);
  bool started = false;
  service.start([&started](const evmicro::Status&) { started = true; });
  if (!service.loop().runUntil([&started] { return started; }).ok()) return 1;

  const std::string address = service.server().address();
  auto dropped = std::make_unique<Question>(service.client(), address, "Jane");
  dropped.reset();  // before the answer
  const Question kept(service.client(), address, "John");
  if (!service.loop().runUntil([&kept] { return !kept.answer().empty(); }).ok()) return 1;
  std::cout << kept.answer() << std::endl;
  return 0;
}
