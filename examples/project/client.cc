#include <iostream>

#include <evmicro/service.h>
#include "greeter.evmicro.h"

int main(int argc, char** argv) {
  evmicro::Service service(evmicro::ServiceOptions{});
  service.init(argc, argv);  // --registry_address and the like
  HelloRequest request;
  request.set_name("John");
  const auto reply = GreeterClient("greeter", service.client()).Hello(request);
  std::cout << (reply.ok() ? reply->greeting() : reply.status().toString()) << std::endl;
  return reply.ok() ? 0 : 1;
}
