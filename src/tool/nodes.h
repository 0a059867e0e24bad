#pragma once

#include <functional>
#include <string>
#include <vector>

#include <evmicro/codec.h>
#include <evmicro/registry.h>
#include <evmicro/service.h>
#include <evmicro/status.h>

#include "json/writer.h"
#include "tool/call_flags.h"
#include "tool/command.h"

namespace evmicro::tool {

/// The versions of the service `name` with their healthy nodes, as the registry says.
Result<std::vector<ServiceInfo>> lookUp(Service& service, const std::string& name);
/// The names of all services, sorted.
Result<std::vector<std::string>> listNames(Service& service);
/// Says why lookUp() failed, as the `micro` tool does when there is no such service.
ExitCode failLookUp(const Status& why);

/// What one node answered to a question that all nodes of a service were asked.
struct NodeAnswer {
  std::string version;
  std::string id;       ///< empty when the address was given and not found
  std::string address;  ///< `host:port`
  Result<JsonDocument> reply;
};

/// Asks all nodes of the service `name` at once, or only the one at the address in `flags`, by
/// json-rpc with an empty request; waits for all. The answers are sorted as the registry has the
/// nodes: those of a version stand together. An error: nobody was asked, as lookUp() says.
Result<std::vector<NodeAnswer>> askNodes(Service& service, const std::string& name,
                                         const std::string& method, const CallFlags& flags);

/// The answers as the `micro` tool lays them out, a table for each version: `columns` are the names
/// of what follows a node's id and address, `cells(answer)` gives it.
std::string nodeTables(const std::string& name, const std::vector<NodeAnswer>& answers,
                       const std::string& columns,
                       const std::function<std::string(const NodeAnswer&)>& cells);

/// The same for scripts: an array of `{"id","address","version",...}`. `writeMember` writes the
/// last member for a node that answered; one that did not has `"error"`.
using WriteMember = std::function<void(detail::JsonWriter& out, const JsonDocument& reply)>;
std::string nodesAsJson(const std::vector<NodeAnswer>& answers, const WriteMember& writeMember);

}  // namespace evmicro::tool
