// The greeter with a registry, a codec and a selector of its own.
#include <iostream>

#include <evmicro/http_transport.h>
#include <evmicro/service.h>

#include "file_registry.h"
#include "frame_transport.h"
#include "greeter.evmicro.h"
#include "local_broker.h"
#include "newest_selector.h"
#include "text_codec.h"

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

//! [own]
// `frames` is known when the flags have been read.
void plugIn(evmicro::ServiceOptions& options, const bool& frames) {
  options.own.registry = [](evmicro::EventLoop& loop, const evmicro::ServiceOptions& flags) {
    const auto& files = flags.registryAddresses;  // --registry_address
    return makeFileRegistry(loop, files.empty() ? "greeters.txt" : files.front());
  };
  options.own.selector = [](auto&, auto&, evmicro::ServiceView& view) {
    return makeNewestSelector(view);
  };
  options.own.transport = [&frames](evmicro::EventLoop& loop, const evmicro::ServiceOptions&) {
    return frames ? makeFrameTransport(loop) : evmicro::makeHttpTransport(loop);
  };
  options.own.broker = [](evmicro::EventLoop& loop, auto&...) { return makeLocalBroker(loop); };
  options.codecs["text/x-protobuf"] = makeTextCodec();
  options.client.contentType = "text/x-protobuf";
}
//! [own]

}  // namespace

int main(int argc, char** argv) {
  bool client = false;
  bool frames = false;
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.flags = {{"client", "call the greeter once instead of serving", &client},
                   {"frames", "speak the frame transport instead of http", &frames}};
  plugIn(options, frames);
  evmicro::Service service(options);
  service.init(argc, argv);
  if (client) return callGreeter(service.client());
  Greeter greeter;
  registerGreeterHandler(service.server(), greeter);
  return service.run();
}
