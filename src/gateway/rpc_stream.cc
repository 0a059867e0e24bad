#include "gateway/rpc_stream.h"

#include <utility>

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
        stream_(std::move(stream)) {
    stream_.onMessage([this](const JsonDocument& message) { onMessage(message); });
    stream_.onEnd([this](const Status& how) { onEnd(how); });
    reply_.onWritable([this] { stream_.resume(); });
    reply_.onGone([this] { owner_.over(*this); });
  }

  void send(const JsonDocument& request) {
    stream_.send(request);
    stream_.finishSending();
  }

 private:
  void begin() {
    if (std::exchange(begun_, true)) return;
    const bool events = format_ == Format::kEvents;
    reply_.begin(200, {{"Content-Type", events ? "text/event-stream" : "application/x-ndjson"},
                       {"Cache-Control", "no-store"},
                       {"X-Accel-Buffering", "no"},  // nginx would collect messages
                       {"X-Request-Id", requestId_}});
  }

  void onMessage(const JsonDocument& message) {
    begin();
    const std::string text = onOneLine(part_.of(message.text));
    const bool goesOn = format_ == Format::kEvents ? reply_.write("data: " + text + "\n\n")
                                                   : reply_.write(text + "\n");
    if (!goesOn) stream_.pause();
  }

  void onEnd(const Status& how) {
    if (!how.ok() && !begun_) {
      answer(reply_, how, {{"X-Request-Id", requestId_}});
    } else {
      begin();
      if (!how.ok()) {
        reply_.write(format_ == Format::kEvents ? "event: error\ndata: " + how.toWire() + "\n\n"
                                                : "{\"error\":" + how.toWire() + "}\n");
      }
      reply_.end();
    }
    owner_.over(*this);
  }

  RpcStreams& owner_;
  WebReply reply_;
  const Format format_;
  const ReplyPart part_;
  bool begun_ = false;
  const std::string requestId_;
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
