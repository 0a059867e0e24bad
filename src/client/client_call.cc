#include "client/client_call.h"

#include <algorithm>

#include "call/answer.h"
#include "client/headers.h"

namespace evmicro::detail {

namespace {

using Clock = EventLoop::Clock;

// Attempts that may run the call: more than one only if it may safely run again.
int allowedAttempts(const ClientOptions& client, const CallOptions& call) {
  if (call.idempotent == CallOptions::Idempotent::kNo) return 1;
  return std::max(call.retries.value_or(client.retries), 1);
}

std::optional<Clock::time_point> deadlineOf(std::chrono::milliseconds timeout,
                                            const Context& context) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365);
  const std::optional<Clock::time_point> own = context.deadline();
  if (timeout.count() <= 0) return own;
  const Clock::time_point deadline = EventLoop::now() + std::min(timeout, kLongest);
  return own ? std::min(deadline, *own) : deadline;
}

}  // namespace

ClientCall::ClientCall(ClientShared& shared, All& all, std::shared_ptr<PreparedCall> prepared,
                       Context context, CallDone done)
    : Entry(shared.deadlines),
      shared_(shared),
      all_(all),
      prepared_(std::move(prepared)),
      context_(std::move(context)),
      done_(std::move(done)),
      attempts_(shared.nodes, prepared_.get(), *this, Attempts::Reuse::kYes,
                allowedAttempts(shared.options, prepared_->options)) {}

ClientCall::~ClientCall() {
  if (prepared_->running == this) prepared_->running = nullptr;
}

void ClientCall::abandon() noexcept {
  if (!prepared_->wrapped) done_ = nullptr;
  giveUpLater(Status::cancelled("the call was cancelled by its owner").withId(kClientId));
}

void ClientCall::giveUpLater(Status why) {
  if (connection_.socket) connection_.socket->abort();
  attempts_.cancel();
  pending_ = shared_.nodes.loop.defer([this, why = std::move(why)] { giveUp(why); });
}

void ClientCall::begin(All::iterator place) {
  place_ = place;
  prepared_->running = this;
  if (prepared_->abandoned) return abandon();
  if (context_.done()) {
    giveUpLater(context_.status().withId(kClientId));
    return;
  }
  deadline_ =
      deadlineOf(prepared_->options.timeout.value_or(shared_.options.requestTimeout), context_);
  if (deadline_) startDeadline(*deadline_);
  cancelled_ = context_.onDone([this] { giveUpLater(context_.status().withId(kClientId)); });
  attempts_.begin(deadline_);
}

// Does not end the call itself: may run within the caller's function.
void ClientCall::onConnection(NodeConnection connection) {
  connection_ = std::move(connection);
  Socket& socket = *connection_.socket;
  socket.observe(this);
  requestHeaders(shared_.options, *prepared_, context_, deadline_, attempts_.address(),
                 shared_.headers);
  socket.send(shared_.headers.all, takeBody(connection_.answered));
}

// A copy if there may be another attempt: a new connection may turn out not to be established.
Buffer ClientCall::takeBody(std::uint64_t seq) {
  Buffer body;
  if (seq > 0 && !attempts_.mayGoOn()) {
    body = std::move(prepared_->body);
  } else {
    body.append(prepared_->body.contiguous());
  }
  if (seq > 0) prepared_->codec->renumber(body, seq);
  return body;
}

void ClientCall::onMessage(Message& message) {
  prepared_->answered = true;
  attempts_.answered();
  const std::uint64_t seq = connection_.answered;
  Frame frame;
  Status status = readAnswer({*prepared_->codec, prepared_->method, seq, seq}, message, frame);
  if (!status.ok()) {
    noAnswer(std::move(status));
    return;
  }
  status = errorIn(frame, prepared_->method);
  if (status.ok()) {
    status = prepared_->codec->readPayload(frame, message.body, prepared_->response);
    if (!status.ok()) {
      status = attempts_.describe(Status::internal("bad reply: " + status.detail()));
    }
  }
  ++connection_.answered;
  shared_.nodes.pool.give(attempts_.address(), std::move(connection_));
  finish(std::move(status));
}

void ClientCall::onPeerFinished() {
  noAnswer(Status::internal("the connection was closed without a reply"));
}

void ClientCall::onClosed(Status why) {
  if (why.ok()) why = Status::internal("the connection was closed without a reply");
  noAnswer(std::move(why));
}

// The connection cannot be used again; there may be another attempt.
void ClientCall::noAnswer(Status why) {
  connection_.socket->observe(nullptr);
  shared_.nodes.loop.deleteLater(std::move(connection_.socket));  // it is on the stack
  attempts_.failed(std::move(why));
}

void ClientCall::onNoAnswer(Status why) { giveUp(std::move(why)); }

void ClientCall::onDeadline() {
  std::string text = "no answer in time";
  const Status& before = attempts_.lastFailure();
  if (!before.ok()) text += "; before that: " + before.detail();
  giveUp(attempts_.describe(Status::timeout(std::move(text))));
}

void ClientCall::giveUp(Status why) {
  if (connection_.socket) connection_.socket->abort();
  finish(std::move(why));
}

void ClientCall::finish(Status status) {
  attempts_.end(status);
  const CallDone done = std::move(done_);
  all_.erase(place_);  // destroys this object
  if (done) done(std::move(status));
}

}  // namespace evmicro::detail
