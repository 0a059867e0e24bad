#include "gateway/rpc_stream.h"

#include <optional>
#include <utility>

#include <evmicro/server_events.h>
#include <evmicro/timer.h>

#include "gateway/call_context.h"
#include "gateway/errors.h"
#include "json/scanner.h"

namespace evmicro::gateway {

namespace {

// JSON may have newlines between its tokens, which would end a line or an event.
std::string onOneLine(std::string_view json) {
  if (json.find_first_of("\r\n") == std::string_view::npos) return std::string(json);
  std::string line;
  detail::appendCompactJson(line, json);
  return line;
}

}  // namespace

class RpcStreams::Streamed {
 public:
  using Stream = ClientStream<JsonDocument, JsonDocument>;

  Streamed(RpcStreams& owner, WebReply reply, Format format, ReplyPart part, std::string requestId,
           Stream stream)
      : owner_(owner),
        reply_(std::move(reply)),
        format_(format),
        part_(std::move(part)),
        requestId_(std::move(requestId)),
        quiet_(owner.loop_, [this] { begin(); }),
        stream_(std::move(stream)) {
    stream_.onMessage([this](const JsonDocument& message) { onMessage(message); });
    stream_.onEnd([this](const Status& how) { onEnd(how); });
    reply_.onWritable([this] { stream_.resume(); });
    reply_.onGone([this] { owner_.over(*this); });
    if (format_ == Format::kEvents) quiet_.start(EventStream::Options().keepAlive);
  }

  void send(const JsonDocument& request) {
    stream_.send(request);
    stream_.finishSending();
  }

 private:
  void begin() {
    if (std::exchange(begun_, true)) return;
    quiet_.stop();
    WebFields headers = {{"X-Request-Id", requestId_}};
    if (format_ == Format::kEvents) {
      EventStream::Options options;
      options.headers = std::move(headers);
      events_.emplace(owner_.loop_, std::move(reply_), std::move(options));
      return;
    }
    headers.emplace_back("Content-Type", "application/x-ndjson");
    headers.emplace_back("Cache-Control", "no-store");
    headers.emplace_back("X-Accel-Buffering", "no");  // nginx would collect messages
    reply_.begin(200, headers);
  }

  void onMessage(const JsonDocument& message) {
    begin();
    std::string text = onOneLine(part_.of(message.text));
    const bool goesOn =
        events_ ? events_->send({std::move(text), {}, {}, {}}) : reply_.write(text + "\n");
    if (!goesOn) stream_.pause();
  }

  void onEnd(const Status& how) {
    if (!how.ok() && !begun_) {
      answer(reply_, how, {{"X-Request-Id", requestId_}});
    } else {
      begin();
      if (!how.ok()) sendError(how);
      if (!events_) reply_.end();
    }
    owner_.over(*this);
  }

  void sendError(const Status& how) {
    if (events_) {
      events_->send({how.toWire(), "error", {}, {}});
    } else {
      reply_.write("{\"error\":" + how.toWire() + "}\n");
    }
  }

  RpcStreams& owner_;
  WebReply reply_;                     // until the events begin
  std::optional<EventStream> events_;  // destroying it ends the reply
  const Format format_;
  const ReplyPart part_;
  bool begun_ = false;
  const std::string requestId_;
  Timer quiet_;    // until the first event
  Stream stream_;  // destroying it cancels
};

RpcStreams::RpcStreams(EventLoop& loop, Client& client) : loop_(loop), client_(client) {}
RpcStreams::~RpcStreams() = default;

void RpcStreams::start(const Context& context, const Target& target, const JsonDocument& request,
                       Format format, WebReply reply, ReplyPart part) {
  CallOptions options;
  options.contentType = kJson;
  auto stream =
      client_.stream<JsonDocument, JsonDocument>(context, target.service, target.method, options);
  auto streamed = std::make_unique<Streamed>(*this, std::move(reply), format, std::move(part),
                                             requestIdOf(context), std::move(stream));
  Streamed& begun = *streamed;
  streams_.emplace(&begun, std::move(streamed));
  begun.send(request);
}

void RpcStreams::over(Streamed& streamed) {
  const auto place = streams_.find(&streamed);
  if (place == streams_.end()) return;
  loop_.deleteLater(std::move(place->second));  // it is on the stack
  streams_.erase(place);
}

}  // namespace evmicro::gateway
