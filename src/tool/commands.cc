#include "tool/command.h"

namespace evmicro::tool {

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"agent", "run a registry for development and tests", &defineAgent},
      {"api", "run the API gateway: HTTP requests become calls of services", &defineApi},
      {"sidecar", "run the sidecar: registry, calls and topics by HTTP", &defineSidecar},
      {"list services", "print the names of all services", &defineListServices},
      {"get service", "print the nodes and endpoints of a service", &defineGetService},
      {"register service", "add a service to the registry", &defineRegisterService},
      {"deregister service", "remove a service from the registry", &defineDeregisterService},
      {"query", "call a method of a service, with JSON", &defineQuery},
      {"stream", "call a streaming method of a service, with JSON", &defineStream},
      {"publish", "send a message to the subscribers of a topic", &definePublish},
      {"subscribe", "print the messages of a topic", &defineSubscribe},
      {"health", "check the health of each node of a service", &defineHealth},
      {"stats", "print the statistics of each node of a service", &defineStats},
      {"watch", "print changes in the registry", &defineWatch},
      {"web", "run the dashboard: services, metrics, calls and topics in a browser", &defineWeb},
      {"help", "print this help, or that of a command", &defineHelp},
  };
  return kCommands;
}

}  // namespace evmicro::tool
