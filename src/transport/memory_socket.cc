#include "transport/memory_socket.h"

#include <algorithm>
#include <utility>

#include <evmicro/carried_headers.h>

namespace evmicro::detail {

namespace {

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
      life_(network_->deadlines(), *this) {
  if (role_ == Role::kAccepted) {
    life_.setIdleTimeout(options_.idleTimeout);
  } else {
    life_.startConnecting(options_.connectTimeout);
    wake();
  }
}

MemorySocket::~MemorySocket() {
  if (!peer_) return;
  peer_->discardInbox();  // messages that are still queued
  peer_->peerFinished();
  unlink();
}

void MemorySocket::link(MemorySocket& accepted) noexcept {
  peer_ = &accepted;
  accepted.peer_ = this;
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

void MemorySocket::observe(Socket::Observer* observer) {
  life_.observe(observer);
  if (observer) wake();
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
  sendWith(0, headers, std::move(body));
}

void MemorySocket::sendRefusal(int status, const Metadata& headers, Buffer&& body) {
  sendWith(status, headers, std::move(body));
}

void MemorySocket::sendWith(int status, const Metadata& headers, Buffer&& body) {
  Waiting waiting = pack(headers, std::move(body));
  waiting.message.status = status;
  if (!life_.open() || broken_) return;
  life_.touch();
  closesNext_ = closesNext_ || saysClose(waiting.message.headers);
  if (life_.connecting()) {
    outboxBytes_ += waiting.bytes;
    outbox_.push_back(std::move(waiting));
  } else if (peer_) {
    peer_->arrive(std::move(waiting));
  } else {
    breakConnection(Status::internal("connection reset by peer"));
  }
  life_.noteQueued(queued(), options_.highWaterBytes);
}

std::size_t MemorySocket::queued() const noexcept {
  return outboxBytes_ + (peer_ ? peer_->inboxBytes_ : 0);
}

void MemorySocket::finishSending() {
  if (life_.finish() && !life_.connecting()) endSending();
}

void MemorySocket::endSending() {
  if (peer_) peer_->peerFinished();
}

void MemorySocket::close() {
  const bool finished = !life_.open();
  if (!life_.close()) return;
  discardInbox();
  if (life_.connecting()) return;  // connect() continues
  if (!finished) endSending();
  life_.linger();
  wake();
}

void MemorySocket::abort() {
  life_.abort();
  outbox_.clear();
  outboxBytes_ = 0;
  discardInbox();
  if (MemorySocket* const peer = peer_) {
    unlink();
    peer->peerReset(Status::internal("connection reset by peer"));
  }
}

// --- called by the other end

void MemorySocket::arrive(Waiting waiting) {
  if (life_.closing()) return;  // discarded
  inboxBytes_ += waiting.bytes;
  inbox_.push_back(std::move(waiting));
  life_.touch();
  wake();
}

void MemorySocket::peerTook() {
  life_.touch();
  if (!life_.caughtUp(queued(), options_.highWaterBytes)) return;
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

// Each step calls out at most once before it checks whether this object still exists.
void MemorySocket::onTurn() {
  awake_ = false;
  if (life_.closed()) return life_.tellEnd();
  if (life_.connecting()) return connect();
  if (broken_) return closed(life_.closing() ? Status() : *broken_);
  if (life_.waiting() && !leaveBacklog()) return;
  if (tellWritable() && deliverAll()) tellFinished();
}

void MemorySocket::connect() {
  auto outcome = network_->connect(*this);
  if (!outcome.ok()) {
    closed(std::move(outcome).status());
    return;
  }
  if (*outcome == MemorySwitch::Outcome::kStalled) return;  // until the connect timeout
  life_.connected();
  outboxBytes_ = 0;
  for (Waiting& waiting : std::exchange(outbox_, {})) peer_->arrive(std::move(waiting));
  if (!life_.open()) endSending();
  if (life_.closing()) life_.linger();
}

// Returns whether this object has been handed out and still exists.
bool MemorySocket::leaveBacklog() {
  const auto alive = lifetime_.watch();
  const bool admitted = admitFirst();
  if (alive.expired()) return false;
  if (!admitted) {
    if (peerFinished_) life_.over({});  // destroys this object
    return false;
  }
  life_.leaveBacklog();
  return !alive.expired();
}

// Applies faults and limits to the first queued message. Returns whether there is one to deliver;
// if not, this object may have been destroyed.
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

// As over TCP: an accepted end closes when it refuses a message; for a dialled end it is a bad
// reply.
void MemorySocket::refuseFirst() {
  if (role_ == Role::kDialled) {
    closed(Status::internal("bad reply from " + addresses_.peer + ": it is over a limit"));
  } else if (life_.waiting()) {
    life_.over({});  // destroys this
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

// Returns whether this object still exists.
bool MemorySocket::tellWritable() {
  if (!std::exchange(writableDue_, false) || !life_.observer() || !life_.open()) return true;
  const auto alive = lifetime_.watch();
  life_.observer()->onWritable();
  return !alive.expired();
}

// A peer that keeps sending requests without reading the answers gets no more of them (accepted
// ends only: if both ends did so, they could wait for each other forever).
bool MemorySocket::mayDeliver() const noexcept {
  return life_.observer() && !life_.paused() && !broken_ && life_.receiving() &&
         !(life_.slow() && role_ == Role::kAccepted);
}

// Delivers the messages queued now; later ones are left to the next turn. Returns whether this
// object still exists.
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
  life_.touch();
  heard_ = true;
  closesNext_ = saysClose(first.message.headers);
  life_.observer()->onMessage(first.message);  // may destroy this
}

void MemorySocket::tellFinished() {
  if (!peerFinished_ || !inbox_.empty()) return;
  if (life_.closing()) return closed({});
  if (toldFinished_ || !life_.observer() || !life_.receiving() || broken_) return;
  toldFinished_ = true;
  life_.observer()->onPeerFinished();  // may destroy this
}

void MemorySocket::resume() {
  life_.resume();
  life_.touch();
  if (!inbox_.empty()) wake();
}

// Reports the end; may destroy this object.
void MemorySocket::closed(Status why) {
  if (life_.closed()) return;
  const bool sending = life_.open() && !life_.connecting();
  outbox_.clear();
  outboxBytes_ = 0;
  discardInbox();
  if (sending) endSending();
  unlink();
  life_.over(std::move(why));
}

void MemorySocket::onTimeUp(SocketLife::Time time) {
  if (time == SocketLife::Time::kConnect) {
    return closed(Status::unavailable(addresses_.peer + ": connect: timed out"));
  }
  closed({});
}

bool MemorySocket::reusable() const noexcept {
  if (!life_.open() || broken_ || closesNext_) return false;
  if (role_ == Role::kAccepted) return true;
  return heard_ && peer_ && !peerFinished_ && inbox_.empty();
}

}  // namespace evmicro::detail
