// `evmicro web`: the dashboard.
#include <chrono>
#include <memory>
#include <string>

#include <evmicro/service.h>

#include "dashboard/dashboard.h"
#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/gateway_flags.h"
#include "tool/output.h"
#include "tool/run_gateway.h"

namespace evmicro::tool {

namespace {

struct WebFlags {
  GatewayFlags common{"web", dashboard::DashboardOptions()};
  std::string nameSpace = dashboard::DashboardOptions().nameSpace;
  bool readOnly = false;
  bool noStats = false;
  int scrapeSeconds = 5;
  int scrapeNodes = 500;
};

ExitCode runWeb(const ServiceOptions& options, const WebFlags& flags) {
  if (const Status status = flags.common.check(); !status.ok()) return fail(status);
  dashboard::DashboardOptions web;
  flags.common.applyTo(web);
  web.nameSpace = flags.nameSpace;
  web.readOnly = flags.readOnly;
  web.stats = web.stats && !flags.noStats;
  web.scraper.interval = std::chrono::seconds(flags.scrapeSeconds);
  web.scraper.maxNodes = static_cast<std::size_t>(flags.scrapeNodes);
  web.scraper.tls = options.client.tls;
  return runGateway<dashboard::Dashboard>(options, flags.common, web, "web",
                                          ", namespace " + web.nameSpace);
}

void addFlags(Arguments& arguments, WebFlags& flags) {
  flags.common.addTo(arguments);
  flags.common.addTunnelTimeoutTo(arguments);
  arguments.addFlag("--web_namespace", "NAME", flags.nameSpace,
                    "What the names of web services begin with: /greeter is NAME.greeter");
  arguments.addSwitch(
      "--web_readonly", [&flags] { flags.readOnly = true; },
      "Show only: no calls and no publications");
  arguments.addSwitch(
      "--disable_stats", [&flags] { flags.noStats = true; },
      "No /stats: the path is that of a web service");
  arguments.addNumber("--web_scrape_interval", "SECONDS", flags.scrapeSeconds, 1, 3600,
                      "Seconds between two readings of the metrics of all nodes");
  arguments.addNumber("--web_scrape_nodes", "NUMBER", flags.scrapeNodes, 0, 100000,
                      "Nodes whose metrics are read at most; those of services that somebody looks "
                      "at come first");
  for (const char* name :
       {"web_namespace", "web_readonly", "web_scrape_interval", "web_scrape_nodes"}) {
    arguments.readEnvironment(name);
  }
}

}  // namespace

Action defineWeb(Arguments& arguments) {
  arguments.describe(
      "Run the dashboard: services, their metrics, calls and topics in a browser. /greeter shows "
      "the web service go.micro.web.greeter. Ends at SIGINT or SIGTERM, once all requests have "
      "been answered");
  const auto flags = std::make_shared<WebFlags>();  // shared by the parser and the action
  addFlags(arguments, *flags);
  return [flags](const ServiceOptions& options) { return runWeb(options, *flags); };
}

}  // namespace evmicro::tool
