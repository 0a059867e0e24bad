// go.micro.srv.greeter: the greeter of Go Micro's examples.
#include <iostream>

#include <evmicro/service.h>

#include "say.evmicro.h"

namespace greeter = go::micro::srv::greeter;

namespace {

class Say final : public greeter::SayHandler {
  evmicro::Status Hello(evmicro::Context&, const greeter::Request& request,
                        greeter::Response& response) override {
    std::clog << "Received Say.Hello request" << std::endl;
    response.set_msg("Hello " + request.name());
    return {};
  }
};

}  // namespace

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "go.micro.srv.greeter";
  evmicro::Service service(options);
  service.init(argc, argv);
  Say say;
  greeter::registerSayHandler(service.server(), say);
  return service.run();
}
