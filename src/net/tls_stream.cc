#include "net/tls_stream.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "net/tls_context.h"
#include "net/tls_reason.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kRecord = 16'384;  // what the largest record carries
constexpr std::size_t kCipherBatch = 64U << 10;
constexpr std::size_t kRecordHead = 5;
constexpr char kHandshakeRecord = 0x16;

// How long the first record is, its head included; 0: not known yet.
std::size_t recordSize(std::string_view bytes) {
  if (bytes.size() < kRecordHead) return 0;
  const auto high = static_cast<unsigned char>(bytes[3]);
  const auto low = static_cast<unsigned char>(bytes[4]);
  return kRecordHead + 256U * high + low;
}

}  // namespace

TlsStream::TlsStream(std::shared_ptr<TlsAcceptingSide> side, std::unique_ptr<ByteStream> carrier)
    : side_(side), acceptor_(side.get()), carrier_(std::move(carrier)) {
  carrier_->observe(*this);
}

TlsStream::TlsStream(std::shared_ptr<TlsSide> side, std::unique_ptr<ByteStream> carrier,
                     TlsPeerName peer)
    : side_(std::move(side)),
      acceptor_(nullptr),
      peer_(std::make_unique<const TlsPeerName>(std::move(peer))),
      carrier_(std::move(carrier)) {
  carrier_->observe(*this);
}

TlsStream::~TlsStream() {
  if (destroyed_) *destroyed_ = true;
  side_->forget(*this);
  // A peer that closed without close_notify does not read one: its system would answer by a reset.
  if (state_ == State::kOpen && !sentEnd_ && !peerGone_ && carrier_->queued() == 0) {
    forgetTlsErrors();
    SSL_shutdown(ssl_.get());
    flush();
  }
  side_->returnOutput(pipe_.output);
  // Else OpenSSL would take the session for a broken one, which must not be resumed.
  if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

bool TlsStream::connected() const noexcept {
  return carrier_->connected() &&
         (state_ == State::kOpen || state_ == State::kPlain || state_ == State::kFailed);
}

// --- the handshake

void TlsStream::makeSsl() {
  ssl_ = side_->newSsl(*this);
  BIO* const bio = newTlsBio(pipe_);
  SSL_set_bio(ssl_.get(), bio, bio);
  state_ = State::kHandshake;
}

void TlsStream::onConnected() {
  makeSsl();
  SSL_set_connect_state(ssl_.get());
  shakeHands();
}

// What comes before the ClientHello is whole.
void TlsStream::hello(std::string_view bytes) {
  if (hello_.empty()) {
    if (bytes.front() != kHandshakeRecord) {
      state_ = State::kPlain;
      Status why = Status::invalid("the peer does not speak TLS");
      side_->onHandshakeEnd(*this, why);
      observer_->onRefused(std::move(why));
      return;
    }
    bool destroyed = false;
    destroyed_ = &destroyed;
    observer_->onHandshake();
    if (destroyed) return;
    destroyed_ = nullptr;
  }
  keepHello(bytes);
  const std::size_t size = recordSize(hello_);
  if (size == 0 || hello_.size() < std::min(size, kRecord)) return;
  state_ = State::kReady;
  acceptor_->onHello(*this);  // may destroy this
}

// Good peers send nothing more until they are answered.
void TlsStream::keepBehindHello(std::string_view bytes) {
  keepHello(bytes);
  held_ = true;
  carrier_->stopReading();
}

void TlsStream::keepHello(std::string_view bytes) {
  hello_.append(bytes);
  observer_->onUnreadChanged();
}

void TlsStream::beginHandshake() {
  const std::string bytes = std::exchange(hello_, {});
  observer_->onUnreadChanged();
  observer_->onHandshakeAnswered();
  makeSsl();
  SSL_set_accept_state(ssl_.get());
  if (std::exchange(held_, false) && wantsReading_) carrier_->startReading();
  take(bytes);
}

void TlsStream::giveWay() { onError(Status::unavailable("too many unfinished TLS handshakes")); }

void TlsStream::shakeHands() {
  forgetTlsErrors();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    if (opened()) readAll();
    return;
  }
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return flush();
  fail(error);
}

// Returns whether this object is still there. A server's ticket waits for the reply to what has
// come with the end of the handshake, if there is one: readAll() flushes.
bool TlsStream::opened() {
  if (accepted() && SSL_session_reused(ssl_.get())) {
    // OpenSSL does not look at it again.
    const Certificate shown(SSL_get1_peer_certificate(ssl_.get()));
    if (shown && hasExpired(*shown)) {
      failHandshake(Status::unavailable("the peer's certificate was refused: it has expired"));
      return false;
    }
  }
  state_ = State::kOpen;
  side_->onHandshakeEnd(*this, {});
  const bool wrote = !waiting_.empty();
  if (wrote) encrypt({}, waiting_);
  if (wrote || !accepted()) flush();
  bool destroyed = false;
  destroyed_ = &destroyed;
  observer_->onConnected();
  const bool drained = !destroyed && state_ == State::kOpen && wrote && carrier_->queued() == 0;
  if (drained) observer_->onDrained();
  if (destroyed) return false;
  destroyed_ = nullptr;
  return true;
}

// --- reading

void TlsStream::onBytes(std::string_view bytes) {
  switch (state_) {
    case State::kIdle: return hello(bytes);
    case State::kReady: return keepBehindHello(bytes);
    case State::kHandshake:
    case State::kOpen: return take(bytes);
    case State::kPlain:
    case State::kFailed: return;
  }
}

void TlsStream::take(std::string_view bytes) {
  pipe_.input = bytes;
  if (state_ == State::kHandshake) {
    shakeHands();
  } else {
    readAll();
  }
}

void TlsStream::readAll() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  int end = SSL_ERROR_NONE;
  bool goOn = true;
  while (goOn && end == SSL_ERROR_NONE && state_ == State::kOpen && !sawEof_) {
    end = readSome();
    if (destroyed) return;
    goOn = !pipe_.input.empty() || SSL_pending(ssl_.get()) > 0;
  }
  destroyed_ = nullptr;
  if (state_ == State::kOpen && changesKeysTooOften(ssl_.get())) {
    state_ = State::kFailed;
    return observer_->onError(Status::overloaded("TLS: the peer changes its keys too often"));
  }
  switch (end) {
    case SSL_ERROR_NONE:
    case SSL_ERROR_WANT_READ: return flush();
    case SSL_ERROR_ZERO_RETURN: break;
    default: return fail(end);
  }
  flush();
  sawEof_ = true;
  observer_->onEof();  // may destroy this
}

// Returns what OpenSSL says. May destroy this.
int TlsStream::readSome() {
  std::array<char, kRecord> block;  // uninitialised
  std::size_t size = 0;
  forgetTlsErrors();
  const int result = SSL_read_ex(ssl_.get(), block.data(), block.size(), &size);
  if (result != 1) return SSL_get_error(ssl_.get(), result);
  received_ = true;
  observer_->onBytes({block.data(), size});
  return SSL_ERROR_NONE;
}

void TlsStream::onWoken() {
  if (broken_) {
    const auto why = std::move(broken_);
    observer_->onError(std::move(*why));  // may destroy this
  } else {
    observer_->onWoken();
  }
}

void TlsStream::onEof() {
  switch (state_) {
    case State::kReady:
    case State::kHandshake:
      return failHandshake(
          Status::unavailable("the peer closed the connection during the TLS handshake"));
    case State::kIdle:
      if (!hello_.empty()) {
        return failHandshake(
            Status::unavailable("the peer closed the connection during the TLS handshake"));
      }
      break;
    case State::kOpen:
      if (sawEof_) return;
      truncated_ = peerGone_ = true;
      break;
    case State::kPlain:
    case State::kFailed: break;
  }
  if (!std::exchange(sawEof_, true)) observer_->onEof();
}

void TlsStream::stopReading() {
  wantsReading_ = false;
  carrier_->stopReading();
}

void TlsStream::startReading() {
  wantsReading_ = true;
  if (!held_) carrier_->startReading();
}

// --- writing

void TlsStream::write(std::string_view head, Buffer& body) {
  switch (state_) {
    case State::kIdle:
    case State::kReady:
    case State::kHandshake:
      waiting_.append(head);
      waiting_.append(std::move(body));
      return;
    case State::kOpen: encrypt(head, body); return flush();
    case State::kPlain: return carrier_->write(head, body);
    case State::kFailed: body.clear(); return;
  }
}

// Records as large as they may be: each costs as much as the encryption of some kilobytes.
void TlsStream::encrypt(std::string_view head, Buffer& body) {
  while (head.size() >= kRecord || (body.empty() && !head.empty())) {
    const std::string_view block = head.substr(0, kRecord);
    head.remove_prefix(block.size());
    if (!encryptBlock(block)) return body.clear();
  }
  std::array<char, kRecord> block;  // uninitialised
  while (!head.empty() || !body.empty()) {
    const std::size_t first = head.copy(block.data(), block.size());
    head.remove_prefix(first);
    const std::size_t second = body.peek(block.data() + first, block.size() - first);
    body.drain(second);
    if (!encryptBlock({block.data(), first + second})) return body.clear();
  }
}

// `block` is no larger than a record. The peer may have asked for smaller ones (RFC 6066): then it
// takes several.
bool TlsStream::encryptBlock(std::string_view block) {
  if (pipe_.output.empty()) side_->lendOutput(pipe_.output);
  peerGone_ = false;
  while (!block.empty()) {
    std::size_t size = 0;
    forgetTlsErrors();
    const int result = SSL_write_ex(ssl_.get(), block.data(), block.size(), &size);
    if (result != 1) {
      const int error = SSL_get_error(ssl_.get(), result);
      breakLater(Status::internal(tlsFailureOf(ssl_.get(), error).reason));
      return false;
    }
    block.remove_prefix(size);
  }
  if (pipe_.output.size() >= kCipherBatch) flush();
  return true;
}

void TlsStream::flush() {
  if (pipe_.output.empty()) return;
  Buffer none;
  carrier_->write({pipe_.output.data(), pipe_.output.size()}, none);
  side_->returnOutput(pipe_.output);
}

void TlsStream::onDrained() {
  if (carrierEnds_) endCarrier();
  if (connected()) observer_->onDrained();  // may destroy this
}

// --- the end

void TlsStream::shutdownWrite() {
  if (std::exchange(sentEnd_, true)) return;
  if (state_ == State::kOpen) {
    forgetTlsErrors();
    SSL_shutdown(ssl_.get());
    flush();
  }
  endCarrier();
}

// The alert may be queued still.
void TlsStream::endCarrier() {
  carrierEnds_ = carrier_->queued() > 0;
  if (!carrierEnds_) carrier_->shutdownWrite();
}

void TlsStream::reset() {
  if (state_ != State::kIdle) state_ = State::kFailed;
  broken_.reset();
  waiting_.clear();
  side_->returnOutput(pipe_.output);  // a ticket may wait there
  carrier_->reset();
}

void TlsStream::onError(Status why) {
  const bool unfinished = state_ == State::kReady || state_ == State::kHandshake;
  state_ = State::kFailed;
  if (unfinished) {
    if (!accepted()) why = Status::unavailable("TLS handshake: " + why.detail());
    side_->onHandshakeEnd(*this, why);
  }
  observer_->onError(std::move(why));  // may destroy this
}

// OpenSSL has failed with `error`. An alert for the peer may wait to be sent.
void TlsStream::fail(int error) {
  const TlsFailure failure = tlsFailureOf(ssl_.get(), error);
  if (state_ == State::kHandshake) {
    return failHandshake(Status::unavailable(failure.reason));
  }
  flush();
  state_ = State::kFailed;
  // In TLS 1.3 a client learns only afterwards that it was refused, and then nothing has run.
  observer_->onError(failure.refused && !received_ ? Status::unavailable(failure.reason)
                                                   : Status::internal(failure.reason));
}

void TlsStream::failHandshake(Status why) {
  flush();
  state_ = State::kFailed;
  ssl_.reset();
  hello_.clear();
  waiting_.clear();
  side_->onHandshakeEnd(*this, why);
  if (accepted()) return observer_->onRefused(std::move(why));
  observer_->onError(Status::unavailable("TLS handshake: " + why.detail()));
}

void TlsStream::breakLater(Status why) {
  state_ = State::kFailed;
  broken_ = std::make_unique<Status>(std::move(why));
  carrier_->wake();
}

std::shared_ptr<const PeerCertificate> TlsStream::peerCertificate() const {
  if (state_ != State::kOpen || SSL_get_verify_result(ssl_.get()) != X509_V_OK ||
      SSL_get_verify_mode(ssl_.get()) == SSL_VERIFY_NONE) {
    return nullptr;
  }
  const Certificate shown(SSL_get1_peer_certificate(ssl_.get()));
  return shown ? std::make_shared<const PeerCertificate>(describeCertificate(*shown)) : nullptr;
}

}  // namespace evmicro::detail
