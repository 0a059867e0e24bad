#pragma once

// What the examples with main loops of their own have in common, and what is the same with any
// loop: a service that starts, is called, and stops.
#include <functional>
#include <iostream>
#include <utility>

#include <evmicro/service.h>

#include "greeter.evmicro.h"

class Greeter final : public GreeterHandler {
  evmicro::Status Hello(evmicro::Context&, const HelloRequest& request,
                        HelloResponse& response) override {
    response.set_greeting("Hello " + request.name());
    return {};
  }
};

class GreetingService {
 public:
  /// `ended` runs once the service has stopped. `loop` must outlive this object.
  GreetingService(evmicro::EventLoop& loop, std::function<void(bool ok)> ended)
      : ended_(std::move(ended)), service_(loop, options()), client_("greeter", service_.client()) {
    registerGreeterHandler(service_.server(), greeter_);
    service_.start([this](const evmicro::Status& status) { status.ok() ? call() : stop(status); });
  }

 private:
  static evmicro::ServiceOptions options() {
    evmicro::ServiceOptions options;
    options.name = "greeter";
    options.registry = "memory";  // inside this process: the example needs no other program
    options.server.address = "127.0.0.1:0";
    options.server.grace = {};
    return options;
  }

  void call() {
    HelloRequest request;
    request.set_name("John");
    client_.Hello({}, request, [this](const evmicro::Result<HelloResponse>& reply) {
      if (reply.ok()) std::cout << reply->greeting() << std::endl;
      stop(reply.status());
    });
  }

  void stop(const evmicro::Status& why) {
    if (!why.ok()) std::cerr << why.toString() << std::endl;
    service_.stop([this, ok = why.ok()](const evmicro::Status&) { ended_(ok); });
  }

  const std::function<void(bool ok)> ended_;
  Greeter greeter_;
  evmicro::Service service_;
  const GreeterClient client_;
};
