#include "transport/memory_socket.h"

#include <algorithm>
#include <utility>

#include "http/message_headers.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLinger{1'000};
constexpr std::size_t kHeaderFraming = 4;  // ": " and the line end, as on a wire

bool saysClose(const Metadata& headers) {
  const std::string_view value = headers.get("Connection").value_or("");
  const std::string_view close = "close";
  return std::equal(value.begin(), value.end(), close.begin(), close.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

}  // namespace

MemorySocket::MemorySocket(EventLoop& loop, std::shared_ptr<MemorySwitch> network, Role role,
                           Addresses addresses, Options options)
    : loop_(loop),
      network_(std::move(network)),
      role_(role),
      addresses_(std::move(addresses)),
      options_(options),
      idleTimeout_(options.idleTimeout),
      connecting_(role == Role::kDialled),
      lastActivity_(Clock::now()),
      timer_(loop, [this] { onTimer(); }) {
  if (connecting_) {
    if (options_.connectTimeout.count() > 0) arm(lastActivity_ + options_.connectTimeout);
    wake();
  } else if (idleTimeout_.count() > 0) {
    arm(lastActivity_ + idleTimeout_);
  }
}

MemorySocket::~MemorySocket() {
  if (!peer_) return;
  peer_->discardInbox();  // what is still queued here
  peer_->peerFinished();
  unlink();
}

void MemorySocket::link(MemorySocket& accepted, MemoryBacklog& backlog) noexcept {
  peer_ = &accepted;
  accepted.peer_ = this;
  accepted.backlog_ = &backlog;
}

void MemorySocket::unlink() noexcept {
  if (!peer_) return;
  peer_->peer_ = nullptr;
  peer_ = nullptr;
}

void MemorySocket::wake() {
  if (std::exchange(awake_, true)) return;
  turn_ = loop_.defer([this] { onTurn(); });
}

void MemorySocket::observe(Observer* observer) {
  observer_ = observer;
  if (observer_) wake();
}

// --- sending

MemorySocket::Waiting MemorySocket::pack(const Metadata& headers, Buffer&& body) {
  Waiting waiting;
  std::string value;
  for (const Metadata::Entry& entry : headers) {
    if (!isCarriedHeader(entry.name)) continue;
    value.clear();
    appendHeaderValue(value, entry.value);
    waiting.message.headers.addFirst(entry.name, value);
    waiting.headerBytes += entry.name.size() + value.size() + kHeaderFraming;
  }
  waiting.message.body = std::move(body);
  waiting.bytes = waiting.headerBytes + kHeaderFraming + waiting.message.body.size();
  return waiting;
}

void MemorySocket::send(const Metadata& headers, Buffer&& body) {
  Waiting waiting = pack(headers, std::move(body));
  if (end_ != End::kNone || broken_) return;
  touch();
  closesNext_ = closesNext_ || saysClose(waiting.message.headers);
  if (connecting_) {
    outboxBytes_ += waiting.bytes;
    outbox_.push_back(std::move(waiting));
  } else if (peer_) {
    peer_->arrive(std::move(waiting));
  } else {
    breakConnection(Status::internal("connection reset by peer"));
  }
  if (options_.highWaterBytes > 0 && queued() > options_.highWaterBytes) slow_ = true;
}

std::size_t MemorySocket::queued() const noexcept {
  return outboxBytes_ + (peer_ ? peer_->inboxBytes_ : 0);
}

void MemorySocket::finishSending() {
  if (end_ != End::kNone) return;
  end_ = End::kFinishing;
  if (!connecting_) endSending();
}

void MemorySocket::endSending() {
  if (peer_) peer_->peerFinished();
}

void MemorySocket::close() {
  if (end_ == End::kClosing || end_ == End::kClosed) return;
  const bool finished = std::exchange(end_, End::kClosing) == End::kFinishing;
  discardInbox();
  if (connecting_) return;  // connect() goes on from here
  if (!finished) endSending();
  timer_.start(kLinger);
  wake();
}

void MemorySocket::abort() {
  end_ = End::kClosed;
  observer_ = nullptr;
  connecting_ = false;
  timer_.stop();
  outbox_.clear();
  outboxBytes_ = 0;
  discardInbox();
  if (MemorySocket* const peer = peer_) {
    unlink();
    peer->peerReset(Status::internal("connection reset by peer"));
  }
}

// --- what the other end does to this one

void MemorySocket::arrive(Waiting waiting) {
  if (end_ == End::kClosing) return;  // discarded
  inboxBytes_ += waiting.bytes;
  inbox_.push_back(std::move(waiting));
  touch();
  wake();
}

void MemorySocket::peerTook() {
  touch();
  if (!slow_ || queued() > options_.highWaterBytes / 2) return;
  slow_ = false;
  writableDue_ = true;
  wake();
}

void MemorySocket::peerFinished() {
  peerFinished_ = true;
  wake();
}

void MemorySocket::peerReset(Status why) {
  discardInbox();
  breakConnection(std::move(why));
}

void MemorySocket::breakConnection(Status why) {
  if (!broken_) broken_ = std::move(why);
  wake();
}

void MemorySocket::discardInbox() {
  if (inbox_.empty()) return;
  inbox_.clear();
  inboxBytes_ = 0;
  if (peer_) peer_->peerTook();
}

// --- turns

// Each step calls out at most once before it looks whether this is still there.
void MemorySocket::onTurn() {
  awake_ = false;
  if (end_ == End::kClosed) {
    if (observer_ && untold_) {
      Status why = *std::exchange(untold_, std::nullopt);
      observer_->onClosed(std::move(why));  // may destroy this
    }
    return;
  }
  if (connecting_) {
    connect();
    return;
  }
  if (broken_) {
    closed(end_ == End::kClosing ? Status() : *broken_);
    return;
  }
  if (backlog_ && !leaveBacklog()) return;
  if (tellWritable() && deliverAll()) tellFinished();
}

void MemorySocket::connect() {
  auto outcome = network_->connect(*this);
  if (!outcome.ok()) {
    closed(std::move(outcome).status());
    return;
  }
  if (*outcome == MemorySwitch::Outcome::kStalled) return;  // until the connect time-out
  connecting_ = false;
  timer_.stop();
  armed_ = {};
  touch();
  outboxBytes_ = 0;
  for (Waiting& waiting : std::exchange(outbox_, {})) peer_->arrive(std::move(waiting));
  if (end_ == End::kFinishing || end_ == End::kClosing) endSending();
  if (end_ == End::kClosing) {
    timer_.start(kLinger);
  } else if (idleTimeout_.count() > 0) {
    arm(lastActivity_ + idleTimeout_);
  }
}

// Returns whether this has been handed over and is still there.
bool MemorySocket::leaveBacklog() {
  const auto alive = lifetime_.watch();
  const bool admitted = admitFirst();
  if (alive.expired()) return false;
  if (!admitted) {
    if (peerFinished_) backlog_->onEndedBefore(*this);
    return false;
  }
  std::exchange(backlog_, nullptr)->onFirstMessage(*this);
  return !alive.expired();
}

// Applies faults and limits to the first message that waits. Returns whether there is one to
// deliver; if not, this may be gone.
bool MemorySocket::admitFirst() {
  MemoryFaults& faults = network_->faults();
  while (!inbox_.empty() && faults.drop > 0) {
    --faults.drop;
    takeFirst();
  }
  if (inbox_.empty()) return false;
  if (faults.breakOff > 0) {
    --faults.breakOff;
    if (MemorySocket* const peer = peer_) {
      unlink();
      peer->peerReset(Status::internal("connection broken off by an injected fault"));
    }
    closed(Status::internal("connection broken off by an injected fault"));
    return false;
  }
  if (!tooLarge(inbox_.front())) return true;
  refuseFirst();
  return false;
}

bool MemorySocket::tooLarge(const Waiting& waiting) const noexcept {
  const std::size_t body = waiting.message.body.size();
  return (options_.maxBodyBytes > 0 && body > options_.maxBodyBytes) ||
         (options_.maxHeaderBytes > 0 && waiting.headerBytes > options_.maxHeaderBytes);
}

// As on a wire: an accepted end that does not take a message closes, for a dialled one it is a bad
// reply.
void MemorySocket::refuseFirst() {
  if (role_ == Role::kDialled) {
    closed(Status::internal("bad reply from " + addresses_.peer + ": it is over a limit"));
  } else if (backlog_) {
    backlog_->onEndedBefore(*this);
  } else {
    close();
  }
}

MemorySocket::Waiting MemorySocket::takeFirst() {
  Waiting first = std::move(inbox_.front());
  inbox_.pop_front();
  inboxBytes_ -= first.bytes;
  if (peer_) peer_->peerTook();
  return first;
}

// Returns whether this is still there.
bool MemorySocket::tellWritable() {
  if (!std::exchange(writableDue_, false) || !observer_ || end_ != End::kNone) return true;
  const auto alive = lifetime_.watch();
  observer_->onWritable();
  return !alive.expired();
}

// A peer that asks on and on without taking the answers gets no more of them (accepted ends only:
// if both ends did so, both could wait for ever).
bool MemorySocket::mayDeliver() const noexcept {
  return observer_ && !paused_ && !broken_ && (end_ == End::kNone || end_ == End::kFinishing) &&
         !(slow_ && role_ == Role::kAccepted);
}

// What waits now; what comes meanwhile has the next turn. Returns whether this is still there.
bool MemorySocket::deliverAll() {
  const auto alive = lifetime_.watch();
  for (std::size_t left = inbox_.size(); left > 0 && mayDeliver(); --left) {
    const bool admitted = admitFirst();
    if (alive.expired()) return false;
    if (!admitted) break;
    deliverFirst();
    if (alive.expired()) return false;
  }
  if (!inbox_.empty() && mayDeliver()) wake();
  return true;
}

void MemorySocket::deliverFirst() {
  Waiting first = takeFirst();
  touch();
  heard_ = true;
  closesNext_ = saysClose(first.message.headers);
  observer_->onMessage(first.message);  // may destroy this
}

void MemorySocket::tellFinished() {
  if (!peerFinished_ || !inbox_.empty()) return;
  if (end_ == End::kClosing) {
    closed({});
    return;
  }
  const bool open = end_ == End::kNone || end_ == End::kFinishing;
  if (toldFinished_ || !observer_ || !open || broken_) return;
  toldFinished_ = true;
  observer_->onPeerFinished();  // may destroy this
}

void MemorySocket::resume() {
  paused_ = false;
  touch();
  if (!inbox_.empty()) wake();
}

// Tells the end; this object may be gone afterwards.
void MemorySocket::closed(Status why) {
  const bool sending = end_ == End::kNone && !connecting_;
  end_ = End::kClosed;
  connecting_ = false;
  timer_.stop();
  outbox_.clear();
  outboxBytes_ = 0;
  discardInbox();
  if (sending) endSending();
  unlink();
  if (backlog_) {
    backlog_->onEndedBefore(*this);
  } else if (observer_) {
    observer_->onClosed(std::move(why));
  } else {
    untold_ = std::move(why);
  }
}

// --- time

// One timer for everything: activity only notes the time, the timer starts again when it is early.
void MemorySocket::arm(Clock::time_point when) {
  if (timer_.running() && armed_ <= when) return;
  armed_ = when;
  timer_.start(when - Clock::now());
}

void MemorySocket::setIdleTimeout(milliseconds timeout) {
  idleTimeout_ = timeout;
  touch();
  if (end_ != End::kClosing && end_ != End::kClosed && !connecting_ && timeout.count() > 0) {
    arm(lastActivity_ + timeout);
  }
}

void MemorySocket::onTimer() {
  armed_ = {};
  if (connecting_) {
    closed(Status::unavailable(addresses_.peer + ": connect: timed out"));
    return;
  }
  if (end_ == End::kClosing) {
    closed({});
    return;
  }
  if (idleTimeout_.count() <= 0) return;
  const auto now = Clock::now();
  const bool busy = paused_ && queued() == 0;  // this side is at work
  if (!busy && now >= lastActivity_ + idleTimeout_) {
    closed({});
    return;
  }
  arm(busy ? now + idleTimeout_ : lastActivity_ + idleTimeout_);
}

bool MemorySocket::reusable() const noexcept {
  if (end_ != End::kNone || broken_ || closesNext_) return false;
  if (role_ == Role::kAccepted) return true;
  return heard_ && peer_ && !peerFinished_ && inbox_.empty();
}

}  // namespace evmicro::detail
