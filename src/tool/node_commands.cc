// `evmicro health` and `evmicro stats`: the health and statistics of each node of a service.
#include <algorithm>
#include <memory>

#include <evmicro/service.h>

#include "json/jansson.h"
#include "tool/arguments.h"
#include "tool/call_flags.h"
#include "tool/command.h"
#include "tool/json_output.h"
#include "tool/node_stats.h"
#include "tool/nodes.h"
#include "tool/output.h"
#include "tool/printable.h"
#include "tool/sidecar_client.h"

namespace evmicro::tool {

namespace {

struct NodeArguments {
  std::string service;
  CallFlags flags;
  std::string proxy;
  Format format = Format::kText;
};

std::shared_ptr<NodeArguments> addNodeArguments(Arguments& arguments) {
  auto parsed = std::make_shared<NodeArguments>();
  arguments.addWord("SERVICE", parsed->service, "Name of the service", Arguments::Need::kRequired);
  addCallFlags(arguments, parsed->flags);
  addProxyFlag(arguments, parsed->proxy);
  addJsonFlag(arguments, parsed->format);
  return parsed;
}

// The status in a reply of Debug.Health, usually "ok".
std::string statusIn(const JsonDocument& reply) {
  const Result<detail::Json> value = detail::readJson(reply.text);
  return value.ok() ? detail::textAt(value->get(), "status") : std::string();
}

bool isWell(const NodeAnswer& answer) {
  return answer.reply.ok() && statusIn(*answer.reply) == "ok";
}

std::string healthOf(const NodeAnswer& answer) {
  if (!answer.reply.ok()) return printable(answer.reply.status().detail());
  const std::string status = statusIn(*answer.reply);
  return status.empty() ? "no status in its answer" : printable(status);
}

void writeHealth(detail::JsonWriter& out, const JsonDocument& reply) {
  out.member("status", statusIn(reply));
}

void writeStats(detail::JsonWriter& out, const JsonDocument& reply) {
  out.key("stats");
  out.checked(reply.text);
}

// What a gRPC node has answered is its health.
void markMissingStats(NodeAnswer& answer) {
  if (!answer.grpc || !answer.answered()) return;
  answer.reply = Status::notFound("a gRPC node: it has no statistics of evmicro");
}

Result<std::vector<NodeAnswer>> answersOf(const ServiceOptions& options,
                                          const NodeArguments& arguments, const char* method) {
  if (!arguments.proxy.empty()) {
    SidecarClient sidecar(options, arguments.proxy);
    return askNodes(sidecar, arguments.service, method, arguments.flags);
  }
  Service service(options);
  return askNodes(service, arguments.service, method, arguments.flags);
}

ExitCode health(const ServiceOptions& options, const NodeArguments& arguments) {
  const auto answers = answersOf(options, arguments, "Debug.Health");
  if (!answers.ok()) return failLookUp(answers.status());
  const ExitCode shown = show(arguments.format == Format::kJson
                                  ? nodesAsJson(*answers, writeHealth)
                                  : nodeTables(arguments.service, *answers, "status", healthOf));
  const bool allWell = std::all_of(answers->begin(), answers->end(), isWell);
  return allWell ? shown : kFailed;
}

ExitCode stats(const ServiceOptions& options, const NodeArguments& arguments) {
  auto answers = answersOf(options, arguments, "Debug.Stats");
  if (!answers.ok()) return failLookUp(answers.status());
  std::for_each(answers->begin(), answers->end(), markMissingStats);
  const StatsColumns columns(*answers);
  const ExitCode shown = show(
      arguments.format == Format::kJson
          ? nodesAsJson(*answers, writeStats)
          : nodeTables(arguments.service, *answers, columns.names(),
                       [&columns](const NodeAnswer& answer) { return columns.cells(answer); }));
  const bool allAnswered = std::all_of(answers->begin(), answers->end(),
                                       [](const NodeAnswer& answer) { return answer.reply.ok(); });
  return allAnswered ? shown : kFailed;
}

}  // namespace

Action defineHealth(Arguments& arguments) {
  arguments.describe(
      "Check the health of each node of a service, also of gRPC servers (grpc.health.v1); fails if "
      "one of them is not ok");
  const auto parsed = addNodeArguments(arguments);
  return [parsed](const ServiceOptions& options) { return health(options, *parsed); };
}

Action defineStats(Arguments& arguments) {
  arguments.describe("Print the statistics of each node of a service");
  const auto parsed = addNodeArguments(arguments);
  return [parsed](const ServiceOptions& options) { return stats(options, *parsed); };
}

}  // namespace evmicro::tool
