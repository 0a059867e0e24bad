#include "client/client_call.h"

#include <algorithm>

#include "call/answer.h"
#include "client/headers.h"
#include "client/hedge.h"
#include "net/trailers.h"

namespace evmicro::detail {

namespace {

using Clock = EventLoop::Clock;

// Attempts that may run the call: more than one only if it may safely run again.
int allowedAttempts(const ClientOptions& client, const CallOptions& call) {
  if (call.idempotent == CallOptions::Idempotent::kNo) return 1;
  return std::max(call.retries.value_or(client.retries), 1);
}

// From the only message of a reply.
void takeMetadata(ReplyMetadata* to, const Socket& from, const Metadata& headers) {
  if (!to) return;
  to->initial = headers;
  const auto* const trailers = dynamic_cast<const ReceivesTrailers*>(&from);
  to->trailing = trailers ? trailers->trailers() : Metadata();
}

Status closedWithoutReply() {
  return Status::internal("the connection was closed without a reply");
}

std::optional<Clock::time_point> deadlineOf(std::chrono::milliseconds timeout,
                                            const Context& context) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365);
  const std::optional<Clock::time_point> own = context.deadline();
  if (timeout.count() <= 0) return own;
  const Clock::time_point deadline = EventLoop::now() + std::min(timeout, kLongest);
  return own ? std::min(deadline, *own) : deadline;
}

// The answer of a node of `service` that noticed the end of the call's time. By its clock, which
// started with the call's arrival, that may be before `deadline`.
bool isTimeout(const Status& answer, const std::string& service, Clock::time_point deadline) {
  if (answer.code() != 408) return false;
  const bool nodes = answer.id() == service && answer.detail() == kDeadlineHasPassed;
  return nodes || Clock::now() >= deadline;
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
  if (hedge_) hedge_->cancel();
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
  shared_.nodes.budget.earn();
  if (prepared_->options.hedgeAfter) planHedge();
  attempts_.begin(deadline_);
}

// Only calls that may run twice, and that may choose a node.
void ClientCall::planHedge() {
  const CallOptions& options = prepared_->options;
  if (options.idempotent == CallOptions::Idempotent::kNo || !options.address.empty()) return;
  hedge_ = std::make_unique<Hedge>(*this);
  hedge_->startAfter(*options.hedgeAfter);
}

// Does not end the call itself: may run within the caller's function.
void ClientCall::onConnection(NodeConnection connection) {
  connection_ = std::move(connection);
  connection_.socket->observe(this);
  send(attempts_, connection_);
}

void ClientCall::send(const Attempts& attempts, NodeConnection& connection) {
  const CallForm form = prepared_->form(connection.grpc);
  requestHeaders(shared_.options, *prepared_, form, context_, deadline_, attempts.address(),
                 shared_.headers);
  const bool last = !hedge_ && !attempts.mayGoOn();
  Buffer body = form.converted ? asGrpcMessage(*prepared_->codec, prepared_->body.contiguous())
                               : takeBody(connection.answered, last);
  connection.socket->send(shared_.headers.all, std::move(body));
}

// A copy if there may be another attempt: a new connection may turn out not to be established.
Buffer ClientCall::takeBody(std::uint64_t seq, bool last) {
  Buffer body;
  if (seq > 0 && last) {
    body = std::move(prepared_->body);
  } else {
    body.append(prepared_->body.contiguous());
  }
  if (seq > 0) prepared_->codec->renumber(body, seq);
  return body;
}

void ClientCall::onMessage(Message& message) {
  const Status problem = take(attempts_, connection_, message);
  if (!problem.ok()) noAnswer(problem);
}

// What came on `connection`: an answer ends the call, of which nothing is left then. Not ok(): it
// is none, and `connection` is of use only when it is still there afterwards.
Status ClientCall::take(Attempts& attempts, NodeConnection& connection, Message& message) {
  prepared_->answered = true;
  attempts.answered();
  const std::uint64_t seq = connection.answered;
  const Codec& codec = *prepared_->form(connection.grpc).codec;
  takeMetadata(prepared_->options.replyMetadata.get(), *connection.socket, message.headers);
  Frame frame;
  Status status = readAnswer({codec, prepared_->method, seq, seq}, message, frame);
  if (!status.ok()) {
    attempts.heed(message.headers);
    const bool refused = status.kind() == ErrorKind::kOverloaded;
    if (refused && connection.socket->reusable()) keep(attempts, connection);
    return status;
  }
  status = errorIn(frame, prepared_->method);
  if (status.ok()) {
    status = codec.readPayload(frame, message.body, prepared_->response);
    if (!status.ok()) {
      status = attempts.describe(Status::internal("bad reply: " + status.detail()));
    }
  } else if (deadline_ && isTimeout(status, prepared_->service, *deadline_)) {
    status = attempts.describe(Status::timeout("no answer in time"));
  }
  keep(attempts, connection);
  if (hedge_) {
    if (&attempts != &attempts_) ++shared_.hedgesWon;
    attempts.end(status);
    cancelLoser();
  }
  finish(std::move(status));
  return {};
}

// For the next call.
void ClientCall::keep(Attempts& attempts, NodeConnection& connection) {
  ++connection.answered;
  attempts.keep(std::move(connection));
}

void ClientCall::onPeerFinished() { noAnswer(closedWithoutReply()); }

void ClientCall::onClosed(Status why) {
  noAnswer(why.ok() ? closedWithoutReply() : std::move(why));
}

void ClientCall::noAnswer(Status why) {
  const Socket* const socket = connection_.socket.get();
  drop(connection_);
  attempts_.failed(std::move(why), socket);
}

// It is of no use any more, if it is still there.
void ClientCall::drop(NodeConnection& connection) {
  if (!connection.socket) return;
  connection.socket->observe(nullptr);
  shared_.nodes.loop.deleteLater(std::move(connection.socket));  // it may be calling
}

// The second attempt may still bring an answer.
void ClientCall::onNoAnswer(Status why) {
  if (hedge_ && hedge_->underWay()) {
    failure_ = std::move(why);
  } else {
    giveUp(std::move(why));
  }
}

void ClientCall::hedgeFailed() {
  if (!failure_.ok()) giveUp(std::move(failure_));
}

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
  if (hedge_) hedge_->end(status);
  const CallDone done = std::move(done_);
  all_.erase(place_);  // destroys this object
  if (done) done(std::move(status));
}

// One of two attempts has brought the answer, and has ended.
void ClientCall::cancelLoser() {
  const Status lost = Status::cancelled("another node has answered first");
  if (connection_.socket) connection_.socket->abort();
  attempts_.end(lost);
  hedge_->end(lost);
}

}  // namespace evmicro::detail
