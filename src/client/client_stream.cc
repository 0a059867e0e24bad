#include "client/client_stream.h"

#include <iterator>

#include "base/duration.h"
#include "call/answer.h"
#include "call/stream_message.h"
#include "call/user_code.h"
#include "client/headers.h"
#include "net/trailers.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

milliseconds idleTimeout(const ClientShared& shared, const PreparedCall* prepared) {
  if (!prepared) return milliseconds(0);
  return prepared->options.streamIdle.value_or(shared.options.streamIdle);
}

}  // namespace

// The part that uses the client and the loop.
struct ClientStreamEnd::Conversation {
  Conversation(ClientShared& of, ClientStreamEnd& stream)
      : shared(of),
        place(of.streams.insert(of.streams.end(), &stream)),
        attempts(of.nodes, stream.prepared_.get(), stream, Attempts::Reuse::kNo, 1),
        deadline(of.nodes.loop,
                 [&stream] { stream.fail(Status::timeout("the deadline has passed")); }),
        idle(of.nodes.loop, idleTimeout(of, stream.prepared_.get()), [&stream] { stream.idle(); }) {
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation() { shared.streams.erase(place); }

  ClientShared& shared;
  const std::list<ClientStreamEnd*>::iterator place;
  Attempts attempts;
  std::unique_ptr<Socket> socket;
  Timer deadline;
  IdleTimer idle;
  Subscription cancelled;
  Call pending;
};

ClientStreamEnd::ClientStreamEnd(ClientShared& shared, std::shared_ptr<PreparedCall> prepared,
                                 Context context)
    : prepared_(std::move(prepared)),
      context_(std::move(context)),
      conversation_(std::make_unique<Conversation>(shared, *this)) {
  watchContext();
}

ClientStreamEnd::ClientStreamEnd(ClientShared& shared, Context context, Status why)
    : context_(std::move(context)), conversation_(std::make_unique<Conversation>(shared, *this)) {
  overLater(std::move(why));
}

ClientStreamEnd::~ClientStreamEnd() {
  if (conversation_ && conversation_->socket) conversation_->socket->abort();
}

void ClientStreamEnd::abandon() {
  if (conversation_->socket) conversation_->socket->abort();
  conversation_.reset();
  const CallDone dropped = std::exchange(done_, nullptr);
  const StreamCallbacks last = callbacks_.take();  // they may own this stream
}

void ClientStreamEnd::begin(Context context, CallDone done) {
  if (!conversation_ || std::exchange(begun_, true)) return;
  done_ = std::move(done);
  context_ = std::move(context);
  watchContext();
  if (context_.done()) return;
  conversation_->shared.nodes.budget.earn();
  conversation_->attempts.begin(context_.deadline());
}

void ClientStreamEnd::watchContext() {
  Conversation& conversation = *conversation_;
  if (context_.done()) {
    overLater(context_.status().withId(kClientId));
    return;
  }
  conversation.deadline.stop();  // of the previous context
  if (const auto left = context_.remaining()) conversation.deadline.start(*left);
  conversation.cancelled = context_.onDone([this] {
    if (conversation_->socket) conversation_->socket->abort();
    conversation_->attempts.cancel();
    overLater(context_.status().withId(kClientId));
  });
}

void ClientStreamEnd::idle() {
  fail(Status::timeout("no message for " + formatDuration(conversation_->idle.timeout())));
}

// --- sending

void ClientStreamEnd::onConnection(NodeConnection connection) {
  Conversation& conversation = *conversation_;
  conversation.socket = std::move(connection.socket);
  Socket& socket = *conversation.socket;
  if (!socket.carriesStreams()) {
    failLater(Status::invalid("the transport does not carry streams"));
    return;
  }
  socket.observe(this);
  if (paused_) socket.pause();
  form_ = prepared_->form(connection.grpc);
  requestHeaders(conversation.shared.options, *prepared_, form_, context_, context_.deadline(),
                 conversation.attempts.address(), headers_);
  headers_.all.set("Stream-For", conversation.attempts.address());
  put(prepared_->body.contiguous());
  for (Buffer& body : waiting_) put(body.contiguous());
  chooseKind();
  if (finished_) socket.finishSending();
  conversation.idle.start();
}

// Some servers of gRPC run a method with one request only when its caller has ended its side.
void ClientStreamEnd::chooseKind() {
  if (!form_.grpc) return;
  const PreparedCall& call = *prepared_;
  const std::string name = call.package.empty() ? call.method : call.package + "." + call.method;
  kind_ = kindOfMethod(name, call.streamOf);
  if (kind_.oneRequest && seq_ > 0) finished_ = true;
}

// A copy, in the form of the conversation: it may have to be sent to another node.
void ClientStreamEnd::put(std::string_view body) {
  Buffer copy = form_.converted ? asGrpcMessage(*prepared_->codec, body) : Buffer(body);
  conversation_->socket->send(headers_.all, std::move(copy));
}

void ClientStreamEnd::sendBody(Buffer&& body) {
  Socket* const socket = conversation_->socket.get();
  // Something has been written, so the connection is established, and no other node will be tried.
  if (socket && socket->queued() == 0) reached();
  if (socket && reached_) {
    if (form_.converted) {
      put(body.contiguous());
    } else {
      socket->send(headers_.all, std::move(body));
    }
    return;
  }
  if (socket) put(body.contiguous());
  waitingBytes_ += body.size();
  waiting_.push_back(std::move(body));
}

void ClientStreamEnd::reached() {
  reached_ = true;
  waiting_.clear();
  waitingBytes_ = 0;
}

std::size_t ClientStreamEnd::queued() const noexcept {
  return conversation_->socket ? conversation_->socket->queued() : waitingBytes_;
}

bool ClientStreamEnd::writable() const noexcept {
  if (!conversation_ || finished_) return false;
  const std::size_t most = conversation_->shared.options.dial.highWaterBytes;
  return most == 0 || queued() <= most;
}

bool ClientStreamEnd::send(PayloadSource message) {
  if (!conversation_ || finished_) return false;
  Buffer body;
  Status status = prepared_->codec->writeRequest(prepared_->method, ++seq_, message, body);
  if (!status.ok()) {
    failLater(std::move(status));
    return false;
  }
  conversation_->idle.touch();
  sendBody(std::move(body));
  const std::size_t most = conversation_->shared.options.streamQueueBytes;
  if (most > 0 && queued() > most) {
    failLater(Status::overloaded("the peer does not read: " + std::to_string(queued()) +
                                 " bytes are queued"));
    return false;
  }
  const bool more = writable();
  if (kind_.oneRequest) finish({});
  return more;
}

void ClientStreamEnd::finish(Status /*only a server's end has one*/) {
  if (!conversation_ || std::exchange(finished_, true)) return;
  if (conversation_->socket) conversation_->socket->finishSending();
}

void ClientStreamEnd::pause() {
  paused_ = true;
  if (conversation_ && conversation_->socket) conversation_->socket->pause();
}

void ClientStreamEnd::resume() {
  paused_ = false;
  if (conversation_ && conversation_->socket) conversation_->socket->resume();
}

// --- receiving

void ClientStreamEnd::onMessage(Message& message) {
  conversation_->idle.touch();
  Frame frame;
  // The server repeats the number of the latest message that it has read.
  Status status = readAnswer({*form_.codec, prepared_->method, 0, seq_}, message, frame);
  if (!status.ok()) {
    conversation_->attempts.answered();
    conversation_->attempts.heed(message.headers);
    noAnswer(std::move(status));
    return;
  }
  reached();
  if (prepared_->options.replyMetadata) takeMetadata(message.headers, !frame.error.empty());
  if (!frame.error.empty()) {
    const bool inOrder = frame.error == "EOS" || (finished_ && frame.error == "EOF");
    if (inOrder && kind_.oneReply && replies_ == 0) return fail(miscounted());
    over(inOrder ? Status() : errorIn(frame, prepared_->method));
    return;
  }
  if (++replies_ > 1 && kind_.oneReply) return fail(miscounted());
  StreamMessage incoming(*form_.codec, frame, message.body);
  const auto alive = lifetime_.watch();
  Status thrown =
      runUserCode("onMessage of a stream", [&] { status = callbacks_.message(incoming); });
  if (alive.expired() || !conversation_) return;
  if (!thrown.ok()) {
    fail(std::move(thrown));
  } else if (!status.ok()) {
    fail(Status::internal("bad message: " + status.detail()));
  }
}

// UNIMPLEMENTED, as gRPC's documents have it.
Status ClientStreamEnd::miscounted() const {
  const std::string many = replies_ == 0 ? "no message" : "more than one message";
  return Status::error(501, {}, "bad reply: it has " + many + "; the method has one");
}

void ClientStreamEnd::takeMetadata(const Metadata& headers, bool last) {
  ReplyMetadata& metadata = *prepared_->options.replyMetadata;
  if (!std::exchange(answered_, true)) metadata.initial = headers;
  if (!last) return;
  const auto* const trailers = dynamic_cast<const ReceivesTrailers*>(conversation_->socket.get());
  metadata.trailing = trailers ? trailers->trailers() : headers;
}

void ClientStreamEnd::onPeerFinished() {
  noAnswer(Status::internal("the connection was closed before the end of the stream"));
}

void ClientStreamEnd::onClosed(Status why) {
  if (why.ok()) {
    onPeerFinished();
    return;
  }
  noAnswer(std::move(why));
}

// If the node has received nothing, or has refused, another one may be tried.
void ClientStreamEnd::noAnswer(Status why) {
  if (reached_) {
    fail(std::move(why));
    return;
  }
  Conversation& conversation = *conversation_;
  const Socket* const socket = conversation.socket.get();
  conversation.socket->observe(nullptr);
  conversation.shared.nodes.loop.deleteLater(std::move(conversation.socket));  // it may be on the
                                                                               // stack
  conversation.attempts.failed(std::move(why), socket);
}

void ClientStreamEnd::onNoAnswer(Status why) { over(std::move(why)); }

void ClientStreamEnd::onWritable() {
  const auto alive = lifetime_.watch();
  Status thrown = runUserCode("onWritable of a stream", [&] { callbacks_.writable(); });
  if (!alive.expired() && conversation_ && !thrown.ok()) fail(std::move(thrown));
}

// --- the end

// The conversation is over: wrappers, if there are any, are notified first. May destroy this
// object.
void ClientStreamEnd::over(Status status) {
  if (!conversation_) return;
  stop(status);
  if (const CallDone done = std::exchange(done_, nullptr)) {
    done(std::move(status));
  } else {
    end(std::move(status));
  }
}

void ClientStreamEnd::stop(const Status& status) {
  const auto ending = std::exchange(conversation_, nullptr);
  if (!ending) return;
  if (ending->socket) {
    status.ok() ? ending->socket->observe(nullptr) : ending->socket->abort();
    ending->shared.nodes.loop.deleteLater(std::move(ending->socket));  // it may be calling
  }
  ending->attempts.end(status);
}

void ClientStreamEnd::end(Status status) {
  stop(status);
  const CallDone dropped = std::exchange(done_, nullptr);
  StreamCallbacks last = callbacks_.take();  // they may own this stream
  static_cast<void>(runUserCode("onEnd of a stream", [&] { last.end(std::move(status)); }));
}

void ClientStreamEnd::fail(Status why) {
  over(describeFailure(*prepared_, conversation_->attempts.node(), std::move(why)));
}

void ClientStreamEnd::failLater(Status why) {
  overLater(describeFailure(*prepared_, conversation_->attempts.node(), std::move(why)));
}

void ClientStreamEnd::overLater(Status status) {
  conversation_->pending =
      conversation_->shared.nodes.loop.defer([this, status = std::move(status)] { over(status); });
}

}  // namespace evmicro::detail
