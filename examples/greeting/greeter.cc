// The greeter service; with --client, a program that calls it once.
#include <iostream>

#include <evmicro/service.h>

#include "greeter.evmicro.h"

namespace {

class Greeter final : public GreeterHandler {
  evmicro::Status Hello(evmicro::Context&, const HelloRequest& request,
                        HelloResponse& response) override {
    response.set_greeting("Hello " + request.name());
    return {};
  }
};

int callGreeter(evmicro::Client& client) {
  HelloRequest request;
  request.set_name("John");
  const auto reply = GreeterClient("greeter", client).Hello(request);
  if (!reply.ok()) {
    std::cerr << reply.status().toString() << std::endl;
    return 1;
  }
  std::cout << reply->greeting() << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool client = false;
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.version = "latest";
  options.metadata = {{"type", "helloworld"}};
  options.flags = {{"client", "call the greeter once instead of serving", &client}};
  evmicro::Service service(options);
  service.init(argc, argv);
  if (client) return callGreeter(service.client());
  Greeter greeter;
  registerGreeterHandler(service.server(), greeter);
  return service.run();
}
