// `evmicro api`: HTTP requests become calls of services.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <evmicro/service.h>

#include "gateway/api.h"
#include "gateway/resolve.h"
#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/gateway_flags.h"
#include "tool/output.h"
#include "tool/run_gateway.h"

namespace evmicro::tool {

namespace {

struct ApiFlags {
  GatewayFlags common{"api", gateway::ApiOptions()};
  gateway::ApiOptions options;
  std::string dryRun;
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

ExitCode runApi(const ServiceOptions& options, const ApiFlags& flags) {
  if (const Status status = flags.common.check(); !status.ok()) return fail(status);
  gateway::ApiOptions api = flags.options;
  flags.common.applyTo(api);
  if (!flags.dryRun.empty()) return showTarget(options, flags);
  return runGateway<gateway::ApiGateway>(
      options, flags.common, api, "api",
      ", handler " + api.handler + ", namespace " + api.nameSpace);
}

void addFlags(Arguments& arguments, ApiFlags& flags) {
  flags.common.addTo(arguments);
  flags.common.addTunnelTimeoutTo(arguments);
  arguments.addFlag("--api_namespace", "NAME", flags.options.nameSpace,
                    "What the names of the services begin with that paths may mean");
  arguments.addChoice("--api_handler", {"api", "rpc", "proxy"}, flags.options.handler,
                      "What becomes of a path: api hands the whole request to the service, rpc "
                      "calls its method with the request's JSON, proxy passes the request on to a "
                      "node that speaks HTTP");
  for (const char* name : {"api_namespace", "api_handler"}) {
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
