#include "gateway/publish_endpoint.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway/call_context.h"
#include "gateway/errors.h"
#include "gateway/sidecar_id.h"

namespace evmicro::gateway {

Result<std::string> topicOf(const WebRequest& request) {
  const std::optional<WebFields> query = parseForm(request.query);
  if (!query) return Status::error(400, kSidecarId, "malformed percent-encoding in the query");
  std::string topic(findField(*query, "topic").value_or(""));
  if (topic.empty()) return Status::error(400, kSidecarId, "Topic not specified");
  return topic;
}

std::string contentTypeOf(const WebRequest& request) {
  return std::string(findField(request.headers, "Content-Type").value_or("text/plain"));
}

void servePublish(Broker& broker, const WebRequest& request, WebReply reply) {
  const Result<std::string> topic = topicOf(request);
  if (!topic.ok()) return answer(reply, topic.status());
  BrokerMessage message;
  const Context context = callContext(request);
  for (const auto& [name, value] : context.metadata()) {
    message.header[std::string(name)] = std::string(value);
  }
  message.header["Content-Type"] = contentTypeOf(request);
  message.body = request.body;
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  broker.publish(*topic, std::move(message), [shared](const Result<PublishResult>& result) {
    const Status status = result.ok() ? result->status() : result.status();
    if (!status.ok()) return answer(*shared, Status::error(500, kSidecarId, status.detail()));
    shared->send(200, {{"Content-Type", kJson}}, {});
  });
}

}  // namespace evmicro::gateway
