// `evmicro sidecar`: registry, calls and topics by HTTP, for programs that do not use the library.
#include <chrono>
#include <memory>
#include <string>

#include <evmicro/service.h>

#include "gateway/sidecar.h"
#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/gateway_flags.h"
#include "tool/output.h"
#include "tool/run_gateway.h"

namespace evmicro::tool {

namespace {

struct SidecarFlags {
  GatewayFlags common{"sidecar", gateway::SidecarOptions()};
  std::string nameSpace = gateway::SidecarOptions().nameSpace;
  gateway::AppOptions app;
  int healthSeconds = 30;
};

ExitCode runSidecar(const ServiceOptions& options, const SidecarFlags& flags) {
  if (const Status status = flags.common.check(); !status.ok()) return fail(status);
  gateway::SidecarOptions sidecar;
  flags.common.applyTo(sidecar);
  sidecar.nameSpace = flags.nameSpace;
  sidecar.app = flags.app;
  sidecar.app.healthInterval = std::chrono::seconds(flags.healthSeconds);
  sidecar.app.registration = flags.common.registration();
  if (const Status status = gateway::SidecarApp::check(sidecar.app); !status.ok()) {
    return fail(status);
  }
  return runGateway<gateway::Sidecar>(options, flags.common, sidecar, "sidecar",
                                      ", namespace " + sidecar.nameSpace);
}

void addAlias(Arguments& arguments, const std::string& flag, const std::string& placeholder,
              std::string& value) {
  arguments.addHidden(flag, placeholder, [&value](const std::string& given) {
    value = given;
    return Status();
  });
}

}  // namespace

Action defineSidecar(Arguments& arguments) {
  arguments.describe(
      "Run the sidecar, for programs in any language: GET, POST and DELETE /registry, GET "
      "/registry/watch, POST /rpc, POST /greeter/say/hello for Say.Hello of go.micro.srv.greeter, "
      "POST /broker?topic=TOPIC. Listens on loopback, because whoever reaches it may change the "
      "registry. Ends at SIGINT or SIGTERM, once all requests have been answered");
  const auto flags = std::make_shared<SidecarFlags>();  // shared by the parser and the action
  flags->common.addTo(arguments);
  arguments.addFlag("--sidecar_namespace", "NAME", flags->nameSpace,
                    "What the names of the services begin with that paths may mean");
  arguments.addFlag("--server_name", "NAME", flags->app.name,
                    "Register the program beside the sidecar as the service NAME, while the "
                    "sidecar runs");
  arguments.addFlag("--server_address", "HOST:PORT", flags->app.address,
                    "Where that program serves");
  arguments.addFlag("--healthcheck_url", "URL", flags->app.healthUrl,
                    "The program is registered only while GET URL answers 200; /health has the "
                    "outcome");
  arguments.addNumber("--healthcheck_interval", "SECONDS", flags->healthSeconds, 1, 86400,
                      "Seconds between two checks of that URL");
  // Names that tell the program's from the sidecar's own.
  addAlias(arguments, "--app_name", "NAME", flags->app.name);
  addAlias(arguments, "--app_address", "HOST:PORT", flags->app.address);
  addAlias(arguments, "--app_health_url", "URL", flags->app.healthUrl);
  for (const char* name : {"sidecar_namespace", "server_name", "server_address", "healthcheck_url",
                           "healthcheck_interval"}) {
    arguments.readEnvironment(name);
  }
  return [flags](const ServiceOptions& options) { return runSidecar(options, *flags); };
}

}  // namespace evmicro::tool
