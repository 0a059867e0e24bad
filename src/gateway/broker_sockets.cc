#include "gateway/broker_sockets.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <evmicro/web_socket.h>

#include "gateway/errors.h"
#include "gateway/publish_endpoint.h"
#include "gateway/sidecar_id.h"
#include "json/writer.h"
#include "web/web_socket_handshake.h"

namespace evmicro::gateway {

namespace {

WebSocketOptions optionsFor(const std::vector<std::string>& origins) {
  WebSocketOptions options;
  options.origins = origins;
  options.maxMessageBytes = 16'384;
  options.maxQueuedBytes = 4U << 20;
  options.pingInterval = std::chrono::seconds(54);
  options.pongTimeout = std::chrono::seconds(6);
  return options;
}

// As micro answers malformed requests for a WebSocket.
Status refusal(const WebRequest& request, const WebSocketOptions& options) {
  const detail::WebSocketHandshake handshake = detail::answerHandshake(request, options);
  if (handshake.status == 101) return {};
  std::string reason = handshake.reason;
  while (!reason.empty() && reason.back() == '\n') reason.pop_back();
  const bool forbidden = handshake.status == 403;
  return Status::error(forbidden ? 403 : 400, kSidecarId,
                       (forbidden ? "Forbidden: " : "Bad Request: ") + reason);
}

// With the header as the broker carries it, where the topic is a part of it.
std::string frameOf(std::string_view topic, const BrokerMessage& message) {
  std::map<std::string, std::string> header = message.header;
  header[":topic"] = topic;
  detail::JsonWriter writer(detail::JsonWriter::Style::kCompact);
  writer.beginObject();
  writer.key("Header");
  writer.strings(header);
  writer.key("Body");
  writer.base64(message.body);
  writer.endObject();
  return writer.take();
}

std::string parameterOf(const WebRequest& request, std::string_view name) {
  return std::string(findField(parseForm(request.query).value_or(WebFields()), name).value_or(""));
}

}  // namespace

class BrokerSockets::Session {
 public:
  Session(BrokerSockets& owner, std::string topic, std::string contentType, WebSocket socket)
      : owner_(owner),
        topic_(std::move(topic)),
        contentType_(std::move(contentType)),
        socket_(std::move(socket)) {
    socket_.onMessage([this](WebSocketMessage message) { publish(std::move(message.data)); });
    socket_.onClose([this](const WebSocketEnd&) { owner_.over(*this); });
  }

  void subscribe(const std::string& queue) {
    SubscribeOptions options;
    options.queue = queue;
    auto subscription = owner_.broker_.subscribe(
        topic_,
        [this](std::string_view topic, const BrokerMessage& message) {
          socket_.sendText(frameOf(topic, message));
        },
        options);
    if (subscription.ok()) {
      subscription_ = std::move(*subscription);
    } else {
      socket_.close(1011, subscription.status().detail());
    }
  }

 private:
  void publish(std::string body) {
    BrokerMessage message;
    message.header["Content-Type"] = contentType_;
    message.body = std::move(body);
    owner_.broker_.publish(topic_, std::move(message));
  }

  BrokerSockets& owner_;
  const std::string topic_;
  const std::string contentType_;
  WebSocket socket_;
  Subscription subscription_;  // destroying it unsubscribes
};

BrokerSockets::BrokerSockets(EventLoop& loop, Broker& broker, std::vector<std::string> origins)
    : loop_(loop), broker_(broker), origins_(std::move(origins)) {}
BrokerSockets::~BrokerSockets() = default;

void BrokerSockets::serve(const WebRequest& request, WebReply reply) {
  Result<std::string> topic = topicOf(request);
  if (!topic.ok()) return answer(reply, topic.status());
  const WebSocketOptions options = optionsFor(origins_);
  const Status refused = refusal(request, options);
  if (!refused.ok()) return answer(reply, refused);
  std::optional<WebSocket> socket = acceptWebSocket(request, std::move(reply), options);
  if (!socket) return;
  auto session = std::make_unique<Session>(*this, std::move(*topic), contentTypeOf(request),
                                           std::move(*socket));
  Session& begun = *session;
  sessions_.emplace(&begun, std::move(session));
  begun.subscribe(parameterOf(request, "queue"));
}

void BrokerSockets::stop() { sessions_.clear(); }

void BrokerSockets::over(Session& session) {
  const auto place = sessions_.find(&session);
  loop_.deleteLater(std::move(place->second));  // it is on the stack
  sessions_.erase(place);
}

}  // namespace evmicro::gateway
