#include "client/client_call.h"

#include <algorithm>
#include <random>

#include "client/headers.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr int kUnreachedNodes = 3;
constexpr milliseconds kFirstPause{10};

milliseconds jitteredPause(std::minstd_rand& random, int attempt) {
  const auto longest = kFirstPause.count() << std::min(attempt, 6);
  return milliseconds(std::uniform_int_distribution<std::int64_t>(longest / 2, longest)(random));
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
      choice_(shared.loop, shared.selector, prepared_.get()) {}

void ClientCall::begin(All::iterator place) {
  place_ = place;
  const auto timeout = prepared_->options.timeout.count() > 0 ? prepared_->options.timeout
                                                              : shared_.options.requestTimeout;
  const auto now = EventLoop::now();
  deadline_ = now + timeout;
  if (const auto own = context_.deadline()) deadline_ = std::min(deadline_, *own);
  if (context_.done()) {
    pending_ = shared_.loop.defer([this] { giveUp(context_.status().withId(kClientId)); });
    return;
  }
  startDeadline(deadline_);
  cancelled_ = context_.onDone([this] {
    if (socket_) socket_->abort();
    choice_.cancel();
    pending_ = shared_.loop.defer([this] { giveUp(context_.status().withId(kClientId)); });
  });
  selectNode();
}

void ClientCall::selectNode() {
  const bool chosen = choice_.choose([this](Status status) {
    if (status.ok()) return attempt();
    giveUp(describeFailure(*prepared_, Node{}, std::move(status)));
  });
  if (chosen) attempt();
}

// Ends nothing itself: it may run in the call that begins all this.
void ClientCall::attempt() {
  const std::string& address = choice_.address();
  socket_ = shared_.pool.take(address);
  const bool pooled = socket_ != nullptr;
  if (!pooled) {
    auto dialled = shared_.transport.dial(address, shared_.options.dial);
    if (!dialled.ok()) {
      // Not in the call that has begun this one.
      pending_ =
          shared_.loop.defer([this, why = std::move(dialled).status()] { attemptFailed(why); });
      return;
    }
    socket_ = std::move(*dialled);
  }
  socket_->observe(this);
  shared_.headers.clear();
  requestHeaders(shared_.options, *prepared_, context_, deadline_, shared_.headers);
  socket_->send(shared_.headers, takeBody(!pooled));
}

// A copy when there may be another attempt: one that reaches nobody does not count, but on a
// connection that is made somebody has been reached.
Buffer ClientCall::takeBody(bool fresh) {
  if (!fresh && attempts_ + 1 >= allowedAttempts()) return std::move(prepared_->body);
  Buffer copy;
  copy.append(prepared_->body.contiguous());
  return copy;
}

void ClientCall::onMessage(Message& message) {
  Status status = readReply(message);
  shared_.pool.give(choice_.address(), std::move(socket_));
  finish(std::move(status));
}

Status ClientCall::readReply(Message& message) {
  Frame frame;
  Status status = prepared_->codec->readReply(message.body, frame);
  if (!status.ok()) return describe(std::move(status).withContext("bad reply"));
  if (!frame.error.empty()) return Status::fromWire(frame.error);
  status = prepared_->codec->readPayload(frame, message.body, prepared_->response);
  if (!status.ok()) return describe(std::move(status).withContext("bad reply"));
  return {};
}

void ClientCall::onPeerFinished() {
  attemptFailed(Status::internal("the connection was closed without a reply"));
}

void ClientCall::onClosed(Status why) {
  if (why.ok()) why = Status::internal("the connection was closed without a reply");
  attemptFailed(std::move(why));
}

int ClientCall::allowedAttempts() const {
  const int wanted =
      prepared_->options.retries > 0 ? prepared_->options.retries : shared_.options.retries;
  const bool idempotent = prepared_->options.idempotent == CallOptions::Idempotent::kYes;
  return idempotent ? std::max(wanted, 1) : 1;
}

// The answer did not come. Tries another node when that is safe: nobody was reached, or the method
// may be run twice.
void ClientCall::attemptFailed(Status why) {
  const bool reached = why.kind() != ErrorKind::kUnavailable;
  ++(reached ? attempts_ : unreached_);
  choice_.end(why);
  why = describe(std::move(why));
  const bool again = why.kind() != ErrorKind::kInvalid &&
                     (reached ? attempts_ < allowedAttempts() : unreached_ < kUnreachedNodes);
  const bool otherNodes = prepared_->options.address.empty();
  const auto pause = jitteredPause(shared_.random, attempts_ + unreached_);
  if (!again || (!reached && !otherNodes) || EventLoop::now() + pause >= deadline_) {
    giveUp(std::move(why));
    return;
  }
  lastFailure_ = std::move(why);
  shared_.loop.deleteLater(std::move(socket_));  // it is still calling
  retry_ = std::make_unique<Timer>(shared_.loop, [this] { selectNode(); });
  retry_->start(pause);
}

// What was tried, where, and how often.
Status ClientCall::describe(Status why) const {
  const int made = std::max(attempts_ + unreached_, 1);
  // Attempts that have reached nobody are free: there may be more than are allowed.
  const std::string attempt = " (attempt " + std::to_string(made) + " of " +
                              std::to_string(std::max(made, allowedAttempts())) + ")";
  const Status described = describeFailure(*prepared_, choice_.node(), std::move(why));
  return Status(described.kind(), described.code(), described.id(), described.detail() + attempt);
}

void ClientCall::onDeadline() {
  std::string text = "no answer in time";
  if (!lastFailure_.ok()) text += "; before that: " + lastFailure_.detail();
  giveUp(describe(Status::timeout(std::move(text))));
}

void ClientCall::giveUp(Status why) {
  if (socket_) socket_->abort();
  finish(std::move(why));
}

void ClientCall::finish(Status status) {
  choice_.end(status);
  const CallDone done = std::move(done_);
  all_.erase(place_);  // destroys this
  done(std::move(status));
}

}  // namespace evmicro::detail
