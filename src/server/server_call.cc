#include "server/server_call.h"

#include <exception>

#include <evmicro/event_loop.h>

#include "server/server_stream.h"

namespace evmicro::detail {

namespace {

Status droppedReply() {
  return Status::internal("the handler dropped the request without an answer");
}

}  // namespace

ServerCall::ServerCall(EventLoop& loop, std::string_view serverName, Request request,
                       Context context, ReplySink& sink)
    : loop_(loop),
      serverName_(serverName),
      request_(std::move(request)),
      root_(std::move(context)),
      context_(root_),
      sink_(&sink) {}

ServerCall::~ServerCall() {
  if (sink_) complete(droppedReply());
}

void ServerCall::armDeadline() {
  const auto remaining = root_.remaining();
  if (!remaining) return;
  deadline_ = std::make_unique<Timer>(
      loop_, [this] { end(Status::timeout("the caller's deadline has passed")); });
  deadline_->start(*remaining);
}

// The way through the wrappers: shared by the functions handed to them.
struct ServerCall::Chain {
  std::shared_ptr<ServerCall> call;
  std::shared_ptr<const std::vector<Wrapper>> wrappers;
  const Invoke* invoke;

  void step(std::size_t index, Context context, CallDone done) const {
    if (!call->sink_) return;  // ended meanwhile; the server may have gone, its methods with it
    if (index == wrappers->size()) {
      if (std::exchange(call->invoked_, true)) return;  // a wrapper has called next twice
      call->context_ = std::move(context);
      call->wrappedDone_ = std::move(done);
      (*invoke)(AnyReply(call));
      return;
    }
    CallInfo info;
    info.service = call->serverName_;
    info.method = call->method();
    info.contentType = call->contentType();
    (*wrappers)[index](
        std::move(context), info,
        [self = *this, index](Context next, CallDone nextDone) {
          self.step(index + 1, std::move(next), std::move(nextDone));
        },
        std::move(done));
  }
};

void ServerCall::start(std::shared_ptr<ServerCall> call,
                       std::shared_ptr<const std::vector<Wrapper>> wrappers, const Invoke& invoke) {
  // The only place where exceptions of user code are caught: they must not cross libevent.
  call->starting_ = true;
  try {
    if (wrappers->empty()) {
      invoke(AnyReply(call));
    } else {
      const Context context = call->context_;
      Chain{call, std::move(wrappers), &invoke}.step(
          0, context, [call](Status status) { call->complete(std::move(status)); });
    }
    if (call->dropped_) call->fail(droppedReply());
  } catch (const std::exception& error) {
    call->fail(Status::internal(std::string("the handler threw: ") + error.what()));
  } catch (...) {
    call->fail(Status::internal("the handler threw something unknown"));
  }
  call->starting_ = false;
  if (call->sink_) call->armDeadline();  // few calls are not answered by now
}

// While an exception is on its way to start(), the reply goes because of it: start() answers.
void ServerCall::drop() {
  if (answered_) return;
  if (starting_ && std::uncaught_exceptions() > 0) {
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
  if (!sink_) {  // nobody waits any more; the codec may have gone with the server
    finish(Status::cancelled("the caller has gone"));
    return;
  }
  Status status = request_.codec->writeReply(request_.frame, response, encoded_);
  if (!status.ok()) {
    fail(std::move(status).withContext("reply of " + method()));
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
  self.request_.body.clear();  // the opening message carries nothing
  self.isStream_ = true;
  auto stream = std::make_shared<ServerStreamEnd>(self.loop_, std::move(call));
  self.stream_ = stream;
  if (self.sink_) self.sink_->onStreamOpened();
  return stream;
}

// The handler's answer: through the wrappers that want to see it, then out.
void ServerCall::finish(Status status) {
  answered_ = true;
  if (!wrappedDone_) {
    complete(std::move(status));
    return;
  }
  const CallDone done = std::exchange(wrappedDone_, nullptr);
  done(std::move(status));
}

// `end` is what the context ends with: by the answer, when it is ok().
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
    const bool plain = undecodable_ && status.id().empty();
    if (status.id().empty()) status = std::move(status).withId(serverName_);
    request_.codec->writeError(request_.frame, plain ? status.detail() : status.toWire(), encoded_);
  }
  sink->onReply(*this, code, std::move(encoded_));
  // Either may drop the last owner of this call: nothing may follow.
  Context root = root_;
  if (end.ok()) {
    root.finish();
  } else {
    root.cancel(std::move(end));
  }
}

void ServerCall::end(Status why) {
  const auto stream = stream_.lock();
  complete(why, why);
  if (stream) stream->over(std::move(why));
}

void ServerCall::abandon(Status why) {
  sink_ = nullptr;
  deadline_.reset();
  Context root = root_;  // the call may die in here
  const auto stream = stream_.lock();
  root.cancel(why);
  if (stream) stream->over(std::move(why));
}

void ServerCall::peerFinished() {
  if (isStream_) {  // the ordinary way to say that no more messages come
    if (const auto stream = stream_.lock()) stream->inputEnded();
    return;
  }
  Context root = root_;  // the call may die in here
  root.cancel(Status::cancelled("the caller has gone"));
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
