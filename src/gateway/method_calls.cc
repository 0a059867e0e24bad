#include "gateway/method_calls.h"

#include <memory>
#include <string_view>
#include <utility>

#include "gateway/call_context.h"
#include "gateway/errors.h"
#include "gateway/json_request.h"
#include "registry/method_kind.h"

namespace evmicro::gateway {

namespace {

bool is(detail::MethodKind kind, const Endpoint* endpoint) {
  return endpoint && detail::kindOf(*endpoint) == kind;
}

bool accepts(const WebRequest& request, std::string_view type) {
  return findField(request.headers, "Accept").value_or("").find(type) != std::string_view::npos;
}

}  // namespace

Status describeTarget(Status why, const WebRequest& request, const Target& target) {
  if (!isOwn(why, ErrorKind::kNotFound)) return why;
  return Status::error(
      404, kClientId,
      "no service " + target.service + " (method " + target.method + ") for " + request.path);
}

MethodCalls::MethodCalls(Service& service, std::vector<std::string> origins)
    : service_(service),
      lookUps_(service.serviceView()),
      streams_(service.loop(), service.client()),
      sockets_(service.loop(), service.client(), std::move(origins)) {}

void MethodCalls::serve(const WebRequest& request, const Target& target, WebReply reply,
                        const JsonBinding& binding) {
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  lookUps_.start(target.service, [this, request, target, binding, shared](const auto& known) {
    if (!known.ok()) {
      const Status why = Status(known.status()).withId(kClientId);
      return answer(*shared, describeTarget(why, request, target));
    }
    call(request, target, binding, detail::findEndpoint((**known).versions, target.method), shared);
  });
}

void MethodCalls::call(const WebRequest& request, const Target& target, const JsonBinding& binding,
                       const Endpoint* endpoint, const SharedReply& reply) {
  if (asksForSocket(request)) return converse(request, target, binding, endpoint, reply);
  const Result<JsonDocument> message = jsonRequest(request, endpoint, binding);
  if (!message.ok()) return refuse(*reply, message.status());
  const Context context = callContext(request);
  ReplyPart part(binding.reply, endpoint);
  if (is(detail::MethodKind::kStream, endpoint)) {
    using Format = RpcStreams::Format;
    const bool events = accepts(request, "text/event-stream");
    return streams_.start(context, target, *message, events ? Format::kEvents : Format::kLines,
                          std::move(*reply), std::move(part));
  }
  callJson(
      service_.client(), context, target, *message, {}, reply, [](Status why) { return why; },
      std::move(part));
}

// What is wrong with a request is the gateway's error.
void MethodCalls::refuse(WebReply& reply, const Status& why) {
  answer(reply, Status(why).withId(service_.options().name));
}

void MethodCalls::converse(const WebRequest& request, const Target& target,
                           const JsonBinding& binding, const Endpoint* endpoint,
                           const SharedReply& reply) {
  if (is(detail::MethodKind::kUnary, endpoint)) {
    return answer(*reply, Status::error(400, kClientId,
                                        target.method + " of " + target.service +
                                            " is not a streaming method"));
  }
  JsonDocument first{""};
  if (!request.query.empty() || !binding.fields.empty()) {
    Result<JsonDocument> parameters = jsonRequest(request, endpoint, binding);
    if (!parameters.ok()) return refuse(*reply, parameters.status());
    first = std::move(*parameters);
  }
  sockets_.start(request, target, first, std::move(*reply), {binding.reply, endpoint});
}

}  // namespace evmicro::gateway
