#include "tool/grpc_health.h"

#include <utility>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/client.h>
#include <evmicro/event_loop.h>

#include "server/grpc_health.pb.h"

namespace evmicro::tool {

namespace {

using Request = detail::grpc_health::HealthCheckRequest;
using Response = detail::grpc_health::HealthCheckResponse;

// Servers of gRPC close the connection, or reply in HTTP/2; those that are called by gRPC already
// do not have the method.
bool maySpeakGrpc(const NodeAnswer& answer) {
  if (answer.reply.ok()) return false;
  const Status& status = answer.reply.status();
  return answer.answered() ? status.code() == 501 : status.kind() == ErrorKind::kInternal;
}

Result<JsonDocument> replyOf(const Result<Response>& response) {
  if (response.ok()) {
    const Response::ServingStatus status = response->status();
    const std::string& name = Response::ServingStatus_Name(status);
    const std::string text = name.empty() ? std::to_string(static_cast<int>(status)) : name;
    return JsonDocument{"{\"status\":\"" + (status == Response::SERVING ? "ok" : text) + "\"}"};
  }
  const Status& status = response.status();
  if (isUnknownMethod(status)) {
    return Status::notFound("a gRPC node without health checks (grpc.health.v1.Health)");
  }
  if (!status.detail().empty()) return status;
  return Status::internal("the health check failed with code " + std::to_string(status.code()));
}

void note(NodeAnswer& answer, const Result<Response>& response) {
  NodeAnswer byGrpc = answer;
  byGrpc.reply = replyOf(response);
  if (!answer.grpc && !byGrpc.answered()) return;
  byGrpc.grpc = true;
  answer = std::move(byGrpc);
}

}  // namespace

void askGrpcHealth(Service& service, const std::string& name, const CallFlags& flags,
                   std::vector<NodeAnswer>& answers) {
  std::size_t open = 0;
  std::vector<Call> calls;  // what is late, after a signal, has nowhere to go
  for (NodeAnswer& answer : answers) {
    if (!answer.grpc && !maySpeakGrpc(answer)) continue;
    ++open;
    CallOptions options = flags.grpcOptions();
    options.address = answer.address;
    calls.emplace_back(service.client().call<Response>(
        flags.context(), name, "grpc.health.v1.Health.Check", Request(),
        [&answer, &open](const Result<Response>& response) {
          note(answer, response);
          --open;
        },
        options));
  }
  static_cast<void>(service.loop().runUntil([&open] { return open == 0; }));
}

}  // namespace evmicro::tool
