// The limits of accepted connections.
#include "http/socket.h"

namespace evmicro::detail {

// Streams are exempt: they have a limit of their own.
void HttpSocket::watchReader(std::size_t added) {
  if (shared_->minReadRate == 0) return;
  if (!rare_ || !rare_->reader) {
    if (life_.idleTimeout().count() == 0 || stream_->queued() == 0) return;
    rare().reader.emplace(
        shared_->deadlines, *stream_, shared_->minReadRate,
        [this] {
          return life_.receiving() && life_.idleTimeout().count() > 0 && stream_->queued() > 0;
        },
        [this](ReadRate::Rate rate) { onReadRate(rate); });
  }
  rare_->reader->wrote(added);
}

void HttpSocket::onReadRate(ReadRate::Rate rate) {
  if (rate == ReadRate::Rate::kEnough) return life_.touch();
  ++shared_->slowReaders;
  stream_->reset();
  over(Status::overloaded(peerAddress() + ": the peer takes the reply too slowly"));
}

std::size_t HttpSocket::heldBytes() const noexcept {
  return unread_.size() + (raw() ? raw()->rawBytesHeld() : reader_.keptBytes()) +
         stream_->queued() + stream_->unread();
}

void HttpSocket::noteHeld() {
  if (accepted()) shared_->memory.update(*this);
}

// Replies that are owed come first: what is refused before them would be taken for one. A peer in
// the middle of its handshake could not read the answer.
void HttpSocket::giveUp() {
  const bool mayAnswer = !life_.paused() && life_.open() && !raw() && stream_->connected();
  if (mayAnswer && stream_->queued() == 0) {
    refuse(kNoMemory);
    held_ = false;
    reader_.drop();
    unread_.clear();
    return;
  }
  stream_->reset();
  over(Status::overloaded(peerAddress() + ": " + std::string(kNoMemory.reason)));
}

std::optional<AcceptedConnection::Idleness> HttpSocket::idleness() const noexcept {
  const bool idle = life_.open() && !life_.paused() && !rest_ && !held_ &&
                    life_.idleTimeout().count() > 0 && stream_->queued() == 0;
  if (!idle) return std::nullopt;
  if (!reader_.midMessage(unread_.size())) {
    return Idleness{known_ ? Rank::kIdle : Rank::kSilent, life_.lastActivity()};
  }
  const auto began = life_.messageBegan(shared_->messageTimeout);
  if (!began) return std::nullopt;
  // A peer that sends its first request byte by byte is always active.
  if (!known_) return Idleness{Rank::kSilent, *began};
  return idlenessOf({*began, heldBytes()});
}

bool HttpSocket::awaitsRest() const noexcept {
  const bool begun = life_.open() && !raw() && reader_.midMessage(unread_.size());
  return begun && life_.heardLately();
}

// Whether it is not idle any more, or has received what was not read yet. Else it closes, and this
// object may be gone.
bool HttpSocket::goesOnAfterAll() {
  if (!shared_->admission.mayClose(*this)) return true;
  stream_->shutdownWrite();
  over({});
  return false;
}

void HttpSocket::turnAway(const HttpRefusal& why) {
  shared_->admission.turnAway(*this);
  refuse(why);
}

}  // namespace evmicro::detail
