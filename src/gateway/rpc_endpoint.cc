#include "gateway/rpc_endpoint.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "gateway/call_context.h"
#include "gateway/errors.h"

namespace evmicro::gateway {

namespace {

constexpr char kId[] = "go.micro.rpc";

Status describe(Status why) {
  if (isPlainText(why)) return Status::error(500, kId, "error during request: " + why.detail());
  if (isOwn(why, ErrorKind::kUnavailable)) {
    return Status::error(500, kClientId, "Error sending request: " + why.detail());
  }
  return why;
}

}  // namespace

Status checkService(const std::vector<std::string>& allowed, const std::string& service) {
  const bool mayCall =
      allowed.empty() || std::find(allowed.begin(), allowed.end(), service) != allowed.end();
  return mayCall ? Status() : Status::error(403, kId, "/rpc may not call " + service);
}

RpcEndpoint::RpcEndpoint(Service& service, RpcOptions options)
    : service_(service), options_(std::move(options)), lookUps_(service.serviceView()) {}

void RpcEndpoint::addTo(WebServer& web) {
  web.handle("POST", "/rpc", [this](const WebRequest& request, WebReply reply) {
    serve(request, std::move(reply));
  });
  web.handle("", "/rpc", [](const WebRequest&, WebReply reply) { refuse(std::move(reply)); });
}

void RpcEndpoint::refuse(WebReply reply) {
  answer(reply, Status::error(405, kId, "Method not allowed"), {{"Allow", "POST"}});
}

void RpcEndpoint::serve(const WebRequest& request, WebReply reply) {
  const Status refused = checkOrigin(request, options_.origins, kId);
  if (!refused.ok()) return answer(reply, refused);
  Result<RpcRequest> rpc = readRpcRequest(request);
  if (!rpc.ok()) return answer(reply, rpc.status());
  const Status allowed = checkService(options_.services, rpc->service);
  if (!allowed.ok()) return answer(reply, allowed);
  const Context context = callContext(request);
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  if (rpc->address.empty() || options_.anyAddress) return call(context, *rpc, shared);
  lookUps_.start(rpc->service, [this, context, rpc = *rpc, shared](const auto& known) {
    if (!known.ok()) return answer(*shared, Status(known.status()).withId(kClientId));
    const auto& nodes = (*known)->nodes;
    const bool isNode = std::any_of(nodes.begin(), nodes.end(), [&rpc](const auto& entry) {
      return entry.node->dialAddress() == rpc.address;
    });
    if (isNode) return call(context, rpc, shared);
    answer(*shared, Status::error(403, kId, rpc.address + " is not a node of " + rpc.service));
  });
}

void RpcEndpoint::call(const Context& context, const RpcRequest& rpc, const SharedReply& reply) {
  callJson(service_.client(), context, {rpc.service, rpc.method}, rpc.request, rpc.address, reply,
           describe);
}

}  // namespace evmicro::gateway
