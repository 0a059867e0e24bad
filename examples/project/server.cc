#include <evmicro/service.h>
#include "greeter.evmicro.h"

class Greeter final : public GreeterHandler {
  evmicro::Status Hello(evmicro::Context&, const HelloRequest& request,
                        HelloResponse& response) override {
    response.set_greeting("Hello " + request.name());
    return {};
  }
};

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "greeter";
  evmicro::Service service(options);
  service.init(argc, argv);  // flags and MICRO_* override, see --help
  Greeter greeter;
  registerGreeterHandler(service.server(), greeter);
  return service.run();  // until SIGINT or SIGTERM
}
