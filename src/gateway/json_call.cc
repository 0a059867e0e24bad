#include "gateway/json_call.h"

#include <utility>

#include "gateway/call_context.h"
#include "gateway/errors.h"

namespace evmicro::gateway {

void callJson(Client& client, const Context& context, const Target& target,
              const JsonDocument& request, const std::string& address, const SharedReply& reply,
              DescribeError describe, ReplyPart part) {
  CallOptions options;
  options.contentType = kJson;
  options.address = address;
  const std::string id = requestIdOf(context);
  const Context own = context.child();
  reply->onGone([own = Context(own)]() mutable { own.cancel(); });
  client.call<JsonDocument>(
      own, target.service, target.method, request,
      [reply, id, describe = std::move(describe),
       part = std::move(part)](const Result<JsonDocument>& result) {
        if (!result.ok()) return answer(*reply, describe(result.status()), {{"X-Request-Id", id}});
        reply->send(200, {{"Content-Type", kJson}, {"X-Request-Id", id}}, part.of(result->text));
      },
      options);
}

}  // namespace evmicro::gateway
