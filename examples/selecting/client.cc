// A client that only calls the nodes of its own datacentre.
#include <iostream>

#include <evmicro/service.h>

#include "greeter.evmicro.h"

namespace {

/// Which nodes may be chosen: a filter is a function, so any rule is possible.
//! [filter]
evmicro::NodeFilter inDatacentre(std::string datacentre) {
  return
      [datacentre = std::move(datacentre)](const evmicro::ServiceInfo&, const evmicro::Node& node) {
        const auto label = node.metadata.find("datacentre");
        return label != node.metadata.end() && label->second == datacentre;
      };
}
//! [filter]

}  // namespace

int main(int argc, char** argv) {
  std::string datacentre = "local";
  int calls = 10;
  evmicro::ServiceOptions options;
  options.name = "selector_filter";
  options.flags = {{"datacentre", "only call nodes of this datacentre", &datacentre},
                   {"calls", "number of calls to make", &calls}};
  evmicro::Service service(options);
  service.init(argc, argv);

  evmicro::CallOptions call;
  call.filters = {inDatacentre(datacentre)};  // or evmicro::labelFilter("datacentre", datacentre)
  GreeterClient greeter("greeter", service.client());
  HelloRequest request;
  request.set_name("John");
  for (int i = 0; i < calls; ++i) {
    const auto reply = greeter.Hello(request, call);
    if (!reply.ok()) {
      std::cerr << reply.status().toString() << std::endl;
      return 1;
    }
    std::cout << datacentre << ": " << reply->greeting() << std::endl;
  }
  return 0;
}
