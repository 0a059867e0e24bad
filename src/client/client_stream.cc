#include "client/client_stream.h"

#include "base/duration.h"
#include "call/stream_message.h"
#include "client/headers.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kMostQueued = 64U << 20;
constexpr int kUnreachedNodes = 3;

std::chrono::milliseconds idleTimeout(const ClientOptions& client, const CallOptions& call) {
  return call.streamIdle.count() > 0 ? call.streamIdle : client.streamIdle;
}

}  // namespace

ClientStreamEnd::ClientStreamEnd(ClientShared& shared, std::shared_ptr<PreparedCall> prepared,
                                 Context context)
    : shared_(shared),
      prepared_(std::move(prepared)),
      context_(std::move(context)),
      choice_(shared.loop, shared.selector, prepared_.get()),
      timer_(shared.loop,
             [this] {
               over(describeFailure(*prepared_, choice_.node(),
                                    Status::timeout("the deadline has passed")));
             }),
      idle_(shared.loop, idleTimeout(shared.options, prepared_->options), [this] { idle(); }) {
  watchContext();
}

ClientStreamEnd::ClientStreamEnd(ClientShared& shared, Context context, Status why)
    : shared_(shared),
      context_(std::move(context)),
      choice_(shared.loop, shared.selector, nullptr),
      timer_(shared.loop, [] {}),
      idle_(shared.loop, std::chrono::milliseconds(0), [] {}) {
  overLater(std::move(why));
}

ClientStreamEnd::~ClientStreamEnd() {
  if (socket_ && !over_) socket_->abort();
}

void ClientStreamEnd::begin(Context context, CallDone done) {
  if (over_ || std::exchange(begun_, true)) return;
  done_ = std::move(done);
  context_ = std::move(context);
  watchContext();
  if (!context_.done()) selectNode();
}

void ClientStreamEnd::watchContext() {
  if (context_.done()) {
    overLater(context_.status().withId(kClientId));
    return;
  }
  timer_.stop();  // of the context before
  if (const auto left = context_.remaining()) timer_.start(*left);
  cancelled_ = context_.onDone([this] {
    if (socket_) socket_->abort();
    choice_.cancel();
    overLater(context_.status().withId(kClientId));
  });
}

void ClientStreamEnd::idle() {
  over(describeFailure(*prepared_, choice_.node(),
                       Status::timeout("no message for " + formatDuration(idle_.timeout()))));
}

void ClientStreamEnd::selectNode() {
  const bool chosen = choice_.choose([this](Status status) {
    if (status.ok()) return connect();
    over(describeFailure(*prepared_, Node{}, std::move(status)));
  });
  if (chosen) connect();
}

void ClientStreamEnd::connect() {
  auto dialled = shared_.transport.dial(choice_.address(), shared_.options.dial);
  if (!dialled.ok()) {
    overLater(describeFailure(*prepared_, choice_.node(), std::move(dialled).status()));
    return;
  }
  socket_ = std::move(*dialled);
  socket_->observe(this);
  if (paused_) socket_->pause();
  headers_.clear();
  requestHeaders(shared_.options, *prepared_, context_, context_.deadline(), headers_);
  Buffer opening;
  opening.append(prepared_->body.contiguous());
  socket_->send(headers_, std::move(opening));
  for (Buffer& body : waiting_) {  // kept: another node may have to get them
    Buffer copy;
    copy.append(body.contiguous());
    socket_->send(headers_, std::move(copy));
  }
  if (finished_) socket_->finishSending();
  idle_.start();
}

void ClientStreamEnd::sendBody(Buffer&& body) {
  // Something has been written, so there is a connection: no other node will be tried.
  if (socket_ && socket_->queued() == 0) reached();
  if (socket_ && reached_) {
    socket_->send(headers_, std::move(body));
    return;
  }
  if (socket_) {
    Buffer copy;
    copy.append(body.contiguous());
    socket_->send(headers_, std::move(copy));
  }
  waitingBytes_ += body.size();
  waiting_.push_back(std::move(body));
}

void ClientStreamEnd::reached() {
  reached_ = true;
  waiting_.clear();
  waitingBytes_ = 0;
}

bool ClientStreamEnd::writable() const noexcept {
  const std::size_t queued = socket_ ? socket_->queued() : waitingBytes_;
  const std::size_t most = shared_.options.dial.highWaterBytes;
  return !over_ && !finished_ && (most == 0 || queued <= most);
}

bool ClientStreamEnd::send(PayloadSource message) {
  if (over_ || finished_) return false;
  Buffer body;
  Status status = prepared_->codec->writeRequest(prepared_->method, ++seq_, message, body);
  if (!status.ok()) {
    overLater(describeFailure(*prepared_, choice_.node(), std::move(status)));
    return false;
  }
  idle_.touch();
  sendBody(std::move(body));
  if ((socket_ ? socket_->queued() : waitingBytes_) > kMostQueued) {
    overLater(describeFailure(*prepared_, choice_.node(),
                              Status::overloaded("the peer does not read: 64 MiB are queued")));
    return false;
  }
  return writable();
}

void ClientStreamEnd::finish(Status /*only a server's end has one*/) {
  if (over_ || std::exchange(finished_, true)) return;
  if (socket_) socket_->finishSending();
}

void ClientStreamEnd::pause() {
  paused_ = true;
  if (socket_) socket_->pause();
}

void ClientStreamEnd::resume() {
  paused_ = false;
  if (socket_) socket_->resume();
}

void ClientStreamEnd::onMessage(Message& message) {
  reached();
  idle_.touch();
  Frame frame;
  Status status = prepared_->codec->readReply(message.body, frame);
  if (!status.ok()) {
    over(describeFailure(*prepared_, choice_.node(), std::move(status).withContext("bad message")));
    return;
  }
  if (!frame.error.empty()) {
    const bool inOrder = frame.error == "EOS" || (finished_ && frame.error == "EOF");
    over(inOrder ? Status() : Status::fromWire(frame.error));
    return;
  }
  StreamMessage incoming(*prepared_->codec, frame, message.body);
  const auto alive = lifetime_.watch();
  status = callbacks_.message(incoming);
  if (alive.expired() || status.ok()) return;
  over(describeFailure(*prepared_, choice_.node(), std::move(status).withContext("bad message")));
}

void ClientStreamEnd::onPeerFinished() {
  over(describeFailure(*prepared_, choice_.node(),
                       Status::internal("the connection was closed before the end of the stream")));
}

// A node that was not reached has seen nothing: the next one is tried.
void ClientStreamEnd::onClosed(Status why) {
  if (why.ok()) {
    onPeerFinished();
    return;
  }
  const bool otherNodes = prepared_->options.address.empty();
  if (why.kind() == ErrorKind::kUnavailable && otherNodes && ++unreached_ < kUnreachedNodes) {
    choice_.end(why);
    shared_.loop.deleteLater(std::move(socket_));
    selectNode();
    return;
  }
  over(describeFailure(*prepared_, choice_.node(), std::move(why)));
}

void ClientStreamEnd::onWritable() { callbacks_.writable(); }

// The conversation is over: the wrappers are told first, if there are any. This object may be gone
// afterwards.
void ClientStreamEnd::over(Status status) {
  if (over_) return;
  stop(status);
  if (const CallDone done = std::exchange(done_, nullptr)) {
    done(std::move(status));
  } else {
    end(std::move(status));
  }
}

void ClientStreamEnd::stop(const Status& status) {
  if (std::exchange(over_, true)) return;
  timer_.stop();
  idle_.stop();
  cancelled_.cancel();
  pending_.cancel();
  choice_.cancel();
  if (socket_) {
    status.ok() ? socket_->observe(nullptr) : socket_->abort();
    shared_.loop.deleteLater(std::move(socket_));  // it may be calling
  }
  choice_.end(status);
}

void ClientStreamEnd::end(Status status) {
  stop(status);
  const CallDone dropped = std::exchange(done_, nullptr);
  StreamCallbacks last = callbacks_.take();  // they may own this stream
  last.end(std::move(status));
}

void ClientStreamEnd::overLater(Status status) {
  pending_ = shared_.loop.defer([this, status = std::move(status)] { over(status); });
}

}  // namespace evmicro::detail
