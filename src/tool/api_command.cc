// `evmicro api`: HTTP requests become calls of services.
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <evmicro/service.h>

#include "base/log.h"
#include "gateway/api.h"
#include "service/flags.h"
#include "tool/command.h"
#include "tool/output.h"

namespace evmicro::tool {

namespace {

constexpr std::chrono::seconds kDrain{10};

struct ApiFlags {
  gateway::ApiOptions options;
  std::string cors = "*";
  std::string rpcServices;
  std::string dryRun;
  bool disableRpc = false;
  int ttlSeconds = 30;
  int intervalSeconds = 10;
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
  options.name = "go.micro.api";
  options.client.name = options.name;
  options.server.registerTtl = std::chrono::seconds(flags.ttlSeconds);
  options.server.registerInterval = std::chrono::seconds(flags.intervalSeconds);
  gateway::ApiOptions api = flags.options;
  api.corsOrigins = detail::splitList(flags.cors);
  api.rpcServices = detail::splitList(flags.rpcServices);
  api.rpc = !flags.disableRpc;
  if (!flags.dryRun.empty()) return showTarget(options, flags);

  Service service(options);
  gateway::ApiGateway gateway(service, api);
  if (const Status status = gateway.start(); !status.ok()) return fail(status);
  EVMICRO_LOG_INFO("api", "Listening on " << gateway.address() << ", handler " << api.handler
                                          << ", namespace " << api.nameSpace);
  const int outcome = service.run();
  gateway.stop(kDrain);
  return outcome == 0 ? kDone : kFailed;
}

void addFlags(CLI::App& app, ApiFlags& flags) {
  const auto option = [&app](const char* name, auto& value, const char* environment,
                             const char* help, const char* type) {
    app.add_option(name, value, help)->envname(environment)->type_name(type)->capture_default_str();
  };
  option("--api_address", flags.options.address, "MICRO_API_ADDRESS", "Listen on HOST:PORT",
         "HOST:PORT");
  option("--api_namespace", flags.options.nameSpace, "MICRO_API_NAMESPACE",
         "What the names of the services begin with that paths may mean", "NAME");
  app.add_option("--api_handler", flags.options.handler,
                 "What becomes of a path: api hands the whole request to the service, rpc calls "
                 "its method with the request's JSON, proxy passes the request on to a node that "
                 "speaks HTTP")
      ->envname("MICRO_API_HANDLER")
      ->check(CLI::IsMember({"api", "rpc", "proxy"}))
      ->type_name("api|rpc|proxy")
      ->capture_default_str();
  option("--api_cors", flags.cors, "MICRO_API_CORS",
         "Origins whose pages may use the gateway, * for all", "ORIGIN,...");
  app.add_flag("--disable_rpc", flags.disableRpc, "No /rpc");
  option("--rpc_services", flags.rpcServices, "MICRO_RPC_SERVICES",
         "Services that /rpc may call; all unless given", "NAME,...");
  app.add_flag("--rpc_any_address", flags.options.rpcAnyAddress,
               "Let /rpc connect to any address that a request names, not to nodes of the service "
               "alone");
  app.add_option("--register_ttl", flags.ttlSeconds,
                 "Seconds after which the registration of the gateway ends unless renewed")
      ->envname("MICRO_REGISTER_TTL")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  app.add_option("--register_interval", flags.intervalSeconds,
                 "Seconds between renewals of the registration")
      ->envname("MICRO_REGISTER_INTERVAL")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_option("--dry-run", flags.dryRun,
                 "Print which method of which service PATH means and its nodes, and end")
      ->type_name("PATH");
}

}  // namespace

Action defineApi(CLI::App& app) {
  app.description(
      "Run the API gateway: /greeter/say/hello calls Say.Hello of go.micro.api.greeter, POST /rpc "
      "any service by name. Ends at SIGINT or SIGTERM, once what was asked has been answered");
  const auto flags = std::make_shared<ApiFlags>();  // shared by the parser and the action
  addFlags(app, *flags);
  return [flags](const ServiceOptions& options) { return runApi(options, *flags); };
}

}  // namespace evmicro::tool
