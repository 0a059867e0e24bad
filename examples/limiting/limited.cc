// A greeter that takes so many calls a second, and a client that stops calling it for a while when
// it keeps failing.
#include <iostream>
#include <string>

#include <evmicro/breaker.h>
#include <evmicro/rate_limit.h>
#include <evmicro/service.h>

#include "greeter.evmicro.h"

namespace {

class Greeter final : public GreeterHandler {
  evmicro::Status Hello(evmicro::Context&, const HelloRequest& request,
                        HelloResponse& response) override {
    if (request.name().empty()) return evmicro::Status::internal("out of names");
    response.set_greeting("Hello " + request.name());
    return {};
  }
};

int serve(evmicro::Service& service, int perSecond) {
  //! [limit]
  evmicro::RateLimitOptions options;
  options.perSecond = perSecond;
  options.burst = 3;
  const evmicro::RateLimit limit = evmicro::rateLimit(service.loop(), options);
  service.server().wrap(limit);
  service.server().collect(limit);
  //! [limit]
  Greeter greeter;
  registerGreeterHandler(service.server(), greeter);
  return service.run();
}

int call(evmicro::Service& service, const std::string& name, int calls) {
  //! [breaker]
  evmicro::BreakerOptions options;
  options.failures = 3;
  service.client().wrap(evmicro::breaker(options));
  //! [breaker]
  GreeterClient greeter("greeter", service.client());
  HelloRequest request;
  request.set_name(name);
  for (int i = 0; i < calls; ++i) {
    const auto reply = greeter.Hello(request);
    std::cout << (reply.ok() ? reply->greeting() : reply.status().toString()) << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool client = false;
  std::string name = "John";
  int calls = 5;
  int perSecond = 1;
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.flags = {{"client", "call the greeter instead of being one", &client},
                   {"name", "with --client: whom to greet; empty: the greeter fails", &name},
                   {"calls", "with --client: how many calls to make", &calls},
                   {"per_second", "calls that the greeter takes a second", &perSecond}};
  evmicro::Service service(options);
  service.init(argc, argv);
  return client ? call(service, name, calls) : serve(service, perSecond);
}
