// `evmicro api`: HTTP requests become calls of services.
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <evmicro/service.h>

#include "base/log.h"
#include "gateway/api.h"
#include "service/flags.h"
#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/gateway_flags.h"
#include "tool/output.h"

namespace evmicro::tool {

namespace {

constexpr std::chrono::seconds kDrain{10};

struct ApiFlags {
  GatewayFlags common{"api", ":8080"};
  gateway::ApiOptions options;
  std::string cors = "*";
  std::string rpcServices;
  std::string dryRun;
  bool disableRpc = false;
};

ExitCode showTarget(const ServiceOptions& options, const ApiFlags& flags) {
  const gateway::Target target = gateway::resolve(flags.options.nameSpace, flags.dryRun);
  std::string text = flags.dryRun + " is " + target.method + " of " + target.service + "\n";
  Service service(options);
  std::optional<Result<ServiceView::Snapshot>> found;
  const Call call = service.serviceView().get(
      target.service,
      [&found](Result<ServiceView::Snapshot> result) { found = std::move(result); });
  const Status turned = service.loop().runUntil([&found] { return found.has_value(); });
  if (!turned.ok()) return fail(turned);
  if (!found->ok()) {
    static_cast<void>(print(text));
    return fail(found->status());
  }
  for (const auto& entry : (**found)->nodes) {
    text += entry.node->id + " " + entry.node->dialAddress() + "\n";
  }
  return show(text);
}

ExitCode runApi(ServiceOptions options, const ApiFlags& flags) {
  if (const Status status = flags.common.check(); !status.ok()) return fail(status);
  flags.common.applyTo(options);
  gateway::ApiOptions api = flags.options;
  api.address = flags.common.address();
  api.tls = flags.common.tls();
  api.corsOrigins = detail::splitList(flags.cors);
  api.rpcServices = detail::splitList(flags.rpcServices);
  api.rpc = !flags.disableRpc;
  if (!flags.dryRun.empty()) return showTarget(options, flags);

  Service service(options);
  gateway::ApiGateway gateway(service, api);
  if (const Status status = gateway.start(); !status.ok()) return fail(status);
  const auto hungUp =
      api.tls.certificate.empty()
          ? Result<Subscription>(Status::invalid("no TLS"))
          : reloadAtHangup(service.loop(), "api", [&] { return gateway.reloadTls(); });
  EVMICRO_LOG_INFO("api", "Listening on " << gateway.address() << ", handler " << api.handler
                                          << ", namespace " << api.nameSpace);
  const int outcome = service.run();
  gateway.stop(kDrain);
  return outcome == 0 ? kDone : kFailed;
}

void addFlags(Arguments& arguments, ApiFlags& flags) {
  flags.common.addTo(arguments);
  arguments.addFlag("--api_namespace", "NAME", flags.options.nameSpace,
                    "What the names of the services begin with that paths may mean");
  arguments.addChoice("--api_handler", {"api", "rpc", "proxy"}, flags.options.handler,
                      "What becomes of a path: api hands the whole request to the service, rpc "
                      "calls its method with the request's JSON, proxy passes the request on to a "
                      "node that speaks HTTP");
  arguments.addFlag("--api_cors", "ORIGIN,...", flags.cors,
                    "Origins whose pages may use the gateway, * for all");
  arguments.addSwitch(
      "--disable_rpc", [&flags] { flags.disableRpc = true; }, "No /rpc");
  arguments.addFlag("--rpc_services", "NAME,...", flags.rpcServices,
                    "Services that /rpc may call; all unless given");
  arguments.addSwitch(
      "--rpc_any_address", [&flags] { flags.options.rpcAnyAddress = true; },
      "Let /rpc connect to any address that a request names, not to nodes of the "
      "service alone");
  for (const char* name : {"api_namespace", "api_handler", "api_cors", "rpc_services"}) {
    arguments.readEnvironment(name);
  }
  arguments.addFlag("--dry-run", "PATH", flags.dryRun,
                    "Print which method of which service PATH means and its nodes, and end");
}

}  // namespace

Action defineApi(Arguments& arguments) {
  arguments.describe(
      "Run the API gateway: /greeter/say/hello calls Say.Hello of go.micro.api.greeter, POST /rpc "
      "any service by name. Ends at SIGINT or SIGTERM, once what was asked has been answered");
  const auto flags = std::make_shared<ApiFlags>();  // shared by the parser and the action
  addFlags(arguments, *flags);
  return [flags](const ServiceOptions& options) { return runApi(options, *flags); };
}

}  // namespace evmicro::tool
