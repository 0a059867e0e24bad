// The limits of accepted connections.
#include <utility>

#include "http/socket.h"

namespace evmicro::detail {

namespace {

constexpr std::chrono::seconds kReadWindow{30};  // over which the rate of a reader is measured

}  // namespace

// A peer that takes nothing is idle, but one that takes a byte a minute would be kept for ever.
// Only looked at while something waits for it.
void HttpSocket::watchReader(std::size_t added) {
  if (expected_ > 0) {
    expected_ += added;
  } else if (shared_->minReadRate > 0 && life_.idleTimeout().count() > 0) {
    expected_ = stream_->untaken();
    life_.watchReader(kReadWindow);
  }
}

void HttpSocket::checkReader() {
  const std::size_t untaken = stream_->untaken();
  const std::size_t expected = std::exchange(expected_, 0);
  if (stream_->queued() == 0 || life_.idleTimeout().count() == 0) return;
  const std::size_t least = shared_->minReadRate * kReadWindow.count();
  if (untaken + least <= expected) {
    life_.touch();
    return watchReader(0);
  }
  ++shared_->slowReaders;
  stream_->reset();
  over(Status::overloaded(peerAddress() + ": the peer takes the reply too slowly"));
}

std::size_t HttpSocket::heldBytes() const noexcept {
  return unread_.size() + (raw_ ? raw_->rawBytesHeld() : reader_.keptBytes()) + stream_->queued();
}

void HttpSocket::noteHeld() {
  if (accepted()) shared_->memory.update(*this);
}

// Replies that are owed come first: what is refused before them would be taken for one.
void HttpSocket::giveUp() {
  if (!life_.paused() && life_.open() && !raw_ && stream_->queued() == 0) {
    refuse(kNoMemory);
    held_ = false;
    reader_.drop();
    unread_.clear();
    return;
  }
  stream_->reset();
  over(Status::overloaded(peerAddress() + ": " + std::string(kNoMemory.reason)));
}

std::optional<HttpSocket::Idleness> HttpSocket::idleness() const noexcept {
  const bool idle = life_.open() && !life_.paused() && !pumping_ && !held_ && !givingWay_ &&
                    life_.idleTimeout().count() > 0 && stream_->queued() == 0;
  if (!idle) return std::nullopt;
  if (!reader_.midMessage(unread_.size())) return Idleness{known_, life_.lastActivity()};
  // A peer that sends its first request byte by byte is always active.
  const auto began = known_ ? std::nullopt : life_.messageBegan(shared_->messageTimeout);
  if (!began) return std::nullopt;
  return Idleness{known_, *began};
}

void HttpSocket::giveWay() {
  givingWay_ = true;
  ++shared_->givingWay;
  stream_->wake();
}

// Whether it is not idle any more, or has received what was not read yet. Else it closes, and this
// object may be gone.
bool HttpSocket::goesOnAfterAll() {
  givingWay_ = false;
  --shared_->givingWay;
  if (!idleness() || !stream_->quiet()) return true;
  ++shared_->gaveWay;
  stream_->shutdownWrite();
  over({});
  return false;
}

void HttpSocket::turnAway(const HttpRefusal& why) {
  turnedAway_ = true;
  --shared_->connections;
  ++shared_->turnedAway;
  refuse(why);
}

}  // namespace evmicro::detail
