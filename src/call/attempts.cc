#include "call/attempts.h"

#include <algorithm>
#include <utility>

#include "base/backoff.h"
#include "net/refused_unread.h"
#include "registry/secure_node.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr int kFreeAttempts = 3;
// With a peer that has ended the connections of all others: it may do so after few calls each.
constexpr int kEndedConnections = 10;
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
    if (status.ok()) return connect();
    observer_.onNoAnswer(describeFailure(*prepared_, Node{}, std::move(status)));
  });
  if (chosen) connect();
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

bool Attempts::goesOn(const Status& why, Peer peer, EventLoop::Clock::duration pause) const {
  if (why.kind() == ErrorKind::kInvalid || why.kind() == ErrorKind::kNotFound) return false;
  const bool anyNode = prepared_->options.address.empty() || peer != Peer::kOther;
  const int most = peer == Peer::kAsBefore ? kEndedConnections : kFreeAttempts;
  if (nothingRan(why) ? !anyNode || free_ >= most : made_ >= allowed_) return false;
  return !deadline_ || EventLoop::now() + pause < *deadline_;
}

void Attempts::failed(Status why) { failed(std::move(why), Peer::kOther); }

void Attempts::failed(Status why, const Socket* socket) {
  using Why = RefusedUnread::Why;
  const auto* const shared = dynamic_cast<const RefusedUnread*>(socket);
  const Why unread = shared ? shared->refusedUnread() : Why::kNot;
  if (unread == Why::kNot) return failed(std::move(why));
  answered();  // the connection has ended, the peer is there
  failed(std::move(why), unread == Why::kRefused ? Peer::kSame : Peer::kAsBefore);
}

void Attempts::failed(Status why, Peer peer) {
  ++(nothingRan(why) ? free_ : made_);
  choice_.end(why);
  const int failures = peer == Peer::kAsBefore ? 1 : made_ + free_;
  const auto pause = kPauses.after(static_cast<unsigned>(failures), access_.random);
  bool again = goesOn(why, peer, pause);
  // A node that was not reached has no more to do than before.
  if (again && why.kind() != ErrorKind::kUnavailable && !access_.budget.spend()) {
    again = false;
    why = Status(why.kind(), why.code(), why.id(),
                 why.detail() + "; not tried again: the retry budget is used up");
  }
  why = describe(std::move(why));
  if (!again) {
    observer_.onNoAnswer(std::move(why));
    return;
  }
  lastFailure_ = std::move(why);
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
