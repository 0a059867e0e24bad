#pragma once

#include <functional>
#include <string>
#include <vector>

#include <evmicro/codec.h>
#include <evmicro/registry.h>
#include <evmicro/service.h>
#include <evmicro/status.h>

#include "call/prepared_call.h"
#include "json/writer.h"
#include "tool/call_flags.h"
#include "tool/command.h"

namespace evmicro::tool {

class SidecarClient;

/// Looks up the versions of the service `name` and their healthy nodes in the registry.
Result<std::vector<ServiceInfo>> lookUp(Service& service, const std::string& name);
/// The names of all services, sorted.
Result<std::vector<std::string>> listNames(Service& service);
/// Prints why lookUp() failed; in the words of the `micro` tool if there is no such service.
ExitCode failLookUp(const Status& why);

/// The answer of one node to a call that was sent to all nodes of a service.
struct NodeAnswer {
  std::string version;
  std::string id;       ///< empty if the address was given and is not registered
  std::string address;  ///< `host:port`
  Result<JsonDocument> reply;
  bool grpc = false;  ///< it speaks only gRPC: see askNodes()

  /// Whether the node has answered, if only with an error.
  bool answered() const { return reply.ok() || reply.status().id() != detail::kClientId; }
};

/// Calls `method` on all nodes of the service `name` in parallel, or only on the one at the address
/// in `flags`, by json-rpc with an empty request, and waits for all answers. They are in the
/// registry's order, grouped by version. An error is lookUp()'s: no node was called.
///
/// A node that speaks only gRPC, as the registry says or because it answers neither `method` nor
/// Debug.Health by HTTP/1.1, is asked for its health instead (askGrpcHealth()).
Result<std::vector<NodeAnswer>> askNodes(Service& service, const std::string& name,
                                         const std::string& method, const CallFlags& flags);
/// The same through a sidecar, one node after the other. Those that speak only gRPC are not asked.
Result<std::vector<NodeAnswer>> askNodes(SidecarClient& sidecar, const std::string& name,
                                         const std::string& method, const CallFlags& flags);

/// The answers in the layout of the `micro` tool, a table for each version: `columns` are the
/// titles after a node's id and address, `cells(answer)` returns the values.
std::string nodeTables(const std::string& name, const std::vector<NodeAnswer>& answers,
                       const std::string& columns,
                       const std::function<std::string(const NodeAnswer&)>& cells);

/// The same for scripts: an array of `{"id","address","version",...}`. `writeMember` writes the
/// last member for a node that answered; for others it is `"error"`.
using WriteMember = std::function<void(detail::JsonWriter& out, const JsonDocument& reply)>;
std::string nodesAsJson(const std::vector<NodeAnswer>& answers, const WriteMember& writeMember);

}  // namespace evmicro::tool
