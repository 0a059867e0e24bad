#include "tool/command.h"

namespace evmicro::tool {

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"agent", "run a registry for development and tests", &defineAgent},
      {"api", "run the API gateway: HTTP requests become calls of services", &defineApi},
      {"list services", "print the names of all services", &defineListServices},
      {"get service", "print the nodes and endpoints of a service", &defineGetService},
      {"register service", "put a service into the registry", &defineRegisterService},
      {"deregister service", "take a service out of the registry", &defineDeregisterService},
      {"query", "call a method of a service, with JSON", &defineQuery},
      {"stream", "call a streaming method of a service, with JSON", &defineStream},
      {"publish", "send a message to the subscribers of a topic", &definePublish},
      {"subscribe", "print the messages of a topic", &defineSubscribe},
      {"health", "ask each node of a service how it is", &defineHealth},
      {"stats", "ask each node of a service for its statistics", &defineStats},
      {"watch", "print what changes in the registry", &defineWatch},
      {"help", "print this, or the help of a command", &defineHelp},
  };
  return kCommands;
}

}  // namespace evmicro::tool
