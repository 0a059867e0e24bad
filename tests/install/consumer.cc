// What a program outside this source tree has: the installed headers, library and plugin. A service
// and its caller in one, so that it needs no registry.
#include <cstdio>
#include <optional>

#include <evmicro/event_loop.h>
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

int fail(const char* what, const evmicro::Status& status) {
  std::fprintf(stderr, "%s: %s\n", what, status.toString().c_str());
  return 1;
}

}  // namespace

int main() {
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.registry = "memory";
  options.server.address = "127.0.0.1:0";
  evmicro::Service service(options);
  Greeter greeter;
  registerGreeterHandler(service.server(), greeter);

  std::optional<evmicro::Status> started;
  service.start([&](evmicro::Status status) { started = std::move(status); });
  const evmicro::Status turned = service.loop().runUntil([&] { return started.has_value(); });
  if (!turned.ok()) return fail("turning the loop", turned);
  if (!started->ok()) return fail("starting", *started);

  HelloRequest request;
  request.set_name("John");
  const auto reply = GreeterClient("greeter", service.client()).Hello(request);
  if (!reply.ok()) return fail("calling", reply.status());
  std::puts(reply->greeting().c_str());
  return reply->greeting() == "Hello John" ? 0 : 1;
}
