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

bool isStream(const Endpoint* endpoint) {
  return endpoint && detail::kindOf(*endpoint) == detail::MethodKind::kStream;
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

MethodCalls::MethodCalls(Service& service)
    : service_(service),
      lookUps_(service.serviceView()),
      streams_(service.loop(), service.client()) {}

void MethodCalls::serve(const WebRequest& request, const Target& target, WebReply reply) {
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  lookUps_.start(target.service, [this, request, target, shared](const auto& known) {
    if (!known.ok()) {
      const Status why = Status(known.status()).withId(kClientId);
      return answer(*shared, describeTarget(why, request, target));
    }
    call(request, target, detail::findEndpoint((**known).versions, target.method), shared);
  });
}

void MethodCalls::call(const WebRequest& request, const Target& target, const Endpoint* endpoint,
                       const SharedReply& reply) {
  const Result<JsonDocument> message = jsonRequest(request, endpoint);
  if (!message.ok()) return answer(*reply, message.status());
  const Context context = callContext(request);
  if (isStream(endpoint)) {
    using Format = RpcStreams::Format;
    const bool events = accepts(request, "text/event-stream");
    return streams_.start(context, target, *message, events ? Format::kEvents : Format::kLines,
                          std::move(*reply));
  }
  callJson(service_.client(), context, target, *message, {}, reply, [](Status why) { return why; });
}

}  // namespace evmicro::gateway
