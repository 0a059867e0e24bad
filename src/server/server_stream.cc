#include "server/server_stream.h"

#include "base/duration.h"
#include "call/stream_message.h"
#include "call/user_code.h"

namespace evmicro::detail {

Status cannotWrite(std::string_view what, const std::string& method, const Status& why) {
  return Status::internal(std::string(what) + " of " + method + ": " + why.detail());
}

ServerStreamEnd::ServerStreamEnd(EventLoop& loop, std::shared_ptr<ServerCall> call)
    : loop_(loop), call_(std::move(call)) {
  latest_.method = call_->method();
  latest_.id = call_->frame().id;
  if (!call_->sink()) return;
  idle_.emplace(loop, call_->sink()->streamLimits().idle, [this] { idle(); });
  idle_->start();
}

ServerStreamEnd::~ServerStreamEnd() {
  if (!over_) {
    call_->endStream(Status::internal("the handler dropped the stream without finishing it"));
  }
}

bool ServerStreamEnd::writable() const noexcept {
  const ReplySink* sink = call_->sink();
  if (over_ || !sink) return false;
  const std::size_t most = sink->streamLimits().highWater;
  return most == 0 || sink->queued() <= most;
}

bool ServerStreamEnd::send(PayloadSource message) {
  ReplySink* const sink = call_->sink();
  if (over_ || !sink) return false;
  Buffer body;
  const Status status = call_->codec().writeReply(latest_, message, body);
  if (!status.ok()) {
    finish(cannotWrite("message", call_->method(), status));
    return false;
  }
  if (idle_) idle_->touch();
  sink->sendInStream(std::move(body));
  return writable();
}

void ServerStreamEnd::finish(Status status) {
  if (over_) return;
  over_ = true;
  call_->endStream(std::move(status));
  close();
}

void ServerStreamEnd::idle() {
  const auto call = call_;  // owns the connection's path to this object
  call->end(Status::timeout("no message for " + formatDuration(idle_->timeout())));
}

// Destroys the callbacks in a later turn: they may be running, or own the last handle.
void ServerStreamEnd::close() {
  idle_.reset();
  loop_.deleteLater(std::make_shared<StreamCallbacks>(callbacks_.take()));
}

void ServerStreamEnd::pause() {
  paused_ = true;
  if (ReplySink* const sink = call_->sink(); sink && !over_) sink->pauseInput();
}

void ServerStreamEnd::resume() {
  paused_ = false;
  if (ReplySink* const sink = call_->sink(); sink && !over_ && callbacks_.wantsMessages()) {
    sink->resumeInput();
  }
}

void ServerStreamEnd::onMessage(OnMessage onMessage) {
  if (over_) return;
  callbacks_.setMessage(std::move(onMessage));
  if (!paused_) resume();
}

void ServerStreamEnd::onEnd(OnEnd onEnd) {
  if (!over_) callbacks_.setEnd(std::move(onEnd));
}

void ServerStreamEnd::onWritable(OnWritable onWritable) {
  if (!over_) callbacks_.setWritable(std::move(onWritable));
}

void ServerStreamEnd::deliver(Message& message) {
  if (over_) return;
  if (idle_) idle_->touch();
  Frame frame;
  Status status = call_->codec().readRequest(message.body, frame);
  if (status.ok()) {
    latest_.id = frame.id;
    StreamMessage incoming(call_->codec(), frame, message.body);
    Status thrown = runUserCode("the handler", [&] { status = callbacks_.message(incoming); });
    if (!thrown.ok()) status = std::move(thrown);
  }
  if (!status.ok()) finish(std::move(status));
}

void ServerStreamEnd::inputEnded() {
  Status thrown = runUserCode("the handler", [this] {
    if (callbacks_.wantsEnd()) return callbacks_.end({});
    finish({});
  });
  if (!thrown.ok()) finish(std::move(thrown));
}

void ServerStreamEnd::drained() {
  if (over_) return;
  Status thrown = runUserCode("the handler", [this] { callbacks_.writable(); });
  if (!thrown.ok()) finish(std::move(thrown));
}

void ServerStreamEnd::over(Status why) {
  if (over_) return;
  over_ = true;
  call_->endStream(why);  // wrappers see the outcome; no answer is sent
  static_cast<void>(runUserCode("the handler", [&] { callbacks_.end(std::move(why)); }));
  close();
}

}  // namespace evmicro::detail
