#include <stdexcept>

#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/server.h>

#include "bench/bench.pb.h"
#include "bench/responders.h"

namespace evmicro::bench {

void serveByEvmicro(const Listening& listening) {
  EventLoop loop;
  const auto transport = makeHttpTransport(loop);
  const auto registry = makeMemoryRegistry(loop);
  ServerOptions options;
  options.name = "greeter";
  options.address = "127.0.0.1:0";
  Server server(loop, *transport, *registry, options);
  server.handle<HelloRequest, HelloResponse>(
      "Greeter.Hello", [](Context&, const HelloRequest& request, HelloResponse& response) {
        response.set_greeting("Hello " + request.name());
        return Status();
      });
  server.start([&](const Status& status) {
    if (!status.ok()) throw std::runtime_error(status.toString());
    const std::string address = server.address();
    listening(std::stoi(address.substr(address.rfind(':') + 1)));
  });
  const Status ended = loop.run();
  if (!ended.ok()) throw std::runtime_error(ended.toString());
}

}  // namespace evmicro::bench
