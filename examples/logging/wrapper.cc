// Middleware: the greeter with a wrapper around every call, the same one on both sides, that logs
// the method, the outcome and the milliseconds it took.
#include <chrono>
#include <iostream>
#include <string>
#include <utility>

#include <evmicro/service.h>

#include "greeter.evmicro.h"

namespace {

using std::chrono::steady_clock;

//! [wrapper]
evmicro::Wrapper logging(const char* side) {
  return [side](evmicro::Context context, const evmicro::CallInfo& call, evmicro::CallNext next,
                evmicro::CallDone done) {
    next(std::move(context), [side, method = std::string(call.method), start = steady_clock::now(),
                              done = std::move(done)](evmicro::Status outcome) {
      const std::chrono::duration<double, std::milli> took = steady_clock::now() - start;
      std::clog << side << " " << method << ": " << outcome.toString() << ", " << took.count()
                << " ms" << std::endl;
      done(std::move(outcome));
    });
  };
}
//! [wrapper]

class Greeter final : public GreeterHandler {
  //! [handler]
  evmicro::Status Hello(evmicro::Context&, const HelloRequest& request,
                        HelloResponse& response) override {
    if (request.name().empty()) return evmicro::Status::invalid("whom shall I greet?");
    response.set_greeting("Hello " + request.name());
    return {};
  }
  //! [handler]
};

int callGreeter(evmicro::Client& client, const std::string& name) {
  HelloRequest request;
  request.set_name(name);
  const auto reply = GreeterClient("greeter", client).Hello(request);
  if (reply.ok()) std::cout << reply->greeting() << std::endl;
  return reply.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  bool client = false;
  std::string name = "John";
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.flags = {{"client", "call the greeter once instead of serving", &client},
                   {"name", "with --client: the name to greet", &name}};
  evmicro::Service service(options);
  service.init(argc, argv);
  service.client().wrap(logging("called"));
  if (client) return callGreeter(service.client(), name);
  service.server().wrap(logging("served"));
  Greeter greeter;
  registerGreeterHandler(service.server(), greeter);
  return service.run();
}
