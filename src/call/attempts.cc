#include "call/attempts.h"

#include <algorithm>
#include <utility>

#include "base/backoff.h"
#include "net/refused_unread.h"
#include "net/trailers.h"
#include "registry/secure_node.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr int kFreeAttempts = 3;
// With a peer that has ended the connections of all others: it may do so after few calls each.
constexpr int kEndedConnections = 10;
// A peer that wants to be left alone for longer is not waited for.
constexpr std::chrono::minutes kLongestPause(1);
constexpr std::string_view kAsksForPause = "; not tried again: the server asks for a longer pause";
constexpr BackoffPolicy kPauses{milliseconds(20), milliseconds(640), 50};

bool nothingRan(const Status& why) {
  return why.kind() == ErrorKind::kUnavailable || why.kind() == ErrorKind::kOverloaded;
}

}  // namespace

Attempts::Attempts(NodeAccess& access, const PreparedCall* prepared, Observer& observer,
                   Reuse reuse, int allowed)
    : access_(access),
      prepared_(prepared),
      observer_(observer),
      reuse_(reuse),
      allowed_(allowed),
      choice_(access, prepared,
              reuse == Reuse::kYes ? NodeChoice::Kind::kCall : NodeChoice::Kind::kStream) {}

void Attempts::begin(std::optional<EventLoop::Clock::time_point> deadline) {
  deadline_ = deadline;
  choose();
}

void Attempts::choose() {
  const bool chosen = choice_.choose([this](Status status) {
    if (status.ok()) return approach();
    observer_.onNoAnswer(describeFailure(*prepared_, Node{}, std::move(status)));
  });
  if (chosen) approach();
}

// Waits for a node that has said when it wants to be asked again. Never the first attempt.
void Attempts::approach() {
  const auto until =
      resting_.empty() ? EventLoop::Clock::time_point() : restsUntil(choice_.address());
  if (until <= EventLoop::now()) return connect();
  if (!mayStartAt(until)) {
    choice_.end(Status::cancelled("not called"));
    const Status why = std::exchange(lastFailure_, Status());
    return observer_.onNoAnswer(
        Status(why.kind(), why.code(), why.id(), why.detail() + std::string(kAsksForPause)));
  }
  pause_ = std::make_unique<Timer>(access_.loop, [this] { connect(); });
  pause_->start(until - EventLoop::now());
}

EventLoop::Clock::time_point Attempts::restsUntil(const std::string& address) const {
  EventLoop::Clock::time_point until;
  for (const Resting& peer : resting_) {
    if (peer.address == address) until = std::max(until, peer.until);
  }
  return until;
}

bool Attempts::mayStartAt(EventLoop::Clock::time_point time) const {
  return time <= EventLoop::now() + kLongestPause && (!deadline_ || time < *deadline_);
}

void Attempts::heed(const Metadata& headers) {
  pushback_.read(headers, std::chrono::system_clock::now());
}

// Fails in a later turn: this may still be within the caller's function.
void Attempts::connect() {
  const bool required = prepared_->options.tls.value_or(access_.tlsUse) == TlsUse::kRequired;
  NodeConnection connection;
  const bool grpc = prepared_->prefersGrpc(choice_.node());
  if (reuse_ == Reuse::kYes && !grpc) {
    connection = access_.pool.take(choice_.address(), choice_.place());
  }
  if (required && connection.socket && !connection.socket->secure()) connection = {};
  if (!connection.socket) {
    connection.grpc = grpc || speaksOnlyGrpc(choice_.node());
    auto dialled = dial(required, connection.grpc);
    if (!dialled.ok()) {
      pending_ = access_.loop.defer([this, why = std::move(dialled).status()] { failed(why); });
      return;
    }
    connection.socket = std::move(*dialled);
  }
  observer_.onConnection(std::move(connection));
}

Result<std::unique_ptr<Socket>> Attempts::dial(bool tlsRequired, bool grpc) {
  const bool fixedAddress = !prepared_->options.address.empty();
  DialOptions options = access_.dial;
  if (wantsTls(choice_.node())) {
    options.tlsNode = choice_.node().id;
  } else if (tlsRequired && fixedAddress) {
    options.tlsNode = prepared_->tlsNode;
  } else if (tlsRequired) {
    return tlsNotAnnounced();
  } else {
    options.tls = nullptr;
  }
  if (!grpc) return access_.transport.dial(choice_.address(), std::move(options));
  if (!prepared_->form(true).codec) {
    return Status::invalid("the node speaks gRPC only, which has no form of " +
                           prepared_->contentType);
  }
  if (!access_.grpc) access_.grpc = makeHttp2Dialler(access_.loop);
  if (!access_.grpc) return Status::invalid("this build has no gRPC");
  return access_.grpc->dial(choice_.address(), options);
}

bool Attempts::mayGoOn() const noexcept {
  return made_ + 1 < allowed_ || (prepared_->options.address.empty() && free_ + 1 < kFreeAttempts);
}

bool Attempts::goesOn(const Status& why, Peer peer) const {
  if (why.kind() == ErrorKind::kInvalid || why.kind() == ErrorKind::kNotFound) return false;
  const bool anyNode = prepared_->options.address.empty() || peer != Peer::kOther;
  const int most = peer == Peer::kAsBefore ? kEndedConnections : kFreeAttempts;
  return nothingRan(why) ? anyNode && free_ < most : made_ < allowed_;
}

// What prevents another attempt that would be allowed, as the end of the error's text. nullopt: it
// will be made, and has been paid for.
std::optional<std::string_view> Attempts::reasonToStop(const Status& why,
                                                       EventLoop::Clock::duration pause,
                                                       const Pushback& pushback) {
  if (pushback.never) return "; not tried again: the server forbids it";
  if (!mayStartAt(EventLoop::now() + pause)) return pushback.anyone ? kAsksForPause : "";
  // A node that was not reached has no more to do than before.
  const bool free = why.kind() == ErrorKind::kUnavailable;
  if (free || access_.budget.spend()) return std::nullopt;
  return "; not tried again: the retry budget is used up";
}

void Attempts::failed(Status why) { failed(std::move(why), Peer::kOther); }

void Attempts::failed(Status why, const Socket* socket) {
  using Why = RefusedUnread::Why;
  if (const auto* const reply = dynamic_cast<const ReceivesTrailers*>(socket)) {
    heed(reply->trailers());
  }
  const auto* const shared = dynamic_cast<const RefusedUnread*>(socket);
  const Why unread = shared ? shared->refusedUnread() : Why::kNot;
  if (unread == Why::kNot) return failed(std::move(why));
  answered();  // the connection has ended, the peer is there
  failed(std::move(why), unread == Why::kRefused ? Peer::kSame : Peer::kAsBefore);
}

void Attempts::failed(Status why, Peer peer) {
  ++(nothingRan(why) ? free_ : made_);
  choice_.end(why);
  const Pushback pushback = std::exchange(pushback_, {});
  if (pushback.peer) resting_.push_back({choice_.address(), EventLoop::now() + *pushback.peer});
  const int failures = peer == Peer::kAsBefore ? 1 : made_ + free_;
  EventLoop::Clock::duration pause = kPauses.after(static_cast<unsigned>(failures), access_.random);
  if (pushback.anyone) pause = *pushback.anyone;
  const bool allowed = goesOn(why, peer);
  const auto reason = allowed ? reasonToStop(why, pause, pushback) : "";
  if (reason) {
    why = Status(why.kind(), why.code(), why.id(), why.detail() + std::string(*reason));
    observer_.onNoAnswer(describe(std::move(why)));
    return;
  }
  lastFailure_ = describe(std::move(why));
  pause_ = std::make_unique<Timer>(access_.loop, [this] { choose(); });
  pause_->start(pause);
}

void Attempts::cancel() {
  choice_.cancel();
  pause_.reset();
  pending_.cancel();
}

Status Attempts::describe(Status why) const {
  const int tried = std::max(made_ + free_, 1);
  // Free attempts do not count towards the allowed ones, so there may be more of them.
  const std::string attempt = " (attempt " + std::to_string(tried) + " of " +
                              std::to_string(std::max(tried, allowed_)) + ")";
  const Status described = describeFailure(*prepared_, choice_.node(), std::move(why));
  return Status(described.kind(), described.code(), described.id(), described.detail() + attempt);
}

}  // namespace evmicro::detail
