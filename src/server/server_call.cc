#include "server/server_call.h"

#include <exception>

#include <evmicro/event_loop.h>

#include "call/answer.h"
#include "call/user_code.h"
#include "server/server_stream.h"

namespace evmicro::detail {

namespace {

Status droppedReply() {
  return Status::internal("the handler dropped the request without an answer");
}

}  // namespace

Status deadlineHasPassed() { return Status::timeout(std::string(kDeadlineHasPassed)); }

ServerCall::ServerCall(EventLoop& loop, std::string_view serverName, Request&& request,
                       const Context& context, ReplySink& sink)
    : loop_(loop),
      serverName_(serverName),
      request_(std::move(request)),
      root_(context),
      context_(root_),
      sink_(&sink) {}

ServerCall::~ServerCall() {
  if (sink_) complete(droppedReply());
}

void ServerCall::armDeadline() {
  const auto remaining = root_.remaining();
  if (!remaining) return;
  deadline_ = std::make_unique<Timer>(loop_, [this] { end(deadlineHasPassed()); });
  deadline_->start(*remaining);
}

// The call as it passes through the wrappers.
class ServerCall::Wrapped final : public WrappedCall, private CallPeer {
 public:
  Wrapped(std::shared_ptr<ServerCall> call, const Invoke& handler)
      : call_(std::move(call)), handler_(handler) {}

  CallInfo info() const override {
    CallInfo info;
    info.service = call_->serverName_;
    info.method = call_->method();
    info.contentType = call_->contentType();
    info.peer = this;
    return info;
  }
  // Once the call has ended, the server and its handlers may have been destroyed.
  bool open() const override { return call_->sink_ != nullptr; }
  void reach(Context context, CallDone done) override {
    call_->context_ = std::move(context);
    call_->wrappedDone_ = std::move(done);
    if (call_->root_.remaining() == std::chrono::nanoseconds::zero()) {
      call_->fail(deadlineHasPassed());  // while the wrappers were at work
    } else {
      invoke(call_, handler_);
    }
  }

 private:
  std::string address() const override {
    return call_->sink_ ? call_->sink_->peerAddress() : std::string();
  }
  std::shared_ptr<const PeerCertificate> certificate() const override {
    return call_->sink_ ? call_->sink_->peerCertificate() : nullptr;
  }

  const std::shared_ptr<ServerCall> call_;  // shared with the handler's reply
  const Invoke& handler_;                   // valid while open()
};

void ServerCall::start(std::shared_ptr<ServerCall> call, Wrappers wrappers, const Invoke& handler) {
  if (wrappers->empty()) {
    invoke(call, handler);
  } else {
    runMiddleware(std::make_shared<Wrapped>(call, handler), std::move(wrappers), call->context_,
                  [call](Status status) { call->complete(std::move(status)); });
  }
  if (call->sink_) call->armDeadline();  // most calls are answered by now
}

void ServerCall::invoke(const std::shared_ptr<ServerCall>& call, const Invoke& handler) {
  call->invoking_ = true;
  Status failed = runUserCode("the handler", [&] { handler(AnyReply(call)); });
  call->invoking_ = false;
  if (failed.ok() && call->dropped_) failed = droppedReply();
  if (failed.ok()) return;
  if (const auto stream = call->stream()) {
    stream->finish(std::move(failed));
  } else {
    call->fail(std::move(failed));
  }
}

// If the reply is destroyed by an exception, invoke() catches that and answers.
void ServerCall::drop() {
  if (answered_) return;
  if (invoking_ && std::uncaught_exceptions() > 0) {
    dropped_ = true;
  } else {
    fail(droppedReply());
  }
}

bool ServerCall::read(PayloadTarget target) {
  Status status = request_.codec->readPayload(request_.frame, request_.body, target);
  request_.body.clear();
  if (status.ok()) return true;
  undecodable_ = true;
  fail(std::move(status));
  return false;
}

void ServerCall::send(PayloadSource response) {
  if (answered_) return;
  if (!sink_) {  // nobody waits; the codec may have been destroyed with the server
    finish(Status::cancelled("the caller has gone"));
    return;
  }
  const Status status = request_.codec->writeReply(request_.frame, response, encoded_);
  if (!status.ok()) {
    fail(cannotWrite("reply", method(), status));
    return;
  }
  finish({});
}

void ServerCall::fail(Status why) {
  if (!answered_) finish(std::move(why));
}

void ServerCall::endStream(Status status) {
  if (!answered_) finish(std::move(status));
}

std::shared_ptr<ServerStreamEnd> ServerCall::openStream(std::shared_ptr<ServerCall> call) {
  ServerCall& self = *call;
  self.request_.body.clear();  // the opening message has no content
  self.isStream_ = true;
  auto stream = std::make_shared<ServerStreamEnd>(self.loop_, std::move(call));
  self.stream_ = stream;
  if (self.sink_) self.sink_->onStreamOpened();
  return stream;
}

// The handler's answer: passes through the wrappers and is then sent.
void ServerCall::finish(Status status) {
  answered_ = true;
  if (!wrappedDone_) {
    complete(std::move(status));
    return;
  }
  const CallDone done = std::exchange(wrappedDone_, nullptr);
  done(std::move(status));
}

// `end` is the status that the context ends with; ok() means by the answer.
void ServerCall::complete(Status status, Status end) {
  ReplySink* const sink = std::exchange(sink_, nullptr);
  if (!sink) return;
  deadline_.reset();
  if (status.ok() && isStream_) {
    request_.codec->writeError(request_.frame, "EOS", encoded_);
  } else if (status.ok() && encoded_.empty()) {
    status = Status::internal("a wrapper ended the call with success but without a reply");
  }
  const int code = status.ok() ? 200 : status.code();
  if (!status.ok()) {
    encoded_.clear();
    if (status.id().empty()) status = std::move(status).withId(serverName_);
    request_.codec->writeError(request_.frame, status.toWire(), encoded_);
  }
  sink->onReply(*this, code, std::move(encoded_));
  endContext(std::move(end));  // may destroy the last owner of this call: nothing may follow
}

// onDone functions of the context are, or may call, user code. ok(): ended by the answer.
void ServerCall::endContext(Status why) {
  Context root = root_;  // the call may be destroyed in here
  static_cast<void>(runUserCode("onDone of a context", [&] {
    if (why.ok()) {
      root.finish();
    } else {
      root.cancel(std::move(why));
    }
  }));
}

void ServerCall::end(Status why) {
  const auto stream = stream_.lock();
  complete(why, why);
  if (stream) stream->over(std::move(why));
}

void ServerCall::abandon(Status why) {
  sink_ = nullptr;
  deadline_.reset();
  const auto stream = stream_.lock();
  endContext(why);
  if (stream) stream->over(std::move(why));
}

void ServerCall::peerFinished() {
  if (isStream_) {  // the usual way to end the sending side
    if (const auto stream = stream_.lock()) stream->inputEnded();
    return;
  }
  endContext(Status::cancelled("the caller has gone"));
}

AnyReply::AnyReply(std::shared_ptr<ServerCall> call) noexcept : call_(std::move(call)) {}
AnyReply::AnyReply(AnyReply&&) noexcept = default;
AnyReply& AnyReply::operator=(AnyReply&& other) noexcept {
  if (this != &other) {
    const AnyReply old(std::exchange(call_, std::move(other.call_)));
  }
  return *this;
}
AnyReply::~AnyReply() {
  if (call_) call_->drop();
}

const Context& AnyReply::context() const noexcept { return call_->context(); }
bool AnyReply::read(PayloadTarget target) { return call_->read(target); }
void AnyReply::send(PayloadSource response) { call_->send(response); }
std::shared_ptr<StreamEnd> AnyReply::openStream() {
  return ServerCall::openStream(std::exchange(call_, nullptr));
}
void AnyReply::fail(Status why) { call_->fail(std::move(why)); }

}  // namespace evmicro::detail
