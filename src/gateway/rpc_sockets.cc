#include "gateway/rpc_sockets.h"

#include <optional>
#include <utility>

#include <evmicro/web_socket.h>

#include "gateway/call_context.h"
#include "gateway/errors.h"
#include "json/scanner.h"
#include "web/header_tokens.h"

namespace evmicro::gateway {

namespace {

constexpr int kDone = 1000;
constexpr int kNotJson = 1007;
constexpr int kFailed = 1011;

bool isJson(const std::string& text) {
  detail::JsonScanner scanner(text);
  scanner.value();
  return scanner.ok() && scanner.atEnd();
}

}  // namespace

bool asksForSocket(const WebRequest& request) {
  return detail::hasHeaderToken(request.headers, "Upgrade", "websocket");
}

class RpcSockets::Conversation {
 public:
  using Stream = ClientStream<JsonDocument, JsonDocument>;

  Conversation(RpcSockets& owner, WebSocket socket, ReplyPart part, Stream stream)
      : owner_(owner),
        socket_(std::move(socket)),
        part_(std::move(part)),
        stream_(std::move(stream)) {
    socket_.onMessage([this](const WebSocketMessage& message) { onFrame(message.data); });
    socket_.onClose([this](const WebSocketEnd&) { owner_.over(*this); });
    socket_.onWritable([this] {
      if (stream_) stream_->resume();
    });
    stream_->onMessage([this](const JsonDocument& message) {
      if (!socket_.sendText(part_.of(message.text))) stream_->pause();
    });
    stream_->onEnd([this](const Status& how) { onEnd(how); });
    stream_->onWritable([this] { socket_.resume(); });
  }

  void send(const JsonDocument& message) {
    if (!stream_->send(message)) socket_.pause();
  }

 private:
  void onFrame(const std::string& text) {
    if (ended_) return;
    if (text.empty()) return stream_->finishSending();
    if (isJson(text)) return send({text});
    ended_ = true;
    socket_.close(kNotJson, "a message is not JSON");
    stream_.reset();
  }

  void onEnd(const Status& how) {
    if (std::exchange(ended_, true)) return;
    if (how.ok()) return socket_.close(kDone);
    socket_.sendText("{\"error\":" + how.toWire() + "}");
    socket_.close(kFailed, how.detail());
  }

  RpcSockets& owner_;
  bool ended_ = false;
  WebSocket socket_;
  const ReplyPart part_;
  std::optional<Stream> stream_;  // destroying it cancels
};

RpcSockets::RpcSockets(EventLoop& loop, Client& client, std::vector<std::string> origins)
    : loop_(loop), client_(client), origins_(std::move(origins)) {}
RpcSockets::~RpcSockets() = default;

void RpcSockets::start(const WebRequest& request, const Target& target, const JsonDocument& first,
                       WebReply reply, ReplyPart part) {
  WebSocketOptions accept;
  accept.origins = origins_;
  std::optional<WebSocket> socket = acceptWebSocket(request, std::move(reply), accept);
  if (!socket) return;
  CallOptions options;
  options.contentType = kJson;
  auto conversation = std::make_unique<Conversation>(
      *this, std::move(*socket), std::move(part),
      client_.stream<JsonDocument, JsonDocument>(callContext(request), target.service,
                                                 target.method, options));
  Conversation& begun = *conversation;
  conversations_.emplace(&begun, std::move(conversation));
  if (!first.text.empty()) begun.send(first);
}

void RpcSockets::over(Conversation& conversation) {
  const auto place = conversations_.find(&conversation);
  loop_.deleteLater(std::move(place->second));  // it is on the stack
  conversations_.erase(place);
}

}  // namespace evmicro::gateway
